"""The entries that facts become: what was said, done or told in a case, read from the fact with care.

Nothing is looked up here: which case an entry belongs to is for others to say.
"""

from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.support.heard import (
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    OWN_SOURCE,
    actor_of,
    attachments_of,
    is_moment,
    one_of,
    text_in,
    title_in,
)
from beleef.support.model import KINDS, PRIORITIES, PROMISE_KINDS, Entry, EntryKind, Kind, Life
from beleef.support.rules import ServiceRules


def entry_of(
    number: int, fact: Fact, kind: EntryKind, *, text: str = "", data: dict[str, Any] | None = None
) -> Entry:
    """Return what a fact is in a case."""
    return Entry(
        case=number,
        fact=fact.id,
        at=fact.occurred_at,
        kind=kind,
        actor=actor_of(fact),
        channel=fact.channel,
        text=text,
        data=data or {},
    )


def said(number: int, fact: Fact, subject: int, text: str, kind: EntryKind) -> Entry:
    """Return what a customer said in a case."""
    properties = fact.properties or {}
    names = ("subject", "from", "message_id", "thread", "language")
    data = {name: value for name in names if (value := text_in(properties, name, 500))}
    return msgspec.structs.replace(
        entry_of(number, fact, kind, text=text, data=data),
        actor="",
        subject=subject,
        html=text_in(properties, "html", 4 * LONGEST_TEXT) if fact.source == OWN_SOURCE else "",
        quoted=text_in(properties, "quoted", LONGEST_TEXT),
        attachments=attachments_of(fact),
    )


def replied(number: int, fact: Fact) -> Entry:
    """Return what a colleague answered, with what they promised."""
    properties = fact.properties or {}
    data: dict[str, Any] = {
        "reply": text_in(properties, "reply", 100),
        "waiting": properties.get("waiting") is True,
    }
    given = properties.get("promise")
    if isinstance(given, dict) and given.get("kind") in PROMISE_KINDS and is_moment(given.get("due_at")):
        data["promise"] = {"kind": given["kind"], "due_at": given["due_at"]}
    return msgspec.structs.replace(
        entry_of(number, fact, "reply", text=text_in(properties, "text", LONGEST_TEXT), data=data),
        html=text_in(properties, "html", 4 * LONGEST_TEXT),
        channel=text_in(properties, "channel", 50),
        attachments=attachments_of(fact),
    )


def opening(fact: Fact, rules: ServiceRules, kind: Kind | None, title: str) -> dict[str, Any]:
    """Return what a case is when a fact opens it.

    Args:
        fact: The fact.
        rules: Those of its moment.
        kind: What it is, where that does not stand in the fact.
        title: Its title, where that does not stand there.
    """
    properties = fact.properties or {}
    touchpoint = text_in(properties, "touchpoint", LONGEST_NAME) or fact.touchpoint or ""
    is_own = fact.source == OWN_SOURCE
    department = rules.department(text_in(properties, "department", LONGEST_NAME)) if is_own else None
    department = department or rules.department_of(touchpoint)
    named = (text_in(properties, name, LONGEST_TITLE) for name in ("title", "subject", "text"))
    found = {
        "kind": kind or one_of(properties.get("kind"), KINDS, "question"),
        "priority": one_of(properties.get("priority"), PRIORITIES, "normal"),
        "title": title_in(title or next((one for one in named if one), "")),
        "department": department.name if department else "",
        "team": department.team if department else "",
        "touchpoint": touchpoint,
        "language": text_in(properties, "language", 20),
        "key": text_in(properties, "key", 200),
        "agent": text_in(properties, "agent", LONGEST_NAME),
    }
    return {name: value for name, value in found.items() if value}


def brought(number: int, life: Life) -> dict[str, Any]:
    """Return what a case brings along into the one that it goes up in."""
    carried = [
        {name: getattr(one, name) for name in ("kind", "started_at", "due_at", "version", "told")}
        for one in life.promises
        if one.state in {"open", "paused"}
    ]
    return {
        "from": number,
        "messages": life.messages,
        "customer_at": life.customer_at,
        "last_customer_at": life.last_customer_at,
        "waiting_since": life.waiting_since,
        "promises": carried,
    }

"""What staff and customers do with cases, as messages for the log: the only way in which anything in a case changes.

Each is checked before it becomes a message; what is in the log happened.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.errors import Conflict, InvalidInput
from beleef.support.model import (
    KINDS,
    NEEDS_CAUSE,
    OUTCOMES,
    PRIORITIES,
    PROMISE_KINDS,
    SPAM,
    STATUSES,
    Attachment,
    Case,
    Kind,
    PromiseKind,
    reference,
)

Message = dict[str, Any]
_LONGEST_TEXT, _LONGEST_NAME, _LONGEST_KEY = 100_000, 200, 100
_MOST_TAGS = 30
_CHOICES: Mapping[str, tuple[str, ...]] = {"status": STATUSES, "kind": KINDS, "priority": PRIORITIES}


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ends.

    Attributes:
        root_cause: Name of the root cause; needed for complaints and follow-ups.
        action: What was done about it; needed for these as well.
        outcome: One of ``OUTCOMES``; with ``spam`` nothing else is needed.
    """

    root_cause: str = ""
    action: str = ""
    outcome: str = "solved"


def asking(
    *,
    key: str,
    naming: Mapping[str, Any],
    kind: Kind,
    title: str,
    text: str,
    channel: str,
    by: str = "",
    spoke: bool = True,
    priority: str = "normal",
    department: str = "",
    touchpoint: str = "",
    attachments: Sequence[Attachment] = (),
    language: str = "",
) -> Message:
    """Return the message that asks for a case: by a customer, or, with ``by``, by a colleague.

    Args:
        key: Anything unique; the same again is the same case.
        naming: The fields that say whom it is about.
        kind: What it is.
        title: Its title; may be empty.
        text: What was said.
        channel: How.
        by: The colleague's name; empty for a customer's own form.
        spoke: Whether the text is what the customer said, so that they wait from now on; else it is a colleague's note.
        priority: How urgent.
        department: For whom; empty: the touchpoint says so.
        touchpoint: Where.
        attachments: Files.
        language: The customer's.

    Raises:
        InvalidInput: it cannot be asked.
    """
    _chosen("kind", kind)
    _chosen("priority", priority)
    if not text.strip() and not title.strip():
        raise InvalidInput("There is nothing in it.", hint="Write what it is about.", code="empty_message")
    properties: Message = {
        "key": _key(key),
        "kind": kind,
        "title": title[:_LONGEST_NAME],
        "text": text[:_LONGEST_TEXT],
        "by": by,
        "spoke": spoke,
        "priority": priority,
        "department": department,
        "attachments": msgspec.to_builtins(tuple(attachments)),
        "language": language,
    }
    said = _said("beleef" if by else "track", "Case Requested", f"request:{key}", naming, properties)
    said["channel"] = channel
    return said | ({"touchpoint": touchpoint} if touchpoint else {})


def answer(
    case: Case,
    person: Person,
    *,
    reply: str,
    text: str,
    by: str,
    html: str = "",
    channel: str = "",
    promise: tuple[PromiseKind, int] | None = None,
    waiting: bool = False,
    attachments: Sequence[Attachment] = (),
    now: int,
) -> Message:
    """Return the message that a colleague replies.

    Args:
        case: In which case.
        person: To whom.
        reply: Anything random and unique: it names the mail, and nobody may guess it.
        text: What, as plain text.
        by: Who.
        html: The same as HTML; empty for none.
        channel: Over which channel; empty for the one the customer used.
        promise: What the colleague promises, and by when (microseconds).
        waiting: Whether the customer is to answer now.
        attachments: Files that go along.
        now: The moment.

    Raises:
        InvalidInput: it is empty, or promises something that lies behind.
        Conflict: the case went up in another one.
    """
    _not_merged(case)
    if not text.strip():
        raise InvalidInput("The answer is empty.", hint="Write it first.", code="empty_message")
    properties: Message = {
        "reply": _key(reply),
        "text": text[:_LONGEST_TEXT],
        "html": html,
        "by": by,
        "channel": channel,
    }
    properties["waiting"] = waiting
    if attachments:
        properties["attachments"] = msgspec.to_builtins(tuple(attachments))
    if promise is not None:
        kind, due_at = promise
        if kind not in PROMISE_KINDS:
            raise InvalidInput(
                "That cannot be promised.", hint=f"Promise one of: {', '.join(PROMISE_KINDS)}."
            )
        if due_at <= now:
            raise InvalidInput(
                "That moment is past.", hint="Promise something that lies ahead.", code="promise_past"
            )
        properties["promise"] = {"kind": kind, "due_at": due_at}
    return _about(case, person, "Case Replied", f"reply:{reply}", properties)


def note(case: Case, person: Person, *, text: str, by: str, key: str) -> Message:
    """Return the message that a colleague notes something that only colleagues read.

    Raises:
        InvalidInput: it is empty.
        Conflict: the case went up in another one.
    """
    _not_merged(case)
    if not text.strip():
        raise InvalidInput("The note is empty.", hint="Write it first.", code="empty_message")
    return _about(case, person, "Case Noted", f"note:{_key(key)}", {"text": text[:_LONGEST_TEXT], "by": by})


def change(case: Case, person: Person, *, by: str, key: str, now: int, **changed: Any) -> Message:
    """Return the message that a colleague changes a case.

    Args:
        case: Which.
        person: Whom it is about.
        by: Who.
        key: Unique.
        now: The moment.
        changed: Any of ``status`` (but for closed), ``snooze_until``, ``assignee``, ``team``, ``department``, ``priority``,
            ``kind``, ``tags``, ``title``, ``parent`` (a number; 0 for none).

    Raises:
        InvalidInput: one cannot be changed so.
        Conflict: the case is closed, and its status cannot be changed but by opening it again.
    """
    _not_merged(case)
    for name, allowed in _CHOICES.items():
        if name in changed and changed[name] not in allowed:
            raise InvalidInput(
                f"“{changed[name]}” is no {name}.", hint=f"It is one of: {', '.join(allowed)}."
            )
    status = changed.get("status")
    if status == "closed":
        raise InvalidInput("A case is closed by closing it.", hint="Say how it ended.")
    if status and case.life.status == "closed":
        raise Conflict("The case is closed.", hint="Open it again first.", code="case_closed")
    until = changed.get("snooze_until")
    if status == "snoozed" and (not isinstance(until, int) or until <= now):
        raise InvalidInput("A case sleeps until a moment that lies ahead.", hint="Choose when it wakes up.")
    if "tags" in changed:
        tags = dict.fromkeys(str(one).strip()[:_LONGEST_NAME] for one in changed["tags"])
        changed["tags"] = [one for one in tags if one][:_MOST_TAGS]
    if changed.get("parent") == case.number:
        raise InvalidInput("A case is not part of itself.", hint="Name another one.")
    if "parent" in changed:
        changed["parent"] = reference(changed["parent"])
    return _about(case, person, "Case Changed", f"change:{_key(key)}", {**changed, "by": by})


def close(
    case: Case, person: Person, *, by: str, key: str, closing: Closing, known: Sequence[str]
) -> Message:
    """Return the message that a colleague closes a case.

    Args:
        case: Which.
        person: Whom it is about.
        by: Who.
        key: Unique.
        closing: How it ends.
        known: Names of the root causes there are.

    Raises:
        InvalidInput: a complaint or follow-up has no root cause or no action, or there is no such cause or outcome.
        Conflict: it is closed already.
    """
    _not_merged(case)
    if case.life.status == "closed":
        raise Conflict("The case is closed already.", hint="There is nothing to do.", code="case_closed")
    if closing.outcome not in OUTCOMES:
        raise InvalidInput(
            f"“{closing.outcome}” is no outcome.", hint=f"It is one of: {', '.join(OUTCOMES)}."
        )
    is_needed = case.life.kind in NEEDS_CAUSE and closing.outcome != SPAM
    if is_needed and not (closing.root_cause and closing.action.strip()):
        raise InvalidInput(
            "What was wrong, and what was done about it, is not filled in.",
            hint="Choose the root cause, and write what was done.",
            code="root_cause_needed",
        )
    if closing.root_cause and closing.root_cause not in known:
        raise InvalidInput(
            f"There is no root cause “{closing.root_cause}”.", hint="Choose one from the list."
        )
    life = case.life
    properties = {
        **msgspec.to_builtins(closing),
        "by": by,
        "agent": life.assignee or by,
        "touchpoint": life.touchpoint,
        "department": life.department,
        "kind": life.kind,
        "channel": life.channel,
    }
    return _about(case, person, "Case Closed", f"closed:{_key(key)}", properties)


def reopen(case: Case, person: Person, *, by: str, key: str) -> Message:
    """Return the message that a colleague opens a closed case again.

    Raises:
        Conflict: it is not closed.
    """
    _not_merged(case)
    if case.life.status != "closed":
        raise Conflict("The case is open.", hint="There is nothing to do.")
    return _about(case, person, "Case Reopened", f"reopened:{_key(key)}", {"by": by})


def merge(case: Case, person: Person, into: Case, *, by: str, key: str) -> Message:
    """Return the message that a case goes up in another one, which takes over its promises.

    Raises:
        Conflict: one of them went up in another already, or the other is closed.
        InvalidInput: they are one.
    """
    _not_merged(case)
    _not_merged(into)
    if case.number == into.number:
        raise InvalidInput("A case cannot go up in itself.", hint="Name another one.")
    if into.life.status == "closed":
        raise Conflict("The other case is closed.", hint="Open it again first.", code="case_closed")
    return _about(
        case, person, "Case Changed", f"merge:{_key(key)}", {"merged_into": into.reference, "by": by}
    )


def unmerge(case: Case, person: Person, other: Case, *, by: str, key: str) -> Message:
    """Return the message that a case that went up in another one comes out of it again, as if it had never gone up.

    Raises:
        Conflict: it did not go up in that one, or that one has itself gone up in a third.
    """
    if case.life.merged_into != other.number:
        raise Conflict("The case stands by itself.", hint="There is nothing to undo.")
    _not_merged(other)
    properties = {"out_of": other.reference, "by": by}
    return _about(case, person, "Case Unmerged", f"unmerged:{_key(key)}", properties)


def split(case: Case, person: Person, fact: int, *, title: str, by: str, key: str) -> Message:
    """Return the message that one message of a case becomes a case of its own, whose clock began with that message."""
    _not_merged(case)
    properties = {"key": _key(key), "message": fact, "title": title[:_LONGEST_NAME], "by": by}
    return _about(case, person, "Case Split", f"split:{key}", properties)


def solved(case: Case, person: Person, *, key: str, is_solved: bool) -> Message:
    """Return the message that the customer says whether it is solved."""
    _not_merged(case)
    properties = {"case": case.reference, "solved": is_solved}
    return _said(
        "track", "Case Solved", f"case:{case.number}:solved:{_key(key)}", identity.naming(person), properties
    )


def spoken(
    case: Case, person: Person, *, key: str, text: str, channel: str, attachments: Sequence[Attachment] = ()
) -> Message:
    """Return the message that the customer adds something to a case, from their own page.

    Raises:
        InvalidInput: it is empty.
    """
    if not text.strip() and not attachments:
        raise InvalidInput("There is nothing in it.", hint="Write something first.", code="empty_message")
    properties = {
        "case": case.reference,
        "text": text[:_LONGEST_TEXT],
        "attachments": msgspec.to_builtins(tuple(attachments)),
        "auto": False,
    }
    said = _said(
        "track",
        "Message Received",
        f"case:{case.number}:said:{_key(key)}",
        identity.naming(person),
        properties,
    )
    said["channel"] = channel
    return said


def improved(person: Person, root_cause: str, *, text: str, by: str, key: str) -> Message:
    """Return the message that a person is told what was done about what they reported."""
    properties = {"root_cause": root_cause, "text": text[:_LONGEST_TEXT], "by": by, "key": _key(key)}
    name = f"improvement:{key}:{person.number}"
    return _said("beleef", "Improvement Told", name, identity.naming(person), properties)


def _about(case: Case, person: Person, event: str, name: str, properties: Mapping[str, Any]) -> Message:
    full = {"case": case.reference, **{k: v for k, v in properties.items() if v is not None}}
    return _said("beleef", event, f"case:{case.number}:{name}", identity.naming(person), full)


def _said(
    kind: str, event: str, name: str, naming: Mapping[str, Any], properties: Mapping[str, Any]
) -> Message:
    return {"messageId": name, "type": kind, "event": event, "properties": dict(properties), **naming}


def _chosen(name: str, value: str) -> None:
    if value not in _CHOICES[name]:
        raise InvalidInput(f"“{value}” is no {name}.", hint=f"It is one of: {', '.join(_CHOICES[name])}.")


def _not_merged(case: Case) -> None:
    if case.life.merged_into:
        other = reference(case.life.merged_into)
        raise Conflict(f"The case went up in {other}.", hint=f"Go on in {other}.", code="case_merged")


def _key(key: str) -> str:
    if not key.strip() or len(key) > _LONGEST_KEY or ":" in key:
        raise InvalidInput("The form came without its own number.", hint="Open the page again.")
    return key

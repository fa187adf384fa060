"""What happened in a case as staff read it: messages and replies in full, and the acts between them in a line each."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from beleef.contact.api import reason_sentence
from beleef.kernel import ids
from beleef.support.api import Entry, RootCause, ServiceRules, reference
from beleef.support.pages.files import sized
from beleef.support.pages.parts import Colleague, case_href, label_in, staff_name
from beleef.support.pages.wording import (
    CAUSES,
    PRIORITIES,
    STATUSES,
    channel_name,
    kind_name,
    promise_name,
)
from beleef.ui.components import Link
from beleef.ui.words import N_, Words

_UNDELIVERED: Final = {
    "reply": N_("a reply did not arrive"),
    "ack": N_("could not tell the customer that it came in"),
    "sorry": N_("could not tell the customer that we are late"),
}
_READABLE = frozenset({"message", "automatic", "reply", "note"})


class ThreadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the thread.

    Attributes:
        look: ``customer``, ``ours``, ``note``, or ``act`` for what is told in a line.
        who: Who said or did it.
        told: What it is, in words: the channel of a message, the sentence of an act.
        at: When, in microseconds.
        text: What was said.
        quoted: What it repeated of earlier messages; folded away.
        html: Where the message stands as HTML by itself; empty where it has none.
        files: Attachments.
        split: To the page that makes a case of its own of it.
        anchor: Its id on the page.
    """

    look: Literal["customer", "ours", "note", "act"]
    who: str
    told: str
    at: int
    text: str = ""
    quoted: str = ""
    html: str = ""
    files: tuple[Link, ...] = ()
    split: Link | None = None
    anchor: str = ""


def thread(
    number: int,
    entries: Sequence[Entry],
    customer: str,
    rules: ServiceRules,
    staff: Sequence[Colleague],
    words: Words,
) -> tuple[ThreadEntry, ...]:
    """Return the thread of a case, oldest first; messages of the case ``number`` can be made cases of their own (0: of none)."""
    telling = _Telling(rules, staff, words)
    return tuple(
        _said(number, one, customer, words) if one.kind in _READABLE else telling.act(one, customer)
        for one in entries
    )


def _said(number: int, entry: Entry, customer: str, words: Words) -> ThreadEntry:
    fact = ids.to_text(entry.fact)
    looks: dict[str, Literal["customer", "ours", "note"]] = {"reply": "ours", "note": "note"}
    look = looks.get(entry.kind, "customer")
    told = words.gettext("note among colleagues") if look == "note" else channel_name(entry.channel, words)
    if entry.kind == "automatic":
        told = words.gettext("%(channel)s, sent by a machine", channel=told)
    may_split = entry.kind == "message" and entry.case == number
    return ThreadEntry(
        look=look,
        who=entry.actor or (customer if look == "customer" else words.gettext("Beleef")),
        told=told,
        at=entry.at,
        text=entry.text,
        quoted=entry.quoted,
        html=case_href(entry.case, f"/html/{fact}") if entry.html else "",
        files=tuple(
            Link(
                text=one.name,
                href=case_href(entry.case, f"/files/{fact}/{place}") if one.file else "",
                detail=sized(one, words),
            )
            for place, one in enumerate(entry.attachments)
        ),
        split=Link(text=words.gettext("Make it a case of its own"), href=case_href(number, f"/split/{fact}"))
        if may_split
        else None,
        anchor=f"entry-{fact}",
    )


class _Telling:
    """Tells acts in sentences."""

    def __init__(self, rules: ServiceRules, staff: Sequence[Colleague], words: Words) -> None:
        self._rules = rules
        self._staff = staff
        self._words = words

    def act(self, entry: Entry, customer: str) -> ThreadEntry:
        """Return what was done as a line."""
        teller = getattr(self, f"_{entry.kind}", None)
        told = teller(entry.data) if teller else entry.kind
        return ThreadEntry(
            look="act",
            who=customer if entry.kind == "solved" else entry.actor or self._words.gettext("Beleef"),
            told=told,
            at=entry.at,
            text=entry.text if entry.kind == "closed" else "",
            anchor=f"entry-{ids.to_text(entry.fact)}",
        )

    def _opened(self, data: dict[str, Any]) -> str:
        words = self._words
        cause = str(data.get("cause", ""))
        why = words.gettext(CAUSES[cause]) if cause in CAUSES else words.gettext("a colleague")
        kind = kind_name(str(data.get("kind", "")), words)
        return words.gettext("opened the case (%(kind)s), because of %(why)s", kind=kind, why=why)

    def _change(self, data: dict[str, Any]) -> str:
        words = self._words
        said = [one for name, value in data.items() if (one := self._part(name, value))]
        return "; ".join(said) or words.gettext("changed the case")

    def _part(self, name: str, value: Any) -> str:
        """Return one change in words; empty for what is told by another, or not at all."""
        words = self._words
        nobody = words.gettext("nobody")
        told = ""
        match name:
            case "assignee":
                who = staff_name(self._staff, value) if value else nobody
                told = words.gettext("gave it to %(who)s", who=who)
            case "team":
                told = words.gettext("gave it to %(who)s", who=label_in(self._rules.teams, value) or nobody)
            case "department":
                who = label_in(self._rules.departments, value) or nobody
                told = words.gettext("gave it to %(who)s", who=who)
            case "status" | "priority" | "kind":
                told = self._named(name, str(value))
            case "tags":
                told = words.gettext("tagged it %(tags)s", tags=", ".join(value) or "—")
            case "title":
                told = words.gettext("named it “%(title)s”", title=value)
            case "merged_into":
                told = words.gettext("merged it into %(case)s", case=_case(value))
            case "parent" if value:
                told = words.gettext("put it under %(case)s", case=_case(value))
            case "parent":
                told = words.gettext("took it from under the other case")
            case "snooze_until" if value:
                told = words.gettext("lets it sleep until %(when)s", when=words.moment(int(value)))
        return told

    def _named(self, name: str, value: str) -> str:
        words = self._words
        if name == "kind":
            return words.gettext("made it a %(kind)s", kind=kind_name(value, words).lower())
        if name == "priority":
            label = next((label for one, label in PRIORITIES.items() if one == value), value)
            return words.gettext("made the priority “%(priority)s”", priority=words.gettext(label))
        label = next((label for one, (label, _, _) in STATUSES.items() if one == value), value)
        return words.gettext("set it to “%(state)s”", state=words.gettext(label))

    def _closed(self, data: dict[str, Any]) -> str:
        words = self._words
        said = [words.gettext("closed it")]
        if data.get("root_cause"):
            cause = path_of(self._rules.root_causes, str(data["root_cause"]))
            said.append(words.gettext("root cause: %(cause)s", cause=cause))
        if data.get("action"):
            said.append(words.gettext("action: %(action)s", action=str(data["action"])))
        return "; ".join(said)

    def _reopened(self, data: dict[str, Any]) -> str:  # noqa: ARG002 -- all tellers are called alike
        return self._words.gettext("opened it again")

    def _merged_in(self, data: dict[str, Any]) -> str:
        return self._words.gettext("took in another case: %(case)s", case=_case(data.get("from", "")))

    def _unmerged(self, data: dict[str, Any]) -> str:  # noqa: ARG002 -- all tellers are called alike
        return self._words.gettext("undid the merge: the case goes on as it was")

    def _gave_back(self, data: dict[str, Any]) -> str:
        number = _case(data.get("from", ""))
        return self._words.gettext(
            "undid the merge with %(case)s: it is a case of its own again", case=number
        )

    def _split_off(self, data: dict[str, Any]) -> str:
        number = _case(data.get("into", ""))
        return self._words.gettext("made a message a case of its own: %(case)s", case=number)

    def _solved(self, data: dict[str, Any]) -> str:
        if data.get("solved"):
            return self._words.gettext("said that it is solved")
        return self._words.gettext("said that it is not solved")

    def _acknowledged(self, data: dict[str, Any]) -> str:  # noqa: ARG002 -- all tellers are called alike
        return self._words.gettext("told the customer that it came in")

    def _undelivered(self, data: dict[str, Any]) -> str:
        told = self._words.gettext(_UNDELIVERED.get(str(data.get("what", "")), _UNDELIVERED["reply"]))
        reason = str(data.get("reason", ""))
        return f"{told}: {reason_sentence(reason, self._words)}" if reason else told

    def _warned(self, data: dict[str, Any]) -> str:
        return self._words.gettext("warned: “%(promise)s” is due soon", promise=self._promise(data))

    def _broken(self, data: dict[str, Any]) -> str:
        return self._words.gettext("the promise “%(promise)s” is broken", promise=self._promise(data))

    def _escalated(self, data: dict[str, Any]) -> str:
        return self._words.gettext(
            "escalated “%(promise)s”, rung %(rung)s",
            promise=self._promise(data),
            rung=str(data.get("rung", 1)),
        )

    def _promise(self, data: dict[str, Any]) -> str:
        kind = str(data.get("kind") or str(data.get("promise", "")).partition(":")[0])
        return promise_name(kind, self._words)


def _case(value: Any) -> str:
    return reference(value) if isinstance(value, int) else str(value)


def path_of(causes: Sequence[RootCause], name: str) -> str:
    """Return a root cause with those that it is part of: "Delivery / Carrier / Lost"."""
    known = {one.name: one for one in causes}
    path: list[str] = []
    while name and len(path) < 10:
        one = known.get(name)
        path.insert(0, (one.label or one.name) if one else name)
        name = one.parent if one else ""
    return " / ".join(path)

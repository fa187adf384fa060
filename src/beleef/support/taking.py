"""What facts do to cases: which case a message goes on with, which one it opens, and the entries that come of it.

A batch is worked on in the order of its facts, with everything it needs read before: where it is cut makes no difference.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.support.closing_loop import answer_text, reason_to_follow, wish_text
from beleef.support.life import fold
from beleef.support.model import (
    KINDS,
    PRIORITIES,
    PROMISE_KINDS,
    Attachment,
    Entry,
    EntryKind,
    Kind,
    Life,
    number_of,
)
from beleef.support.promises import Book
from beleef.support.reading import is_thanks
from beleef.support.titles import title_of_answer, title_of_promise
from beleef.ui.words import Words, choose_language, translator

OWN_SOURCE = "beleef"
CUSTOMERS = frozenset(
    {
        "Message Received",
        "Case Requested",
        "Survey Answered",
        "Contact Requested",
        "Promise Broken",
        "Case Solved",
        "Email Bounced",
    }
)
OWN = frozenset(
    {
        "Case Requested", "Case Changed", "Case Noted", "Case Replied", "Case Closed", "Case Reopened", "Case Split",
        "Promise Warned", "Promise Broken", "Escalated", "Message Sent", "Message Failed", "Message Skipped",
    }
)  # fmt: skip
_OF_MESSAGES = frozenset({"Message Sent", "Message Failed", "Message Skipped", "Email Bounced"})
TOLD = "Improvement Told"
CONCERNED: frozenset[str | None] = CUSTOMERS | OWN | {TOLD}
"""Names of all facts that may do something to a case; ``concerns`` looks closer."""
KEY = "case:"
"""What the keys of messages in a case begin with, in the ledger of contact."""
_TAG = re.compile(r"\[C-(\d{1,15})\]")
_OWN_ID = re.compile(r"<?([0-9a-f]{32})@[^<>]*>?")
_REPLY = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|antw|betr|doorst)\s*:\s*)+", re.IGNORECASE)
_LONGEST_TEXT, _LONGEST_TITLE, _LONGEST_NAME, _MOST_MARKS = 100_000, 200, 200, 50
_CHANGES = {
    "status", "assignee", "team", "department", "priority", "kind", "tags", "title", "snooze_until", "parent", "merged_into",
}  # fmt: skip


class Held:
    """A case in hand: what it is about, its entries, and those that this batch added."""

    def __init__(self, number: int, subject: int, cause: str, of: str, entries: list[Entry]) -> None:
        self.number = number
        self.subject = subject
        self.cause = cause
        self.of = of
        self.entries = entries
        self.fresh: list[Entry] = []
        self._life: Life | None = None

    def life(self, book: Book) -> Life:
        """Return where it stands, what is new included."""
        if self._life is None:
            self._life = fold([*self.entries, *self.fresh], book)
        return self._life

    def before(self, book: Book) -> Life | None:
        """Return where it stood before the batch; None for a new case."""
        return fold(self.entries, book) if self.entries else None

    def add(self, entry: Entry) -> None:
        """Let something happen in it; the same again does nothing."""
        known = any((one.fact, one.kind) == (entry.fact, entry.kind) for one in (*self.entries, *self.fresh))
        if not known:
            self.fresh.append(entry)
            self._life = None


class Known(msgspec.Struct, kw_only=True):
    """What was read before a batch, and grows while it is worked on.

    Attributes:
        book: The rules.
        language: The organisation's, for titles that Beleef gives.
        cases: Cases by number: all that the batch can touch.
        marks: Cases by the marks of messages.
        numbers: Numbers by key.
        next_number: The next to give.
        people: By case, the subjects that have a part in it.
        persons: By subject, whose it is.
        spoken: By subject, when it sent messages lately.
    """

    book: Book
    language: str
    cases: dict[int, Held]
    marks: dict[str, int]
    numbers: dict[str, int]
    next_number: int
    people: dict[int, set[int]]
    persons: dict[int, int]
    spoken: dict[int, list[int]]
    new_numbers: dict[str, int] = {}
    new_marks: dict[str, int] = {}
    new_people: set[tuple[int, int]] = set()


def concerns(fact: Fact) -> bool:
    """Return whether a fact with a name among ``CONCERNED`` may do something to a case."""
    name = fact.name
    if fact.type == "beleef":
        is_ours = name not in _OF_MESSAGES or _key(fact) != ""
        return name == TOLD or (name in OWN and is_ours)
    return fact.type == "track" and name in CUSTOMERS and (name != "Email Bounced" or _key(fact) != "")


def named_case(fact: Fact) -> int | None:
    """Return the case that a fact of Beleef's own names; what others claim is no case number."""
    if fact.source != OWN_SOURCE:
        return None
    key = _key(fact)
    given = key.split(":")[1] if key else (fact.properties or {}).get("case")
    return number_of(given) if isinstance(given, str) else None


def tagged_case(fact: Fact) -> int | None:
    """Return the case that a message's subject names, as in ``Re: [C-10023] My order``; whether it may is another question."""
    found = _TAG.search(_text(fact.properties or {}, "subject", _LONGEST_TITLE))
    return int(found.group(1)) if fact.name == "Message Received" and found else None


def other_case(fact: Fact) -> int | None:
    """Return the case that another one is merged into."""
    given = (fact.properties or {}).get("merged_into")
    return number_of(given) if fact.type == "beleef" and isinstance(given, str) else None


def marks_of(fact: Fact) -> list[str]:
    """Return the marks by which a message names what it answers, the nearest first."""
    properties = fact.properties or {}
    if fact.name != "Message Received":
        return []
    named = [_text(properties, "in_reply_to", 500)]
    references = properties.get("references")
    if isinstance(references, list):
        named += [str(one)[:500] for one in reversed(references[-_MOST_MARKS:])]
    # Of a Message-ID that Beleef made, the part before the domain says all; it cannot be guessed.
    named += [own.group(1) for one in list(named) if (own := _OWN_ID.fullmatch(one))]
    thread = _text(properties, "thread", 300)
    return [one for one in [*named, f"{fact.source}#{thread}" if thread else ""] if one]


def key_of(fact: Fact) -> str:
    """Return under which key a case that a fact opens gets its number."""
    properties = fact.properties or {}
    if fact.name in {"Case Requested", "Case Split"}:
        return f"request:{_text(properties, 'key', 200) or fact.id}"
    if fact.name in {"Survey Answered", "Contact Requested"}:
        response = _text(properties, "response", 200)
        # Whoever keeps their answers to themselves has a number for their wish alone.
        wish = _text(properties, "wish", 200)
        return f"survey:{response or fact.id}" if response or not wish else f"wish:{wish}"
    if fact.name == "Promise Broken":
        case = _text(properties, "case", 50)
        return f"promise:{case or fact.id}"
    return f"message:{fact.id}"


def attachments_of(fact: Fact) -> tuple[Attachment, ...]:
    """Return the files that a fact says came along; what others than Beleef say names no file of its store."""
    given = (fact.properties or {}).get("attachments", ()) if fact.source == OWN_SOURCE else ()
    try:
        return msgspec.convert(given, tuple[Attachment, ...])
    except msgspec.ValidationError:
        return ()


class Taking:
    """Works on the facts of a batch.

    Args:
        known: What was read for it.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self.touched: dict[int, Held] = {}

    def take(self, fact: Fact, subject: int) -> None:
        """Let a fact do what it does."""
        name = "".join(part.capitalize() for part in (fact.name or "").split())
        getattr(self, f"_take{name}")(fact, subject)

    def _takeMessageReceived(self, fact: Fact, subject: int) -> None:  # noqa: N802 -- named after the fact
        properties, book = fact.properties or {}, self._known.book
        text = _text(properties, "text", _LONGEST_TEXT)
        rules = book.at(fact.occurred_at).rules
        lately = self._known.spoken.setdefault(subject, [])
        crowd = sum(fact.occurred_at - HOUR < at <= fact.occurred_at for at in lately)
        is_automatic = properties.get("auto") is True or crowd >= rules.per_sender
        held = self._answered(fact, subject)
        if held is None and is_automatic:
            # Nobody asked anything: it stands on the person's timeline, and no case is opened.
            return
        thanks = held is not None and is_thanks(text, has_attachments=bool(properties.get("attachments")))
        follows = 0
        if held is not None and not is_automatic and not thanks and self._is_over(held, fact):
            follows, held = held.number, None
        if held is None:
            held = self._open(fact, subject, key_of(fact), cause="message", follows=follows)
        entry = self._said(held, fact, subject, text, "automatic" if is_automatic else "message")
        lately.append(fact.occurred_at)
        data = {"thanks": True} if thanks else {}
        self._add(held, msgspec.structs.replace(entry, data={**entry.data, **data}))
        for mark in (_text(properties, "message_id", 500), *marks_of(fact)):
            if mark and mark not in self._known.marks:
                self._known.marks[mark] = self._known.new_marks[mark] = held.number

    def _takeCaseRequested(self, fact: Fact, subject: int) -> None:  # noqa: N802
        properties, key = fact.properties or {}, key_of(fact)
        if fact.source != OWN_SOURCE or self._known.numbers.get(key) in self._known.cases:
            return
        held = self._open(fact, subject, key, cause="staff" if fact.type == "beleef" else "message")
        text = _text(properties, "text", _LONGEST_TEXT)
        if properties.get("spoke") or fact.type == "track":
            self._add(held, self._said(held, fact, subject, text, "message"))
        elif text:
            self._add(held, self._entry(held, fact, "note", text=text))

    def _takeCaseSplit(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        properties, key = fact.properties or {}, key_of(fact)
        whole, origin = self._case(fact), properties.get("message")
        if whole is None or self._known.numbers.get(key) in self._known.cases:
            return
        found = [
            one for one in (*whole.entries, *whole.fresh) if one.fact == origin and one.kind == "message"
        ]
        held = self._open(fact, whole.subject, key, cause="message", follows=whole.number)
        for one in found:
            self._add(held, msgspec.structs.replace(one, case=held.number, fact=fact.id))
            self._known.spoken.setdefault(one.subject, []).append(one.at)
        self._add(whole, self._entry(whole, fact, "split_off", data={"into": held.number, "message": origin}))

    def _takeSurveyAnswered(self, fact: Fact, subject: int) -> None:  # noqa: N802
        self._follow(fact, subject, answer_text(fact.properties or {}))

    def _takeContactRequested(self, fact: Fact, subject: int) -> None:  # noqa: N802
        # Only Beleef knows that somebody asked for it in a survey that keeps their name out.
        if fact.source == OWN_SOURCE:
            self._follow(fact, subject, wish_text(fact.properties or {}))

    def _follow(self, fact: Fact, subject: int, text: str) -> None:
        """Open a follow-up where an answer asks for one; what is answered after that is noted on it."""
        key, properties = key_of(fact), fact.properties or {}
        known = self._known.cases.get(self._known.numbers.get(key, 0))
        if known is not None:
            self._add(known, self._entry(known, fact, "note", text=text))
            return
        reason = reason_to_follow(fact, self._known.book.at(fact.occurred_at).rules)
        if not reason or not subject:
            return
        response = _text(properties, "response", 200)
        title = title_of_answer(fact, reason, self._words(_text(properties, "language", 20)))
        held = self._open(fact, subject, key, cause="survey", of=response, kind="follow_up", title=title)
        self._add(held, self._entry(held, fact, "note", text=text, data={"why": reason}))

    def _takePromiseBroken(self, fact: Fact, subject: int) -> None:  # noqa: N802
        held = self._case(fact)
        if held is not None:
            self._add(held, self._entry(held, fact, "broken", data=_promise(fact)))
        rules = self._known.book.at(fact.occurred_at).rules
        is_known = self._known.numbers.get(key_of(fact), 0) in self._known.cases
        if not rules.broken_promises or not subject or is_known:
            return
        life = None if held is None else held.life(self._known.book)
        if life is not None and (life.kind == "follow_up" or _promise(fact).get("kind") == "acknowledge"):
            return
        of = _text(fact.properties or {}, "promise", _LONGEST_NAME)
        parent = 0 if held is None else held.number
        title = title_of_promise(_text(fact.properties or {}, "case", 50), self._words())
        self._open(
            fact, subject, key_of(fact), cause="promise", of=of, kind="follow_up", parent=parent, title=title
        )

    def _words(self, language: str = "") -> Words:
        return translator(choose_language(setting=language, cookie=self._known.language))

    def _takeCaseChanged(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact, follow=False)
        if held is None:
            return
        data = _changes(fact.properties or {})
        into = self._known.cases.get(data.get("merged_into", 0))
        if "merged_into" in data:
            if into is None or self._last(into) is held or held.life(self._known.book).merged_into:
                return
            into = self._last(into)
            data["merged_into"] = into.number
            self._add(into, self._entry(into, fact, "merged_in", data=self._brought(held)))
            self._part(into, held.subject)
            for subject_ in self._known.people.get(held.number, ()):
                self._part(into, subject_)
        self._add(held, self._entry(held, fact, "change", data=data))

    def _takeCaseNoted(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        if held is not None:
            self._add(
                held,
                self._entry(held, fact, "note", text=_text(fact.properties or {}, "text", _LONGEST_TEXT)),
            )

    def _takeCaseReplied(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, properties = self._case(fact), fact.properties or {}
        if held is None:
            return
        data: dict[str, Any] = {
            "reply": _text(properties, "reply", 100),
            "waiting": properties.get("waiting") is True,
        }
        given = properties.get("promise")
        if isinstance(given, dict) and given.get("kind") in PROMISE_KINDS and _is_moment(given.get("due_at")):
            data["promise"] = {"kind": given["kind"], "due_at": given["due_at"]}
        entry = self._entry(held, fact, "reply", text=_text(properties, "text", _LONGEST_TEXT), data=data)
        html = _text(properties, "html", 4 * _LONGEST_TEXT)
        channel, attachments = _text(properties, "channel", 50), attachments_of(fact)
        self._add(held, msgspec.structs.replace(entry, html=html, channel=channel, attachments=attachments))

    def _takeCaseClosed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, properties = self._case(fact), fact.properties or {}
        if held is not None:
            data = {name: _text(properties, name, 2_000) for name in ("root_cause", "action", "outcome")}
            self._add(held, self._entry(held, fact, "closed", data=data))

    def _takeCaseReopened(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        # What a customer's message brought about is told under the same name, and names nobody who did it.
        if held is not None and _actor(fact):
            self._add(held, self._entry(held, fact, "reopened"))

    def _takeCaseSolved(self, fact: Fact, subject: int) -> None:  # noqa: N802
        held = self._case(fact)
        if held is not None:
            solved = (fact.properties or {}).get("solved") is True
            entry = self._entry(held, fact, "solved", data={"solved": solved})
            self._add(held, msgspec.structs.replace(entry, actor="", subject=subject))

    def _takePromiseWarned(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        self._told(fact, "warned")

    def _takeEscalated(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        self._told(fact, "escalated")

    def _takeMessageSent(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        if held is not None and _key(fact).endswith(":ack"):
            self._add(held, self._entry(held, fact, "acknowledged"))

    def _takeMessageFailed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, key = self._case(fact), _key(fact).split(":")
        if held is not None and len(key) == 4 and key[2] == "reply":
            data = {"reply": key[3], "reason": _text(fact.properties or {}, "reason", 100)}
            self._add(held, self._entry(held, fact, "undelivered", data=data))

    def _takeMessageSkipped(self, fact: Fact, subject: int) -> None:  # noqa: N802
        # What the gate never lets out is as undelivered as what a server refuses.
        self._takeMessageFailed(fact, subject)

    def _takeEmailBounced(self, fact: Fact, subject: int) -> None:  # noqa: N802
        self._takeMessageFailed(fact, subject)

    def _told(self, fact: Fact, kind: EntryKind) -> None:
        held = self._case(fact, follow=False)
        if held is not None:
            self._add(held, self._entry(held, fact, kind, data=_promise(fact)))

    def _answered(self, fact: Fact, subject: int) -> Held | None:
        """Return the case that a message goes on with: the one it names by right, or one whose thread it is in."""
        named = self._case(fact)
        if named is not None:
            return named
        for mark in marks_of(fact):
            number = self._known.marks.get(mark)
            if number in self._known.cases:
                return self._last(self._known.cases[number])
        tagged = self._known.cases.get(tagged_case(fact) or 0)
        if tagged is not None:
            persons = self._known.persons
            own = persons.get(subject, subject)
            # Anybody can write a number into a subject: only who has a part in the case goes on with it.
            if any(persons.get(one, one) == own for one in self._known.people.get(tagged.number, ())):
                return self._last(tagged)
        return None

    def _case(self, fact: Fact, *, follow: bool = True) -> Held | None:
        held = self._known.cases.get(named_case(fact) or 0)
        return self._last(held) if held is not None and follow else held

    def _last(self, held: Held) -> Held:
        """Return the case that one went up in, or itself."""
        seen = {held.number}
        while (
            (into := held.life(self._known.book).merged_into)
            and into not in seen
            and into in self._known.cases
        ):
            seen.add(into)
            held = self._known.cases[into]
        return held

    def _is_over(self, held: Held, fact: Fact) -> bool:
        closed_at = held.life(self._known.book).closed_at
        days = self._known.book.at(fact.occurred_at).rules.reopen_days
        return closed_at is not None and fact.occurred_at > closed_at + days * DAY

    def _open(
        self,
        fact: Fact,
        subject: int,
        key: str,
        *,
        cause: str,
        of: str = "",
        kind: Kind | None = None,
        follows: int = 0,
        parent: int = 0,
        title: str = "",
    ) -> Held:
        number = self._known.numbers.get(key)
        if number is None:
            number = self._known.numbers[key] = self._known.new_numbers[key] = self._known.next_number
            self._known.next_number += 1
        held = self._known.cases[number] = Held(number, subject, cause, of, [])
        data = self._opening(fact, kind, title) | {"cause": cause}
        data |= {"follows": follows} if follows else {}
        data |= {"parent": parent} if parent else {}
        # Who answered a survey, or was promised something, has spoken: they wait from this moment on.
        data |= {"speaks": True} if cause in {"survey", "promise"} else {}
        self._add(held, self._entry(held, fact, "opened", data=data))
        self._part(held, subject)
        return held

    def _opening(self, fact: Fact, kind: Kind | None, title: str) -> dict[str, Any]:
        properties = fact.properties or {}
        rules = self._known.book.at(fact.occurred_at).rules
        touchpoint = _text(properties, "touchpoint", _LONGEST_NAME) or fact.touchpoint or ""
        is_own = fact.source == OWN_SOURCE
        department = rules.department(_text(properties, "department", _LONGEST_NAME)) if is_own else None
        department = department or rules.department_of(touchpoint)
        named = (_text(properties, name, _LONGEST_TITLE) for name in ("title", "subject", "text"))
        title = title or next((one for one in named if one), "")
        found = {
            "kind": kind or _one_of(properties.get("kind"), KINDS, "question"),
            "priority": _one_of(properties.get("priority"), PRIORITIES, "normal"),
            "title": _title(title),
            "department": department.name if department else "",
            "team": department.team if department else "",
            "touchpoint": touchpoint,
            "language": _text(properties, "language", 20),
            "key": _text(properties, "key", 200),
            "agent": _text(properties, "agent", _LONGEST_NAME),
        }
        return {name: value for name, value in found.items() if value}

    def _brought(self, held: Held) -> dict[str, Any]:
        life = held.life(self._known.book)
        carried = [
            {name: getattr(one, name) for name in ("kind", "started_at", "due_at", "version")}
            for one in life.promises
            if one.state in {"open", "paused"}
        ]
        return {
            "from": held.number,
            "messages": life.messages,
            "customer_at": life.customer_at,
            "last_customer_at": life.last_customer_at,
            "waiting_since": life.waiting_since,
            "promises": carried,
        }

    def _said(self, held: Held, fact: Fact, subject: int, text: str, kind: EntryKind) -> Entry:
        properties = fact.properties or {}
        data = {
            name: _text(properties, name, 500)
            for name in ("subject", "from", "message_id", "thread", "language")
        }
        entry = self._entry(
            held, fact, kind, text=text, data={name: value for name, value in data.items() if value}
        )
        self._part(held, subject)
        return msgspec.structs.replace(
            entry,
            actor="",
            subject=subject,
            html=_text(properties, "html", 4 * _LONGEST_TEXT) if fact.source == OWN_SOURCE else "",
            quoted=_text(properties, "quoted", _LONGEST_TEXT),
            attachments=attachments_of(fact),
        )

    def _entry(
        self, held: Held, fact: Fact, kind: EntryKind, *, text: str = "", data: dict[str, Any] | None = None
    ) -> Entry:
        return Entry(
            case=held.number,
            fact=fact.id,
            at=fact.occurred_at,
            kind=kind,
            actor=_actor(fact),
            channel=fact.channel,
            text=text,
            data=data or {},
        )

    def _add(self, held: Held, entry: Entry) -> None:
        held.add(entry)
        self.touched[held.number] = held

    def _part(self, held: Held, subject: int) -> None:
        if subject:
            self._known.people.setdefault(held.number, set()).add(subject)
            self._known.new_people.add((subject, held.number))


def _key(fact: Fact) -> str:
    key = (fact.properties or {}).get("key") if fact.name in _OF_MESSAGES else None
    return key if isinstance(key, str) and key.startswith(KEY) and key.count(":") >= 2 else ""


def _actor(fact: Fact) -> str:
    return _text(fact.properties or {}, "by", _LONGEST_NAME) if fact.type == "beleef" else ""


def _promise(fact: Fact) -> dict[str, Any]:
    properties = fact.properties or {}
    found: dict[str, Any] = {name: _text(properties, name, 100) for name in ("promise", "kind", "to", "whom")}
    rung = properties.get("rung")
    return {name: value for name, value in found.items() if value} | (
        {"rung": rung} if isinstance(rung, int) else {}
    )


def _changes(properties: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _CHANGES & properties.keys():
        value = properties[name]
        if name == "tags":
            found[name] = [str(one)[:100] for one in value] if isinstance(value, list) else []
        elif name in {"parent", "merged_into"}:
            found[name] = number_of(str(value)) or 0
        elif name == "snooze_until":
            found[name] = value if _is_moment(value) else None
        else:
            found[name] = str(value)[:_LONGEST_TITLE]
    if "merged_into" in found and not found["merged_into"]:
        found.pop("merged_into")
    return dict(sorted(found.items()))


def _text(properties: Mapping[str, Any], name: str, longest: int) -> str:
    value = properties.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:longest].strip() if isinstance(value, str) else ""


def _title(text: str) -> str:
    line = next((line for line in _TAG.sub("", text).splitlines() if line.strip()), "")
    return _REPLY.sub("", line).strip()[:_LONGEST_TITLE]


def _one_of(value: Any, allowed: tuple[str, ...], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def _is_moment(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0

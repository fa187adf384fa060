"""What facts do to cases: which case a message goes on with, which one it opens, and the entries that come of it.

A batch is worked on in the order of its facts, with everything it needs read before: where it is cut makes no difference.
"""

from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.support.closing_loop import answer_text, reason_to_follow, wish_text
from beleef.support.heard import (
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    OWN_SOURCE,
    actor_of,
    attachments_of,
    changes_in,
    is_moment,
    key_of,
    marks_of,
    message_key,
    named_case,
    one_of,
    promise_in,
    tagged_case,
    text_in,
    title_in,
)
from beleef.support.life import fold
from beleef.support.model import (
    KINDS,
    PRIORITIES,
    PROMISE_KINDS,
    Entry,
    EntryKind,
    Kind,
    Life,
)
from beleef.support.promises import Book
from beleef.support.reading import is_thanks
from beleef.support.titles import title_of_answer, title_of_promise
from beleef.ui.words import Words, choose_language, translator


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
        text = text_in(properties, "text", LONGEST_TEXT)
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
        for mark in (text_in(properties, "message_id", 500), *marks_of(fact)):
            if mark and mark not in self._known.marks:
                self._known.marks[mark] = self._known.new_marks[mark] = held.number

    def _takeCaseRequested(self, fact: Fact, subject: int) -> None:  # noqa: N802
        properties, key = fact.properties or {}, key_of(fact)
        if fact.source != OWN_SOURCE or self._known.numbers.get(key) in self._known.cases:
            return
        held = self._open(fact, subject, key, cause="staff" if fact.type == "beleef" else "message")
        text = text_in(properties, "text", LONGEST_TEXT)
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
        response = text_in(properties, "response", 200)
        title = title_of_answer(fact, reason, self._words(text_in(properties, "language", 20)))
        held = self._open(fact, subject, key, cause="survey", of=response, kind="follow_up", title=title)
        self._add(held, self._entry(held, fact, "note", text=text, data={"why": reason}))

    def _takePromiseBroken(self, fact: Fact, subject: int) -> None:  # noqa: N802
        held = self._case(fact)
        if held is not None:
            self._add(held, self._entry(held, fact, "broken", data=promise_in(fact)))
        rules = self._known.book.at(fact.occurred_at).rules
        is_known = self._known.numbers.get(key_of(fact), 0) in self._known.cases
        if not rules.broken_promises or not subject or is_known:
            return
        life = None if held is None else held.life(self._known.book)
        if life is not None and (life.kind == "follow_up" or promise_in(fact).get("kind") == "acknowledge"):
            return
        of = text_in(fact.properties or {}, "promise", LONGEST_NAME)
        parent = 0 if held is None else held.number
        title = title_of_promise(text_in(fact.properties or {}, "case", 50), self._words())
        self._open(
            fact, subject, key_of(fact), cause="promise", of=of, kind="follow_up", parent=parent, title=title
        )

    def _words(self, language: str = "") -> Words:
        return translator(choose_language(setting=language, cookie=self._known.language))

    def _takeCaseChanged(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact, follow=False)
        if held is None:
            return
        data = changes_in(fact.properties or {})
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
                self._entry(held, fact, "note", text=text_in(fact.properties or {}, "text", LONGEST_TEXT)),
            )

    def _takeCaseReplied(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, properties = self._case(fact), fact.properties or {}
        if held is None:
            return
        data: dict[str, Any] = {
            "reply": text_in(properties, "reply", 100),
            "waiting": properties.get("waiting") is True,
        }
        given = properties.get("promise")
        if isinstance(given, dict) and given.get("kind") in PROMISE_KINDS and is_moment(given.get("due_at")):
            data["promise"] = {"kind": given["kind"], "due_at": given["due_at"]}
        entry = self._entry(held, fact, "reply", text=text_in(properties, "text", LONGEST_TEXT), data=data)
        html = text_in(properties, "html", 4 * LONGEST_TEXT)
        channel, attachments = text_in(properties, "channel", 50), attachments_of(fact)
        self._add(held, msgspec.structs.replace(entry, html=html, channel=channel, attachments=attachments))

    def _takeCaseClosed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, properties = self._case(fact), fact.properties or {}
        if held is not None:
            data = {name: text_in(properties, name, 2_000) for name in ("root_cause", "action", "outcome")}
            self._add(held, self._entry(held, fact, "closed", data=data))

    def _takeCaseReopened(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        # What a customer's message brought about is told under the same name, and names nobody who did it.
        if held is not None and actor_of(fact):
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
        if held is not None and message_key(fact).endswith(":ack"):
            self._add(held, self._entry(held, fact, "acknowledged"))

    def _takeMessageFailed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, key = self._case(fact), message_key(fact).split(":")
        if held is not None and len(key) == 4 and key[2] == "reply":
            data = {"reply": key[3], "reason": text_in(fact.properties or {}, "reason", 100)}
            self._add(held, self._entry(held, fact, "undelivered", data=data))

    def _takeMessageSkipped(self, fact: Fact, subject: int) -> None:  # noqa: N802
        # What the gate never lets out is as undelivered as what a server refuses.
        self._takeMessageFailed(fact, subject)

    def _takeEmailBounced(self, fact: Fact, subject: int) -> None:  # noqa: N802
        self._takeMessageFailed(fact, subject)

    def _told(self, fact: Fact, kind: EntryKind) -> None:
        held = self._case(fact, follow=False)
        if held is not None:
            self._add(held, self._entry(held, fact, kind, data=promise_in(fact)))

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
        touchpoint = text_in(properties, "touchpoint", LONGEST_NAME) or fact.touchpoint or ""
        is_own = fact.source == OWN_SOURCE
        department = rules.department(text_in(properties, "department", LONGEST_NAME)) if is_own else None
        department = department or rules.department_of(touchpoint)
        named = (text_in(properties, name, LONGEST_TITLE) for name in ("title", "subject", "text"))
        title = title or next((one for one in named if one), "")
        found = {
            "kind": kind or one_of(properties.get("kind"), KINDS, "question"),
            "priority": one_of(properties.get("priority"), PRIORITIES, "normal"),
            "title": title_in(title),
            "department": department.name if department else "",
            "team": department.team if department else "",
            "touchpoint": touchpoint,
            "language": text_in(properties, "language", 20),
            "key": text_in(properties, "key", 200),
            "agent": text_in(properties, "agent", LONGEST_NAME),
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
            name: text_in(properties, name, 500)
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
            html=text_in(properties, "html", 4 * LONGEST_TEXT) if fact.source == OWN_SOURCE else "",
            quoted=text_in(properties, "quoted", LONGEST_TEXT),
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
            actor=actor_of(fact),
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

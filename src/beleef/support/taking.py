"""What facts do to cases: which case a message goes on with, which one it opens, and the entries that come of it.

A batch is worked on in the order of its facts, with everything it needs read before: where it is cut makes no difference.
"""

import msgspec

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.support.closing_loop import answer_text, reason_to_follow, wish_text
from beleef.support.entries import brought, entry_of, opening, replied, said
from beleef.support.heard import (
    LONGEST_NAME,
    LONGEST_TEXT,
    OWN_SOURCE,
    actor_of,
    changes_in,
    key_of,
    marks_of,
    message_key,
    named_case,
    promise_in,
    tagged_case,
    text_in,
)
from beleef.support.held import Held, Known
from beleef.support.model import (
    Entry,
    EntryKind,
    Kind,
)
from beleef.support.reading import is_thanks
from beleef.support.titles import title_of_answer, title_of_promise
from beleef.ui.words import Words, choose_language, translator


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
        entry = said(held.number, fact, subject, text, "automatic" if is_automatic else "message")
        self._known.join(held.number, subject)
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
            self._add(held, said(held.number, fact, subject, text, "message"))
        elif text:
            self._add(held, entry_of(held.number, fact, "note", text=text))

    def _takeCaseSplit(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        properties, key = fact.properties or {}, key_of(fact)
        whole, origin = self._case(fact), properties.get("message")
        if whole is None or self._known.numbers.get(key) in self._known.cases:
            return
        found = [one for one in whole.every if one.fact == origin and one.kind == "message"]
        held = self._open(fact, whole.subject, key, cause="message", follows=whole.number)
        for one in found:
            self._add(held, msgspec.structs.replace(one, case=held.number, fact=fact.id))
            self._known.spoken.setdefault(one.subject, []).append(one.at)
        self._add(
            whole, entry_of(whole.number, fact, "split_off", data={"into": held.number, "message": origin})
        )

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
            self._add(known, entry_of(known.number, fact, "note", text=text))
            return
        reason = reason_to_follow(fact, self._known.book.at(fact.occurred_at).rules)
        if not reason or not subject:
            return
        response = text_in(properties, "response", 200)
        title = title_of_answer(fact, reason, self._words(text_in(properties, "language", 20)))
        held = self._open(fact, subject, key, cause="survey", of=response, kind="follow_up", title=title)
        self._add(held, entry_of(held.number, fact, "note", text=text, data={"why": reason}))

    def _takePromiseBroken(self, fact: Fact, subject: int) -> None:  # noqa: N802
        held = self._case(fact)
        if held is not None:
            self._add(held, entry_of(held.number, fact, "broken", data=promise_in(fact)))
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
            if into is None or self._known.last(into) is held or held.life(self._known.book).merged_into:
                return
            into = self._known.last(into)
            data["merged_into"] = into.number
            self._add(
                into,
                entry_of(
                    into.number, fact, "merged_in", data=brought(held.number, held.life(self._known.book))
                ),
            )
            self._known.join(into.number, held.subject)
            for subject_ in self._known.people.get(held.number, ()):
                self._known.join(into.number, subject_)
        self._add(held, entry_of(held.number, fact, "change", data=data))

    def _takeCaseUnmerged(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        """Let a case come out of the one it went up in, as if it had never gone; whose matter only it was leaves with it."""
        held = self._case(fact, follow=False)
        number = 0 if held is None else held.life(self._known.book).merged_into
        into = self._known.cases.get(number)
        if held is None or into is None or into.life(self._known.book).merged_into:
            return
        changes = [one for one in held.every if one.kind == "change" and "merged_into" in one.data]
        self._add(held, entry_of(held.number, fact, "unmerged", data={"merge": changes[-1].fact}))
        data = {"merge": changes[-1].fact, "from": held.number}
        self._add(into, entry_of(into.number, fact, "gave_back", data=data))
        staying = {into.subject, *(one.subject for one in into.every)}
        for other in self._known.cases.values():
            if other.life(self._known.book).merged_into == into.number:
                staying |= {other.subject, *self._known.people.get(other.number, ())}
        for one in {held.subject, *self._known.people.get(held.number, ())} - staying:
            self._known.leave(into.number, one)

    def _takeCaseNoted(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        if held is not None:
            self._add(
                held,
                entry_of(
                    held.number, fact, "note", text=text_in(fact.properties or {}, "text", LONGEST_TEXT)
                ),
            )

    def _takeCaseReplied(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        if held is not None:
            self._add(held, replied(held.number, fact))

    def _takeCaseClosed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, properties = self._case(fact), fact.properties or {}
        if held is not None:
            data = {name: text_in(properties, name, 2_000) for name in ("root_cause", "action", "outcome")}
            self._add(held, entry_of(held.number, fact, "closed", data=data))

    def _takeCaseReopened(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        # What a customer's message brought about is told under the same name, and names nobody who did it.
        if held is not None and actor_of(fact):
            self._add(held, entry_of(held.number, fact, "reopened"))

    def _takeCaseSolved(self, fact: Fact, subject: int) -> None:  # noqa: N802
        held = self._case(fact)
        if held is not None:
            solved = (fact.properties or {}).get("solved") is True
            entry = entry_of(held.number, fact, "solved", data={"solved": solved})
            self._add(held, msgspec.structs.replace(entry, actor="", subject=subject))

    def _takePromiseWarned(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        self._told(fact, "warned")

    def _takeEscalated(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        self._told(fact, "escalated")

    def _takeMessageSent(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held = self._case(fact)
        if held is not None and message_key(fact).endswith(":ack"):
            self._add(held, entry_of(held.number, fact, "acknowledged"))

    def _takeMessageFailed(self, fact: Fact, subject: int) -> None:  # noqa: N802, ARG002
        held, (what, *which) = self._case(fact), message_key(fact).split(":")[2:] or [""]
        if held is not None and what in {"reply", "ack", "sorry"}:
            data = {"reason": text_in(fact.properties or {}, "reason", 100)}
            data |= {"reply": which[0]} if what == "reply" and which else {"what": what}
            self._add(held, entry_of(held.number, fact, "undelivered", data=data))

    def _takeMessageSkipped(self, fact: Fact, subject: int) -> None:  # noqa: N802
        # What the gate never lets out is as undelivered as what a server refuses.
        self._takeMessageFailed(fact, subject)

    def _takeEmailBounced(self, fact: Fact, subject: int) -> None:  # noqa: N802
        self._takeMessageFailed(fact, subject)

    def _told(self, fact: Fact, kind: EntryKind) -> None:
        held = self._case(fact, follow=False)
        if held is not None:
            self._add(held, entry_of(held.number, fact, kind, data=promise_in(fact)))

    def _answered(self, fact: Fact, subject: int) -> Held | None:
        """Return the case that a message goes on with: the one it names by right, or one whose thread it is in."""
        named = self._case(fact)
        if named is not None:
            return named
        for mark in marks_of(fact):
            number = self._known.marks.get(mark)
            if number in self._known.cases:
                return self._known.last(self._known.cases[number])
        tagged = self._known.cases.get(tagged_case(fact) or 0)
        if tagged is not None:
            persons = self._known.persons
            own = persons.get(subject, subject)
            # Anybody can write a number into a subject: only who has a part in the case goes on with it.
            if any(persons.get(one, one) == own for one in self._known.people.get(tagged.number, ())):
                return self._known.last(tagged)
        return None

    def _case(self, fact: Fact, *, follow: bool = True) -> Held | None:
        held = self._known.cases.get(named_case(fact) or 0)
        return self._known.last(held) if held is not None and follow else held

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
        data = opening(fact, self._known.book.at(fact.occurred_at).rules, kind, title) | {"cause": cause}
        data |= {"follows": follows} if follows else {}
        data |= {"parent": parent} if parent else {}
        # Who answered a survey, or was promised something, has spoken: they wait from this moment on.
        data |= {"speaks": True} if cause in {"survey", "promise"} else {}
        self._add(held, entry_of(held.number, fact, "opened", data=data))
        self._known.join(held.number, subject)
        return held

    def _add(self, held: Held, entry: Entry) -> None:
        held.add(entry)
        self.touched[held.number] = held

"""Support's step in the pipeline, and its chores: promises that run out, cases that wake up, cases that are dealt out.

A batch is worked on as a set: what it needs is read before, what follows is written after, a statement for all cases together.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.collect import api as collect
from beleef.contact.api import Contact, Intent
from beleef.facts.fact import Batch, Fact
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import HOUR, Clock
from beleef.store.records.database import Database
from beleef.support import chore_queries, queries, rule_queries, telling, writing_queries
from beleef.support.answering import Desk, improvement, intents, marks
from beleef.support.heard import (
    CONCERNED,
    TOLD,
    concerns,
    key_of,
    marks_of,
    named_case,
    other_case,
    tagged_case,
)
from beleef.support.held import Held, Known
from beleef.support.intake.fetching import Fetching
from beleef.support.promises import Book
from beleef.support.taking import Taking
from beleef.support.words import MOST_WORDS, words_of
from beleef.support.writing_queries import Written

__all__ = ["Desk", "Fetching", "SupportStep", "chore"]

_AT_ONCE = 500
_Happened = list[tuple[int, Fact]]


class SupportStep:
    """Lets facts do what they do to cases. The worker is the only one to call it.

    Args:
        contact: What is to be sent goes to it.
        desk: Who writes to customers; its mailbox is looked up.
        zone: The organisation's time zone.
    """

    def __init__(self, contact: Contact, desk: Desk, zone: str) -> None:
        self._contact = contact
        self._desk = desk
        self._zone = zone
        self._book = Book((), zone)
        self._version = -1

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch of facts. What a replay works on again is neither said nor sent again."""
        happened = [one for one in batch.named(CONCERNED) if concerns(one[1])]
        if not happened:
            return
        self.refresh(connection)
        last = writing_queries.last_fact(connection)
        newest = happened[-1][1].id
        known = self._read(connection, happened)
        taking = Taking(known)
        told = [(subject, fact) for subject, fact in happened if fact.name == TOLD]
        for subject, fact in happened:
            if fact.name != TOLD:
                taking.take(fact, subject)
        touched = list(taking.touched.values())
        self._write(connection, known, touched)
        if newest > last:
            self._act(connection, [one for one in touched if one.fresh], batch.now)
            if told:
                self._contact.intend(
                    connection, [improvement(one, fact, self._desk) for one, fact in told], batch.now
                )
            writing_queries.note_last_fact(connection, newest)

    def forget(self) -> None:
        """Read the rules again."""
        self._version = -1

    def refresh(self, connection: sa.Connection) -> Book:
        """Read the rules again where they changed, and return them."""
        version = rule_queries.newest_version(connection)
        if version != self._version:
            self._book, self._version = Book(rule_queries.history(connection), self._zone), version
        return self._book

    def _read(self, connection: sa.Connection, happened: _Happened) -> Known:
        facts = [fact for _, fact in happened]
        wanted = {
            one for fact in facts for one in (named_case(fact), tagged_case(fact), other_case(fact)) if one
        }
        marked = queries.by_marks(connection, {mark for fact in facts for mark in marks_of(fact)})
        numbers = queries.numbered(connection, {key_of(fact) for fact in facts})
        wanted |= {*marked.values(), *numbers.values()}
        # Who stays when a case comes out of another again depends on what else went up in that one.
        left = {other_case(fact) for fact in facts if fact.name == "Case Unmerged"}
        wanted |= {one for number in left if number for one in queries.merged_into(connection, number)}
        rows = chore_queries.with_merged(connection, wanted)
        # What is split off takes its words along; all else leaves them where they are.
        is_split = any(fact.name == "Case Split" for fact in facts)
        entries = queries.entries(connection, rows, bodies=is_split)
        cases = {
            number: Held(number, row.subject, row.cause, row.of, entries[number])
            for number, row in rows.items()
        }
        people = writing_queries.people(connection, rows)
        subjects = {subject for subject, _ in happened} | {one for some in people.values() for one in some}
        speaking = {
            subject: fact.occurred_at for subject, fact in happened if fact.name == "Message Received"
        }
        since = min((fact.occurred_at for _, fact in happened), default=0) - HOUR
        return Known(
            book=self._book,
            language=self._desk.language,
            cases=cases,
            marks=marked,
            numbers=numbers,
            next_number=writing_queries.next_number(connection),
            people=people,
            persons=identity.persons_of(connection, subjects),
            spoken=writing_queries.spoken(connection, speaking, since) if speaking else {},
        )

    def _write(self, connection: sa.Connection, known: Known, touched: Sequence[Held]) -> None:
        writing_queries.give_numbers(connection, known.new_numbers)
        writing_queries.save(
            connection,
            [
                Written(
                    number=one.number,
                    subject=one.subject,
                    cause=one.cause,
                    of=one.of,
                    life=one.life(known.book),
                    fresh=one.fresh,
                )
                for one in touched
            ],
        )
        for one in touched:
            known.new_marks |= marks(one)
        writing_queries.add_marks(connection, known.new_marks)
        writing_queries.remove_people(connection, known.gone_people)
        writing_queries.add_people(connection, known.new_people)
        writing_queries.add_words(connection, _words(touched))

    def _act(self, connection: sa.Connection, changed: Sequence[Held], now: int) -> None:
        people = _people(connection, {one.subject for one in changed if one.subject})
        said: list[dict[str, Any]] = []
        meant: list[Intent] = []
        desk = rule_queries.desk(connection, self._desk)
        for held in changed:
            life, person = held.life(self._book), people.get(held.subject)
            if person is None:
                continue
            before = held.before(self._book)
            said += telling.changes(held.number, before, life, person, cause=held.cause, of=held.of)
            meant += intents(held, life, self._book.at(held.fresh[-1].at), desk)
        collect.say_later(connection, said)
        if meant:
            self._contact.intend(connection, meant, now)


def _words(touched: Iterable[Held]) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for held in touched:
        for entry in held.fresh:
            text = f"{entry.data.get('title', '')} {entry.data.get('subject', '')} {entry.text}"
            found |= {(word, held.number) for word in words_of(text)[:MOST_WORDS]}
    return found


def _people(connection: sa.Connection, subjects: set[int]) -> dict[int, Person]:
    persons = identity.persons_of(connection, subjects)
    known = identity.people(connection, set(persons.values()))
    return {subject: known[person] for subject, person in persons.items() if person in known}


def chore(
    step: SupportStep, database: Database, worked_until: Callable[[], int], now: Clock
) -> Callable[[], bool]:
    """Return the chore that tells of promises that run out, wakes cases and deals them out.

    Args:
        step: The step of the same worker.
        database: The state.
        worked_until: Up to which moment all facts that came in have been worked on: a breach must not overtake the reply that
            kept the promise.
        now: The clock.
    """

    def work() -> bool:
        until = min(now(), worked_until())
        with database.read() as connection:
            dealing = _dealing(step.refresh(connection))
            if _is_behind(connection) or not chore_queries.is_due(connection, until, dealing):
                return False
        with database.write() as connection:
            return bool(_advance(connection, step.refresh(connection), until))

    return work


def _is_behind(connection: sa.Connection) -> bool:
    """Return whether a replay has not come as far as the facts were worked on before: all that was due then was told then."""
    return collect.progress(connection).position < ids.log_place(writing_queries.last_fact(connection))[0]


def _dealing(book: Book) -> set[str]:
    return {one.name for one in book.newest.rules.teams if one.round_robin and one.members}


def _advance(connection: sa.Connection, book: Book, until: int) -> int:
    """Say what is due at or before a moment, for at most some hundreds of cases; return how many things were said."""
    due = chore_queries.due_promises(connection, until, _AT_ONCE)
    asleep = chore_queries.due_sleepers(connection, until, _AT_ONCE)
    undealt = chore_queries.undealt(connection, _dealing(book), _AT_ONCE)
    cases = {number for number, _ in due} | set(asleep) | set(undealt)
    rows = queries.by_numbers(connection, cases)
    people = _people(connection, {row.subject for row in rows.values() if row.subject})
    said = []
    for number, promise in due:
        person = people.get(rows[number].subject)
        if person is not None:
            said.append(telling.told(number, promise, person, **_whom(rows[number], promise, book)))
    for number in asleep:
        person = people.get(rows[number].subject)
        if person is not None:
            name = f"case:{number}:woken:{rows[number].life.snoozed_until}"
            said.append(
                telling.beleef(
                    "Case Changed", name, number, person, until, {"status": "open", "reason": "snooze_over"}
                )
            )
    said += _dealt(connection, rows, undealt, people, book, until)
    chore_queries.note_told(connection, [(number, one, _following(one, book)) for number, one in due])
    chore_queries.note_woken(connection, asleep)
    chore_queries.note_dealt(connection, undealt)
    collect.say_later(connection, said)
    return len(due) + len(asleep) + len(undealt)


def _following(promise: Any, book: Book) -> int | None:
    """Return when there is something to tell of a promise after what is told now."""
    if promise.state != "open":
        return None
    edition = book.edition(promise.version)
    moments = (promise.warn_at, promise.due_at, *edition.rungs(edition.hours(None, ""), promise.due_at))
    told = promise.told + 1
    return moments[told] if told < len(moments) else None


def _whom(row: Any, promise: Any, book: Book) -> dict[str, str]:
    if promise.told < 2:
        return {}
    rules = book.edition(promise.version).rules
    rungs = rules.escalation
    to = rungs[promise.told - 2].to if promise.told - 2 < len(rungs) else "department_owner"
    team, department = rules.team(row.life.team), rules.department(row.life.department)
    whom = (team.lead if team else "") if to == "team_lead" else (department.owner if department else "")
    return {"to": to, "whom": whom} if whom else {"to": to}


def _dealt(
    connection: sa.Connection, rows: Any, undealt: Sequence[int], people: Any, book: Book, until: int
) -> list[dict[str, Any]]:
    """Name who gets cases that are nobody's: of the team, whoever has the fewest open ones."""
    teams = {rows[number].life.team for number in undealt}
    members = {one for team in book.newest.rules.teams if team.name in teams for one in team.members}
    loads = chore_queries.loads(connection, members)
    said = []
    for number in undealt:
        row = rows[number]
        team, person = book.newest.rules.team(row.life.team), people.get(row.subject)
        first = queries.entries(connection, [number], bodies=False)[number][0]
        # Nobody judges what was said about themselves.
        fit = [] if team is None else [one for one in team.members if one != first.data.get("agent")]
        if not fit or person is None:
            continue
        chosen = min(fit, key=lambda one: (loads.get(one, 0), fit.index(one)))
        loads[chosen] = loads.get(chosen, 0) + 1
        name = f"case:{number}:dealt:{row.life.reopened}"
        more = {"assignee": chosen, "reason": "round_robin"}
        said.append(telling.beleef("Case Changed", name, number, person, until, more))
    return said

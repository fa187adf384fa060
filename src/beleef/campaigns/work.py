"""The step of campaigns in the pipeline, and their chores: timers, schedules.

Facts that no campaign looks at cost a look into a dictionary; all others of a batch are worked on together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from beleef.campaigns import book as book_
from beleef.campaigns import effects, queries, timing
from beleef.campaigns.api import Campaigns
from beleef.campaigns.book import Book, Hit
from beleef.campaigns.entering import Entering, Newcomer
from beleef.campaigns.machine import Acquaintance, Holds, Knows, Moving, Question, drawn_as, drive
from beleef.campaigns.model import Campaign, OnSchedule, StoredCampaign
from beleef.campaigns.program import rules_of
from beleef.campaigns.queries import Filling
from beleef.campaigns.story import Story
from beleef.facts.fact import Batch, Fact
from beleef.identity import api as identity
from beleef.kernel.clock import Clock
from beleef.profiles.api import Profile
from beleef.store.records.database import Database

AT_ONCE = 5_000
"""Runs in one round of timers: a transaction of a few tenths of a second, so that facts need not wait long."""

_ZONE_TRAITS = ("timezone", "time_zone", "tz")
_Event = tuple[int, Fact, list[Hit]]


class CampaignsStep:
    """Lets facts do what they do to runs. The worker is the only one to call it.

    Args:
        campaigns: With the slices that answer rules, tell what is known of people and take what is to be sent.
    """

    def __init__(self, campaigns: Campaigns) -> None:
        self._audiences = campaigns.audiences
        self._contact = campaigns.contact
        self._profiles = campaigns.profiles
        self._zone = campaigns.zone
        self._book = Book((), {}, self._zone)
        self._change = -1
        self._waits_for_rules = False

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch of facts; those that were worked on before, as a replay gives them again, do nothing."""
        last_fact = self.refresh(connection)
        newest = max((fact.id for fact in batch.facts), default=0)
        if batch.facts and newest <= last_fact:
            return
        if batch.facts:
            queries.note_last_fact(connection, newest)
        book = self._book
        if not book.machines:
            return
        hits = [
            (subject, fact, found)
            for subject, fact in zip(batch.subjects, batch.facts, strict=True)
            if fact.id > last_fact and (found := book.hits(fact))
        ]
        if hits:
            self._work_on(connection, hits, batch.now)
        if regrouped := batch.regrouped():
            self._join(connection, regrouped, batch.now)

    def forget(self) -> None:
        """Read the campaigns again: the transaction failed, and memory may be ahead of the database."""
        self._change = -1

    def refresh(self, connection: sa.Connection) -> int:
        """Read the campaigns again where one changed; return the last fact that was worked on."""
        change, last_fact = queries.change(connection)
        if change != self._change or self._waits_for_rules:
            book = book_.read(connection, self._zone)
            ready = {
                number
                for number in book.running
                if self._audiences.is_ready(connection, list(rules_of(self._in_force(book, number))))
            }
            # Until past facts are counted a rule would answer as if they had never happened: nobody goes on till then.
            self._waits_for_rules = ready != book.running
            book.running = frozenset(ready)
            self._book, self._change = book, change
        return last_fact

    @staticmethod
    def _in_force(book: Book, number: int) -> Campaign:
        return book.machines[number, book.campaigns[number].version].program.campaign

    def _work_on(self, connection: sa.Connection, hits: list[_Event], now: int) -> None:
        persons = identity.persons_of(connection, {subject for subject, _, _ in hits})
        by_person: dict[int, list[_Event]] = defaultdict(list)
        for event in hits:
            by_person[persons[event[0]]].append(event)
        owners = self._owners(connection, by_person.keys(), persons)
        concerned = {hit.campaign for _, _, found in hits for hit in found}
        runs: dict[int, list[Moving]] = defaultdict(list)
        for run in queries.runs_about(connection, concerned, list(owners)):
            runs[owners[run.subject]].append(run)
        stories = [Story(self._book, person, runs[person]) for person in by_person]
        drive(
            [story.go(by_person[story.person], now) for story in stories],
            lambda questions: self._answer(connection, questions, now),
        )
        self._keep(connection, stories, now)

    @staticmethod
    def _owners(connection: sa.Connection, persons: Any, subjects: Mapping[int, int]) -> dict[int, int]:
        known = identity.people(connection, list(persons))
        owners = {subject: person.number for person in known.values() for subject in person.subjects}
        return {**subjects, **owners}

    def _keep(self, connection: sa.Connection, stories: Sequence[Story], now: int) -> None:
        effects.keep(
            connection,
            [run for story in stories for run in story.runs],
            [one for story in stories for one in story.reached],
            definitions=self._definitions(),
            contact=self._contact,
            now=now,
        )

    def _definitions(self) -> Any:
        return {place: machine.program.campaign for place, machine in self._book.machines.items()}

    def _answer(
        self, connection: sa.Connection, questions: Sequence[Question], now: int
    ) -> dict[Question, Any]:
        asked: dict[str, set[int]] = defaultdict(set)
        for question in questions:
            if isinstance(question, Holds):
                asked[question.rule].add(question.person)
        answers: dict[Question, Any] = {}
        for key, persons in asked.items():
            fitting = self._audiences.matching(connection, self._book.rules[key], persons, now)
            answers.update({Holds(key, person): person in fitting for person in persons})
        wanted = {question.person for question in questions if isinstance(question, Knows)}
        if wanted:
            answers.update(self._known(connection, wanted, now))
        return answers

    def _known(self, connection: sa.Connection, persons: set[int], now: int) -> dict[Question, Any]:
        known = identity.people(connection, persons)
        subjects = {person: known[person].subjects if person in known else (person,) for person in persons}
        found = self._profiles.profiles(connection, subjects, now)
        return {Knows(person): acquaintance(profile) for person, profile in found.items()}

    def _join(self, connection: sa.Connection, moved: Mapping[int, int], now: int) -> None:
        """Where two persons became one: of two runs about the same only the earlier goes on, and the earlier's draw counts for all."""
        known = identity.people(connection, set(moved.values()))
        owners = {subject: person.number for person in known.values() for subject in person.subjects}
        seen: set[tuple[int, int, str]] = set()
        mine: dict[tuple[int, int], list[Moving]] = defaultdict(list)
        runs = queries.runs_about(connection, self._book.campaigns, list(owners))
        for run in runs:
            run.person = owners[run.subject]
            mine[run.person, run.campaign].append(run)
            place = run.person, run.campaign, run.key
            if run.ended_at is None and place in seen:
                run.leave(now, "merged", is_cut_short=True)
            elif run.ended_at is None:
                seen.add(place)
        for together in mine.values():
            drawn = drawn_as(together[0].subject, together)
            for run in together:
                run.is_changed = run.is_changed or run.drawn_as != drawn
                run.drawn_as = drawn
        effects.keep(connection, runs, (), definitions=self._definitions(), contact=self._contact, now=now)

    def advance(self, connection: sa.Connection, until: int, now: int) -> int:
        """Do what is due at or before ``until``, for at most ``AT_ONCE`` runs; return how many it did."""
        self.refresh(connection)
        if not self._book.running:
            return 0
        runs = queries.due(connection, self._book.running, until, AT_ONCE)
        if not runs:
            return 0
        persons = identity.persons_of(connection, {run.subject for run in runs})
        by_person: dict[int, list[Moving]] = defaultdict(list)
        for run in runs:
            by_person[persons[run.subject]].append(run)
        stories = [Story(self._book, person, found) for person, found in by_person.items()]
        drive(
            [story.catch_up(until) for story in stories],
            lambda questions: self._answer(connection, questions, now),
        )
        self._keep(connection, stories, now)
        return len(runs)

    def is_due(self, connection: sa.Connection, until: int, now: int) -> bool:
        """Whether a run or a schedule has something to do."""
        self.refresh(connection)
        if queries.due(connection, self._book.running, until, 1):
            return True
        return any(
            self._filling(connection, stored, schedule, now) is not None
            for stored, schedule in self._scheduled()
        )

    def _scheduled(self) -> Iterator[tuple[StoredCampaign, OnSchedule]]:
        for number in sorted(self._book.running):
            stored = self._book.campaigns[number]
            on = self._book.machines[number, stored.version].program.campaign.entry.on
            if isinstance(on, OnSchedule):
                yield stored, on

    def fill(self, connection: sa.Connection, now: int) -> int:
        """Let the next members in whose schedule has come, at most ``AT_ONCE``; return how many were looked at."""
        self.refresh(connection)
        for stored, schedule in self._scheduled():
            looked = self._fill(connection, stored, schedule, now)
            if looked:
                return looked
        return 0

    def _fill(self, connection: sa.Connection, stored: StoredCampaign, schedule: OnSchedule, now: int) -> int:
        filling = self._filling(connection, stored, schedule, now)
        if filling is None:
            return 0
        page = self._audiences.members(connection, schedule.audience, after=filling.after, limit=AT_ONCE)
        newcomers = self._newcomers(
            connection, [one.person for one in page.members], schedule, filling.day, now
        )
        entered = Entering(self._audiences, self._contact).enter(
            connection, stored, newcomers, now, trigger=f"schedule:{filling.day}"
        )
        queries.save_filling(
            connection,
            stored.number,
            Filling(
                day=filling.day,
                version=stored.version,
                after=filling.after if page.next is None else page.next,
                started_at=filling.started_at,
                ended_at=now if page.next is None else None,
                entered=filling.entered + entered,
            ),
        )
        return max(1, len(newcomers))

    def _filling(
        self, connection: sa.Connection, stored: StoredCampaign, schedule: OnSchedule, now: int
    ) -> Filling | None:
        done = queries.fillings(connection, stored.number)
        begun = next((one for one in done if one.ended_at is None), None)
        if begun is not None:
            return begun
        zone = timing.zone_named(self._zone, self._zone)
        since = stored.active_from or 0
        past = [one.day for one in done if one.started_at >= since]
        latest = max(past, default="")
        if latest:
            since = max(since, timing.at_time(date.fromisoformat(latest), 0, zone))
        day = timing.due(schedule, since, now, zone)
        if day is None or day.isoformat() <= latest:
            return None
        return Filling(
            day=day.isoformat(), version=stored.version, after=-1, started_at=now, ended_at=None, entered=0
        )

    def _newcomers(
        self, connection: sa.Connection, persons: list[int], schedule: OnSchedule, day: str, now: int
    ) -> list[Newcomer]:
        due = dict.fromkeys(persons, now)
        if schedule.zone == "person" and persons:
            known = self._known(connection, set(persons), now)
            for person in persons:
                zone = timing.zone_named(known[Knows(person)].zone or self._zone, self._zone)
                due[person] = timing.at_time(date.fromisoformat(day), schedule.at, zone)
        return [Newcomer(person=person, subject=person, due_at=due[person]) for person in persons]


def acquaintance(profile: Profile) -> Acquaintance:
    """Return what a run may know of a person, from their profile."""
    traits = {name: trait.value for name, trait in profile.traits.items()}
    zone = next((traits[name] for name in _ZONE_TRAITS if isinstance(traits.get(name), str)), None)
    computed = {name: trait.value for name, trait in profile.computed.items()}
    return Acquaintance(zone=zone, traits=traits, computed=computed)


def chore(
    step: CampaignsStep, database: Database, worked_until: Callable[[], int], now: Clock
) -> Callable[[], bool]:
    """Return the chore that lets people in by schedule and does what is due.

    Args:
        step: The step of the same worker.
        database: The state.
        worked_until: Up to which moment all facts that came in have been worked on: a timer must not overtake the fact that a
            run waits for.
        now: The clock.
    """

    def work() -> bool:
        moment = now()
        until = min(moment, worked_until())
        with database.read() as connection:
            is_due = step.is_due(connection, until, moment)
        if not is_due:
            return False
        with database.write() as connection:
            filled = step.fill(connection, moment)
        with database.write() as connection:
            moved = step.advance(connection, until, moment)
        return bool(filled or moved)

    return work

"""The step of feedback in the pipeline and its chores: answers in, occasions noticed, people asked and reminded, relation surveys spread.

Of a batch without survey facts only the names are looked at, in one pass.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.contact.api import Contact
from beleef.facts.fact import OWN_SOURCE, Batch, Fact
from beleef.feedback import invitation_queries, queries, responding
from beleef.feedback.asking import AT_ONCE, Asking, refused
from beleef.feedback.eligibility import day_in_cycle
from beleef.feedback.invitation_queries import NewOccasion, Round
from beleef.feedback.links import SurveyLinks
from beleef.feedback.model import AfterFact, Spread, StoredSurvey, Survey
from beleef.feedback.telling import REQUESTED
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import DAY, HOUR, Clock, from_datetime
from beleef.profiles.api import Profiles
from beleef.store.records.database import Database

_BOUNCED: Final = "Email Bounced"
_STOPPED: Final = frozenset({"Message Skipped", "Message Failed", _BOUNCED})
_MISSED_DAYS: Final = 7
"""Days that are caught up with after a standstill; people whose day was before that are asked in the next cycle."""
_PAGE: Final = 5_000

_Hit = tuple[int, Fact]


class FeedbackStep:
    """Lets facts do what they do to surveys. The worker is the only one to call it.

    Args:
        audiences: Who is a member.
        contact: The contact gate.
        profiles: Who there is.
        links: Makes personal links.
        key: The installation's key.
        zone: The organisation's time zone, an IANA name.
    """

    def __init__(
        self,
        *,
        audiences: Audiences,
        contact: Contact,
        profiles: Profiles,
        links: SurveyLinks,
        key: bytes,
        zone: str,
    ) -> None:
        self._asking = Asking(audiences=audiences, contact=contact, links=links, key=key)
        self._audiences = audiences
        self._profiles = profiles
        self._key = key
        self._zone = ZoneInfo(zone)
        self.forget()

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch of facts; occasions that were noticed before, as a replay gives them again, are not noticed anew."""
        last_fact = self.refresh(connection)
        hits = batch.named(self._names)
        nobodys = [fact for fact in batch.anonymous if responding.is_said(fact)]
        said = [one for one in hits if responding.is_said(one[1])]
        if said or nobodys:
            responding.take_in(connection, responding.in_order(said, nobodys), self._promises)
        newest = max((fact.id for fact in batch.facts), default=0)
        if newest <= last_fact or not self._surveys:
            return
        queries.note_last_fact(connection, newest)
        new = [one for one in hits if one[1].id > last_fact]
        stopped = refused(
            stop for _, fact in new if fact.source == OWN_SOURCE and (stop := _stop(fact)) is not None
        )
        if stopped:
            invitation_queries.refuse(connection, stopped)
        invitation_queries.add(connection, self._occasions(new))

    def forget(self) -> None:
        """Read the surveys again: the transaction failed, and memory may be ahead of the database."""
        self._change = -1
        self._surveys: dict[int, StoredSurvey] = {}
        self._by_name: dict[str, StoredSurvey] = {}
        self._promises: dict[str, Survey] = {}
        self._triggers: dict[str, list[StoredSurvey]] = {}
        self._names: frozenset[str | None] = frozenset()

    def refresh(self, connection: sa.Connection) -> int:
        """Read the surveys again where one changed; return the last fact that was looked at for occasions."""
        change, last_fact = queries.change(connection)
        if change != self._change:
            self.forget()
            self._change = change
            for one in queries.stored(connection):
                self._surveys[one.number] = one
                self._by_name[one.survey.name] = one
                self._promises[one.survey.name] = one.published or one.survey
                trigger = None if one.published is None else one.published.trigger
                if trigger is not None and one.state in {"active", "paused"}:
                    self._triggers.setdefault(trigger.event, []).append(one)
            self._names = frozenset({*responding.SAID, *_STOPPED, REQUESTED, *self._triggers})
        return last_fact

    def _occasions(self, hits: Sequence[_Hit]) -> Iterator[NewOccasion]:
        for subject, fact in hits:
            if fact.name == REQUESTED and fact.source == OWN_SOURCE:
                yield from self._requested(subject, fact)
            for stored in self._triggers.get(fact.name or "", ()):
                survey = stored.published
                if survey is not None and survey.trigger is not None:
                    yield from self._triggered(subject, fact, stored, survey, survey.trigger)

    def _triggered(
        self, subject: int, fact: Fact, stored: StoredSurvey, survey: Survey, trigger: AfterFact
    ) -> Iterator[NewOccasion]:
        if fact.occurred_at < (stored.active_from or 0) or not _fits(trigger.where, fact):
            return
        due_at = fact.occurred_at + round(trigger.delay_hours * HOUR)
        is_late = fact.received_at > fact.occurred_at + trigger.within_days * DAY
        reason = "too_late" if is_late else "" if stored.state == "active" else "not_active"
        yield NewOccasion(
            number=self._number(f"{survey.name}:fact:{fact.id}"),
            survey=stored.number,
            version=stored.version,
            subject=subject,
            fact=fact.id,
            touchpoint=fact.touchpoint or survey.touchpoint,
            product=fact.product or "",
            channel=survey.channel,
            origin=fact.channel,
            campaign=fact.campaign or "",
            due_at=due_at,
            state="not_asked" if reason else "waiting",
            reason=reason,
        )

    def _requested(self, subject: int, fact: Fact) -> Iterator[NewOccasion]:
        """Yield the occasion that a campaign asks for; a survey that is not there asks nobody."""
        said = fact.properties or {}
        stored = self._by_name.get(str(said.get("survey", "")))
        if stored is None:
            return
        survey, priority = stored.published or stored.survey, said.get("priority")
        yield NewOccasion(
            number=self._number(f"{survey.name}:request:{said.get('key', fact.message_id)}"),
            survey=stored.number,
            version=stored.version,
            subject=subject,
            fact=fact.id,
            touchpoint=fact.touchpoint or survey.touchpoint,
            product=fact.product or "",
            channel=str(said.get("channel") or survey.channel),
            origin=fact.channel,
            campaign=fact.campaign or "",
            step=str(said.get("step", "")),
            variant=str(said.get("variant", "")),
            priority=priority if isinstance(priority, int) else 50,
            due_at=fact.occurred_at,
        )

    def _number(self, occasion: str) -> int:
        return ids.subject_id(self._key, "survey-invitation", occasion)

    # Chores

    def is_due(self, connection: sa.Connection, until: int, now: int) -> bool:
        """Return whether an occasion, a reminder or a day of a relation survey is due."""
        self.refresh(connection)
        return invitation_queries.is_due(connection, until) or any(
            self._round(connection, stored, spread, now) is not None for stored, spread in self._spreads()
        )

    def decide(self, connection: sa.Connection, until: int, now: int) -> int:
        """Decide about what is due, at most some hundreds; return how many were looked at."""
        self.refresh(connection)
        decided = self._asking.decide(connection, self._surveys, until, now)
        return decided or self._asking.remind(connection, self._surveys, until, now)

    def spread(self, connection: sa.Connection, now: int) -> int:
        """Notice the people whose day it is, some thousands at a time; return how many people were looked at."""
        self.refresh(connection)
        for stored, spread in self._spreads():
            one = self._round(connection, stored, spread, now)
            if one is not None:
                return self._go_round(connection, stored, spread, one, now)
        return 0

    def _spreads(self) -> Iterator[tuple[StoredSurvey, Spread]]:
        for stored in self._surveys.values():
            if stored.state == "active" and stored.published is not None and stored.published.spread:
                yield stored, stored.published.spread

    def _round(
        self, connection: sa.Connection, stored: StoredSurvey, spread: Spread, now: int
    ) -> Round | None:
        """Return the day of a relation survey that is under way or due, None where none is."""
        rounds = invitation_queries.rounds(connection, stored.number)
        under_way = next((one for one in rounds if one.ended_at is None), None)
        if under_way is not None:
            return under_way
        local = datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(self._zone)
        today = local.date() if local.hour >= spread.hour else local.date() - timedelta(days=1)
        began = datetime.fromtimestamp((stored.active_from or now) // 1_000_000, UTC).astimezone(self._zone)
        first = max(began.date(), today - timedelta(days=_MISSED_DAYS))
        if rounds:
            first = max(first, date.fromisoformat(rounds[-1].day) + timedelta(days=1))
        is_over = first > today or self._at(first, spread) < (stored.active_from or 0)
        if is_over and first < today:
            first, is_over = first + timedelta(days=1), False
        return None if is_over else Round(day=first.isoformat(), after=-1, started_at=now, ended_at=None)

    def _at(self, day: date, spread: Spread) -> int:
        return from_datetime(datetime(day.year, day.month, day.day, spread.hour, tzinfo=self._zone))

    def _go_round(
        self, connection: sa.Connection, stored: StoredSurvey, spread: Spread, one: Round, now: int
    ) -> int:
        survey = stored.published or stored.survey
        persons, after = self._people(connection, survey, one.after)
        turn = date.fromisoformat(one.day).toordinal() % spread.every_days
        cycle = date.fromisoformat(one.day).toordinal() // spread.every_days
        invitation_queries.add(
            connection,
            (
                NewOccasion(
                    number=self._number(f"{survey.name}:cycle:{cycle}:{person}"),
                    survey=stored.number,
                    version=stored.version,
                    subject=person,
                    touchpoint=survey.touchpoint,
                    channel=survey.channel,
                    due_at=max(now, self._at(date.fromisoformat(one.day), spread)),
                )
                for person in persons
                if day_in_cycle(self._key, survey.name, person, spread.every_days) == turn
            ),
        )
        done = Round(
            day=one.day,
            after=one.after if after is None else after,
            started_at=one.started_at,
            ended_at=now if after is None else None,
        )
        invitation_queries.save_round(connection, stored.number, done)
        return max(1, len(persons))

    def _people(self, connection: sa.Connection, survey: Survey, after: int) -> tuple[list[int], int | None]:
        """Return the next people that a relation survey is for, and where to go on; None where that were the last."""
        audience = survey.eligibility.audience
        if audience:
            page = self._audiences.members(connection, audience, after=after, limit=_PAGE)
            return [one.person for one in page.members], page.next
        subjects = self._profiles.subjects(connection, after=after, limit=_PAGE)
        persons = identity.persons_of(connection, subjects)
        # Each person once: under their own number.
        own = [subject for subject in subjects if persons.get(subject, subject) == subject]
        return own, subjects[-1] if len(subjects) == _PAGE else None


def _fits(where: Mapping[str, Any], fact: Fact) -> bool:
    """Return whether a fact has the values that a trigger asks for."""
    return all(_is_one_of(_value_at(fact, path), wanted) for path, wanted in where.items())


def _is_one_of(value: object, wanted: object) -> bool:
    several = wanted if isinstance(wanted, tuple | list) else (wanted,)
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in several)


def _value_at(fact: Fact, path: str) -> object:
    if path in {"$channel", "$touchpoint"}:
        return fact.channel if path == "$channel" else fact.touchpoint
    value: object = fact.properties or {}
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def chore(
    step: FeedbackStep, database: Database, worked_until: Callable[[], int], now: Clock
) -> Callable[[], bool]:
    """Return the chore that notices whose day it is, decides who is asked and reminds.

    Args:
        step: The step of the same worker.
        database: The state.
        worked_until: Up to which moment all facts that came in have been worked on: a complaint that came in must be known.
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
            spread = step.spread(connection, moment)
        with database.write() as connection:
            decided = step.decide(connection, until, moment)
        return bool(spread or decided)

    return work


__all__ = ["AT_ONCE", "FeedbackStep", "chore"]


def _stop(fact: Fact) -> tuple[str, str] | None:
    """Return the key of a message that did not reach its reader, and why; None for others, and where it may yet reach them."""
    said = fact.properties or {}
    if fact.name not in _STOPPED or (fact.name == _BOUNCED and said.get("bounce") != "hard"):
        return None
    usual = "bounced" if fact.name == _BOUNCED else "failed"
    return str(said.get("key", "")), str(said.get("reason", usual))

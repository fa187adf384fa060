"""Audiences as programs and commands see them: views with readable names, sentences and reasons."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.audiences.api import (
    Audiences,
    Explanation,
    StoredAudience,
    audience_from_data,
    describe,
    rule_from_data,
    rule_to_data,
)
from beleef.audiences.model import Difference
from beleef.audiences.recounting import Recount
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import Clock, to_text
from beleef.store.records.database import Database
from beleef.ui.words import Language, translator

_AT_ONCE = 1_000


class AudienceView(msgspec.Struct, frozen=True, kw_only=True):
    """An audience.

    Attributes:
        name: Its name.
        label: What people call it.
        description: What it is for.
        announce: Whether its first members are announced too.
        rule: Who is in it, as data.
        sentence: The rule as a sentence.
        size: How many people are in it.
        filled: How far it is filled, 1 when everybody was looked at.
        changed_at: When its rule was last changed.
    """

    name: str
    label: str
    description: str
    announce: bool
    rule: dict[str, Any]
    sentence: str
    size: int
    filled: float
    changed_at: str


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A person in an audience: the number, since when, and what the organisation knows them by, the first of each kind."""

    id: str
    since: str
    identifiers: dict[str, str]


class MembersAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Some members, and where the next page begins (None: there is no more)."""

    members: list[MemberView]
    next: str | None


class ReasonView(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a rule: as a sentence, whether it holds for the person, what was found, and the parts within it."""

    sentence: str
    fulfilled: bool
    seen: Any
    parts: list["ReasonView"]


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    """One audience as seen from a person: in it or not, and why; no reasons while what it asks for is still being counted."""

    name: str
    label: str
    is_member: bool
    reasons: ReasonView | None


class CountAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many people a rule selects, of how many, the rule as a sentence, and some of the people."""

    count: int
    people: int
    sentence: str
    examples: list[str]


class DifferenceView(msgspec.Struct, frozen=True, kw_only=True):
    """What a recomputation of one audience found; see ``Difference``."""

    name: str
    members: int
    recomputed: int
    missing: int
    surplus: int
    examples: list[str]


class Answers:
    """Answers programs and commands.

    Args:
        database: The state.
        audiences: The rules and who is in.
        recount: Asks the warehouse.
        find: Returns the person that ``namespace:value`` names.
        zone: The organisation's zone.
        now: The clock.
    """

    def __init__(
        self,
        *,
        database: Database,
        audiences: Audiences,
        recount: Recount,
        find: Callable[[sa.Connection, str], identity.Person],
        zone: str,
        now: Clock,
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._recount = recount
        self._find = find
        self._zone = zone
        self._now = now

    def all(self, language: Language = "en") -> list[AudienceView]:
        """Return all audiences by name."""
        with self._database.read() as connection:
            return [self._view(one, language) for one in self._audiences.audiences(connection)]

    def one(self, name: str, language: Language = "en") -> AudienceView:
        """Return an audience.

        Raises:
            NotFound: there is none of that name.
        """
        with self._database.read() as connection:
            return self._view(self._audiences.audience(connection, name), language)

    def save(self, name: str, data: dict[str, Any]) -> AudienceView:
        """Put an audience in force.

        Raises:
            InvalidInput: it cannot be read or cannot work; code ``invalid_rule``.
        """
        audience = audience_from_data({**data, "name": name}, zone=self._zone)
        with self._database.write() as connection:
            return self._view(self._audiences.save(connection, audience, self._now()), "en")

    def delete(self, name: str) -> None:
        """Take an audience out of force.

        Raises:
            NotFound: there is none of that name.
            Conflict: it is still asked for.
        """
        with self._database.write() as connection:
            self._audiences.delete(connection, name)

    def members(self, name: str, *, after: str | None, limit: int) -> MembersAnswer:
        """Return some members.

        Raises:
            NotFound: there is no such audience.
        """
        behind = -1 if after is None else ids.from_text(after)
        with self._database.read() as connection:
            page = self._audiences.members(
                connection, name, after=-1 if behind is None else behind, limit=limit
            )
            people = identity.people(connection, [one.person for one in page.members])
        return MembersAnswer(
            members=[
                MemberView(
                    id=ids.to_text(one.person),
                    since=to_text(one.since),
                    identifiers=_identifiers(people.get(one.person)),
                )
                for one in page.members
            ],
            next=None if page.next is None else ids.to_text(page.next),
        )

    def every_member(self, name: str) -> Iterator[MemberView]:
        """Give all members, each person once.

        Raises:
            NotFound: there is no such audience.
        """
        after: str | None = None
        while True:
            page = self.members(name, after=after, limit=_AT_ONCE)
            yield from page.members
            if page.next is None:
                return
            after = page.next

    def count(self, rule: dict[str, Any], language: Language = "en") -> CountAnswer:
        """Return how many people a rule would select.

        Raises:
            InvalidInput: it cannot be read or cannot work; code ``invalid_rule``.
        """
        read = rule_from_data(rule, zone=self._zone)
        found = self._recount.estimate(read)
        return CountAnswer(
            count=found.count,
            people=found.people,
            sentence=describe(read, translator(language, self._zone)),
            examples=[ids.to_text(person) for person in found.examples],
        )

    def of_person(self, who: str, *, reasons: bool = True, language: Language = "en") -> list[StandingView]:
        """Return which audiences a person is in and which not.

        Args:
            who: Their number, or ``namespace:value``.
            reasons: Whether to say why; without, memberships are only looked up.
            language: Of the reasons.

        Raises:
            NotFound: nobody is known by that.
        """
        with self._database.read() as connection:
            person = self._find(connection, who).number
            standing = self._audiences.standing(connection, person)
            why = self._audiences.explain_all(connection, person, self._now()) if reasons else {}
        return [
            StandingView(
                name=name,
                label=label,
                is_member=is_member,
                reasons=None if found is None else self._reason(found, language),
            )
            for name, label, is_member in standing
            for found in (why.get(name),)
        ]

    def _reason(self, found: Explanation, language: Language) -> ReasonView:
        return ReasonView(
            sentence=describe(found.rule, translator(language, self._zone)),
            fulfilled=found.fulfilled,
            seen=found.seen,
            parts=[self._reason(one, language) for one in found.parts],
        )

    def verify(self, names: Sequence[str] = ()) -> list[DifferenceView]:
        """Return how audiences differ from a recomputation in the warehouse."""
        return [_difference(one) for one in self._recount.verify(names)]

    def _view(self, stored: StoredAudience, language: Language) -> AudienceView:
        audience = stored.audience
        return AudienceView(
            name=audience.name,
            label=audience.label,
            description=audience.description,
            announce=audience.announce,
            rule=rule_to_data(audience.rule),
            sentence=describe(audience.rule, translator(language, self._zone)),
            size=stored.size,
            filled=stored.filled,
            changed_at=to_text(stored.changed_at),
        )


def _difference(found: Difference) -> DifferenceView:
    return DifferenceView(
        name=found.name,
        members=found.members,
        recomputed=found.recomputed,
        missing=found.missing,
        surplus=found.surplus,
        examples=[ids.to_text(person) for person in found.examples],
    )


def _identifiers(person: identity.Person | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in () if person is None else person.identifiers:
        found.setdefault(one.namespace, one.value)
    return found

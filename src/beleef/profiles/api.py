"""What others may ask of profiles: a person's profile, a search, recent people, accounts, and the definitions of computed traits.

Everything is read at a given moment, so that windows of days slide without new facts.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Fact
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.profiles import consents, moments, products, queries, traits
from beleef.profiles.comparing import comparison
from beleef.profiles.computed import Computed, Keepings, selects
from beleef.profiles.consents import ALLOWING as CONSENT_WORDS
from beleef.profiles.consents import concerns as concerns_consents
from beleef.profiles.days import Days
from beleef.profiles.defaults import SHOP
from beleef.profiles.definitions import from_data, to_data, validate
from beleef.profiles.known import Known
from beleef.profiles.model import (
    KINDS,
    OPERATORS,
    AccountProfile,
    ChannelUse,
    ComputedTrait,
    Condition,
    Consent,
    Definition,
    HeldProduct,
    Preview,
    Profile,
    Recent,
    RecentPage,
    StoredDefinition,
    Trait,
)
from beleef.profiles.paths import reader
from beleef.profiles.products import ACTIONS as PRODUCT_ACTIONS
from beleef.profiles.products import IDS as PRODUCT_KEYS
from beleef.profiles.products import concerns as concerns_products
from beleef.profiles.rules import Rules, account_key, fold_account, trial
from beleef.profiles.state import State, combine
from beleef.profiles.terms import asked
from beleef.profiles.traits import value_at as trait_value_at
from beleef.profiles.traits import value_in as trait_value_in

__all__ = [
    "CONSENT_WORDS",
    "KINDS",
    "OPERATORS",
    "PRODUCT_ACTIONS",
    "PRODUCT_KEYS",
    "SHOP",
    "AccountProfile",
    "ChannelUse",
    "Computed",
    "ComputedTrait",
    "Condition",
    "Consent",
    "Days",
    "Definition",
    "HeldProduct",
    "Known",
    "Preview",
    "Profile",
    "Profiles",
    "Recent",
    "RecentPage",
    "Rules",
    "State",
    "StoredDefinition",
    "Trait",
    "account_key",
    "comparison",
    "concerns_consents",
    "concerns_products",
    "fold_account",
    "from_data",
    "moments_name",
    "reader",
    "selects",
    "to_data",
    "trait_value_at",
    "trait_value_in",
]

_MOST_DEFINITIONS = 100
_MOST_MOMENTS = 1_000
_MOST_EXAMPLES = 20
_SCANNED = 20_000
"""How many subjects are looked through for one page of ``recent`` before it is given out with fewer lines."""
_SCANNED_AT_ONCE = 500


class Profiles:
    """Reads profiles and keeps the definitions of computed traits. Methods that write need a write connection.

    Args:
        zone: The organisation's time zone, an IANA name; the same as the worker's.

    Raises:
        InvalidInput: there is no such time zone.
    """

    def __init__(self, *, zone: str) -> None:
        self._days = Days(zone)
        self._known: tuple[int, Rules] = (-1, Rules((), self._days))

    def profile(self, connection: sa.Connection, subjects: Sequence[int], now: int) -> Profile:
        """Return the profile of the person whose subjects these are; an empty one where there is no fact."""
        return self.profiles(connection, {0: subjects}, now)[0]

    def profiles(
        self, connection: sa.Connection, people: Mapping[int, Sequence[int]], now: int
    ) -> dict[int, Profile]:
        """Return the profiles of several people in one read.

        Args:
            connection: A connection.
            people: The subjects of each person, by the person's number.
            now: The moment at which windows are read, in microseconds.
        """
        rules = self._rules(connection)
        states = queries.states(connection, {subject for subjects in people.values() for subject in subjects})
        return {person: self._profile(rules, states, subjects, now) for person, subjects in people.items()}

    def _profile(self, rules: Rules, states: dict[int, State], subjects: Sequence[int], now: int) -> Profile:
        own = tuple(dict.fromkeys(subjects))
        state = combine((states[subject] for subject in own if subject in states), rules.computed)
        empty = State(first_seen=0, last_seen=0)
        known = empty if state is None else state
        return Profile(
            subjects=own,
            traits=traits.read(known.traits),
            computed=rules.values(state, now),
            channels=_channels(known),
            products=products.read(known.products, known.returned_orders),
            consents=consents.read(known.consents),
            first_seen=None if state is None else state.first_seen,
            last_seen=None if state is None else state.last_seen,
            facts=known.facts,
            limited=tuple(known.limited.split()),
        )

    def consents(self, connection: sa.Connection, subjects: Sequence[int]) -> tuple[Consent, ...]:
        """Return what the person whose subjects these are allows, sorted by purpose and channel."""
        state = combine(queries.states(connection, set(subjects)).values(), self._rules(connection).computed)
        return () if state is None else consents.read(state.consents)

    def account_profile(self, connection: sa.Connection, account: str) -> AccountProfile | None:
        """Return what is known about an account, by its number; None where no ``group`` fact told of it."""
        return self.account_profiles(connection, [account]).get(account)

    def account_profiles(
        self, connection: sa.Connection, accounts: Sequence[str]
    ) -> dict[str, AccountProfile]:
        """Return what is known about accounts, by their numbers, in one read; those no ``group`` fact told of are left out."""
        keys = {account: account_key(account) for account in accounts}
        states = queries.account_states(connection, list(keys.values()))
        return {
            account: AccountProfile(
                account=account,
                traits=traits.read(state.traits),
                channels=_channels(state),
                first_seen=state.first_seen,
                last_seen=state.last_seen,
                facts=state.facts,
            )
            for account, key in keys.items()
            if (state := states.get(key)) is not None
        }

    def search(self, connection: sa.Connection, text: str, limit: int) -> list[int]:
        """Return subjects whose names, e-mail addresses, phone or customer numbers begin with all the words of a text."""
        words = asked(text)
        return queries.search(connection, words, limit) if words else []

    def recent(
        self,
        connection: sa.Connection,
        *,
        channel: str | None = None,
        since: int | None = None,
        trait: str | None = None,
        min_facts: int = 0,
        after: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> RecentPage:
        """Return subjects in short, latest seen first.

        Args:
            connection: A connection.
            channel: Only those who used this channel.
            since: Only those seen at or after this moment, in microseconds.
            trait: Only those with a trait of this name.
            min_facts: Only those with at least so many facts.
            after: ``next`` of the page before.
            limit: How many lines; fewer come, with a ``next``, when a rare filter needs too long a look.
        """
        rows: list[Recent] = []
        at_once = limit if channel is None and trait is None else _SCANNED_AT_ONCE
        for _ in range(0, _SCANNED, _SCANNED_AT_ONCE):
            found = queries.recent(connection, since=since, min_facts=min_facts, after=after, limit=at_once)
            for subject, state in found:
                after = state.last_seen, subject
                if _fits(state, channel, trait):
                    rows.append(_recent(subject, state))
                    if len(rows) == limit:
                        return RecentPage(rows=tuple(rows), next=after)
            if len(found) < at_once:
                return RecentPage(rows=tuple(rows), next=None)
        return RecentPage(rows=tuple(rows), next=after)

    def forget(self, connection: sa.Connection, subjects: Sequence[int]) -> None:
        """Remove all that is kept of subjects, search terms included."""
        queries.remove(connection, subjects)

    def begin_again(self, connection: sa.Connection) -> None:
        """Prepare for a replay of all facts into empty state."""
        queries.begin_again(connection)

    def forget_account(self, connection: sa.Connection, account: str) -> None:
        """Remove all that is kept of an account."""
        queries.remove_account(connection, account_key(account))

    def definitions(self, connection: sa.Connection) -> list[StoredDefinition]:
        """Return the definitions of computed traits in force, sorted by name."""
        return _shown(queries.definitions(connection))

    def save_definition(
        self, connection: sa.Connection, definition: Definition | Mapping[str, Any]
    ) -> StoredDefinition:
        """Put a definition in force, as a struct or as plain data; one of the same name is replaced.

        The worker counts with it from its next batch on. Where there are facts already, its values are not exact until
        past facts are counted (``ProfilesStep.backfill``). Another label alone changes nothing else.

        Raises:
            InvalidInput: it cannot work, or there are too many; code ``invalid_computed_trait``.
            Conflict: another change came in between.
        """
        new = definition if isinstance(definition, Definition) else from_data(definition)
        validate(new)
        known = {stored.definition.name: stored for stored in self.definitions(connection)}
        old = known.get(new.name)
        if old is not None and msgspec.structs.replace(old.definition, label=new.label) == new:
            queries.save_label(connection, new.name, new.label)
        elif old is None and len(known) >= _MOST_DEFINITIONS:
            raise InvalidInput(
                f"There are {_MOST_DEFINITIONS} computed traits already.",
                hint="Delete one that is no longer used.",
                code="invalid_computed_trait",
            )
        else:
            self._write(connection, new.name, new)
        return next(stored for stored in self.definitions(connection) if stored.definition.name == new.name)

    def delete_definition(
        self, connection: sa.Connection, name: str, users: Callable[[sa.Connection, str], Sequence[str]]
    ) -> None:
        """Take a definition out of force; what was kept for it goes as its subjects are next written.

        Args:
            connection: A write connection.
            name: Of the definition.
            users: Tells in words what asks for a computed trait: without it these would stand still, and nobody would notice.

        Raises:
            NotFound: there is no such definition.
            Conflict: something asks for it, or another change came in between.
        """
        if all(stored.definition.name != name for stored in self.definitions(connection)):
            raise NotFound(
                f"There is no computed trait {name!r}.", hint="Look at the list of computed traits."
            )
        asking = users(connection, name)
        if asking:
            raise Conflict(
                f"It is still asked for by {', '.join(asking)}.", hint="Change or delete that first."
            )
        self._write(connection, name, None)

    def _write(self, connection: sa.Connection, name: str, definition: Definition | None) -> None:
        try:
            queries.save_definition(connection, name, definition, filled=not queries.has_states(connection))
        except sa.exc.IntegrityError as error:
            raise Conflict(
                "Somebody changed the computed traits at the same moment.",
                hint="Look at the list, and try again.",
            ) from error

    def preview_definition(
        self, definition: Definition | Mapping[str, Any], facts: Iterable[tuple[int, Fact]], now: int
    ) -> Preview:
        """Return what a definition would give on some facts, without keeping anything.

        Args:
            definition: As for ``save_definition``.
            facts: Facts with their subjects, or with the numbers of their persons.
            now: The moment at which windows are read, in microseconds.

        Raises:
            InvalidInput: it cannot work; code ``invalid_computed_trait``.
        """
        new = definition if isinstance(definition, Definition) else from_data(definition)
        validate(new)
        computed = trial(new, self._days)
        kept: dict[int, Keepings] = {}
        seen = matched = 0
        for subject, fact in facts:
            seen += 1
            if subject not in kept:
                kept[subject] = Keepings({})
            if computed.selects(fact.type, fact.name) and computed.fold(
                kept[subject], fact, self._days.of(fact.occurred_at)
            ):
                matched += 1
        values = []
        for subject, keepings in kept.items():
            if computed.version in keepings:
                buckets = keepings[computed.version]
                if computed.counts_values:
                    computed.trim(buckets)
                values.append((subject, computed.value(buckets, now)))
        return Preview(
            facts=seen, matched=matched, subjects=len(values), examples=tuple(values[:_MOST_EXAMPLES])
        )

    def keep_moments(self, connection: sa.Connection, wanted: Iterable[Definition]) -> None:
        """Keep the latest moments that rules ask for: exactly these, others are let go. Past facts are counted by the worker.

        Args:
            connection: Inside a write transaction.
            wanted: Definitions of the kind ``moments``; their names do not matter (``moments_name`` gives them).

        Raises:
            InvalidInput: there are too many; code ``invalid_rule``.
        """
        named = {one.name: one for one in map(moments.named, wanted)}
        if len(named) > _MOST_MOMENTS:
            raise InvalidInput(
                f"The rules ask for more than {_MOST_MOMENTS} different kinds of facts.",
                hint="Delete audiences that are no longer used.",
                code="invalid_rule",
            )
        kept = {
            stored.definition.name
            for stored in queries.definitions(connection)
            if stored.definition.kind == "moments"
        }
        for name in sorted(kept - named.keys()):
            self._write(connection, name, None)
        for name in sorted(named.keys() - kept):
            self._write(connection, name, named[name])

    def rules(self, connection: sa.Connection) -> Rules:
        """Return the definitions in force, ready to run; the same object until one changes."""
        return self._rules(connection)

    def known(
        self, connection: sa.Connection, people: Mapping[int, Sequence[int]], rules: Rules
    ) -> dict[int, Known]:
        """Return what is known about several people in one read, to be asked part by part.

        Args:
            connection: A connection.
            people: The subjects of each person, by the person's number.
            rules: The definitions in force.
        """
        states = queries.states(connection, {subject for subjects in people.values() for subject in subjects})
        return {
            person: Known([states[one] for one in dict.fromkeys(subjects) if one in states], rules.computed)
            for person, subjects in people.items()
        }

    def states(self, connection: sa.Connection, subjects: Collection[int]) -> dict[int, State]:
        """Return what is kept of those subjects of which something is."""
        return queries.states(connection, subjects)

    def account_traits(
        self, connection: sa.Connection, accounts: Collection[str]
    ) -> dict[str, dict[str, list[Any]]]:
        """Return the traits of accounts by their numbers, each ``[moment, fact, value, …]``; unknown ones are left out."""
        keys = {account: account_key(account) for account in accounts}
        states = queries.account_states(connection, set(keys.values()))
        return {account: states[key].traits for account, key in keys.items() if key in states}

    def subjects(self, connection: sa.Connection, *, after: int, limit: int) -> list[int]:
        """Return the numbers of subjects with a profile, ascending, from the first above ``after``."""
        return queries.subjects(connection, after=after, limit=limit)

    def subject_count(self, connection: sa.Connection) -> int:
        """Return how many subjects have a profile."""
        return queries.subject_count(connection)

    def _rules(self, connection: sa.Connection) -> Rules:
        version, rules = self._known
        current = queries.definitions_version(connection)
        # While past facts are not counted yet, the row changes without a new version.
        if current != version or not all(stored.filled for stored in rules.stored):
            rules = Rules(queries.definitions(connection), self._days)
            self._known = current, rules
        return rules


def moments_name(definition: Definition) -> str:
    """Return the name under which a definition of ``moments`` is kept."""
    return moments.named(definition).name


def _shown(definitions: list[StoredDefinition]) -> list[StoredDefinition]:
    return [stored for stored in definitions if stored.definition.kind != "moments"]


def _channels(state: State) -> dict[str, ChannelUse]:
    return {
        name: ChannelUse(first=first, last=last, count=count)
        for name, (first, last, count) in sorted(state.channels.items())
    }


def _fits(state: State, channel: str | None, trait: str | None) -> bool:
    if channel is not None and channel not in state.channels:
        return False
    return trait is None or (trait in state.traits and state.traits[trait][2] is not None)


def _recent(subject: int, state: State) -> Recent:
    known = {name: str(entry[2]) for name, entry in state.traits.items() if entry[2] is not None}
    parts = (
        known.get(first) or known.get(second)
        for first, second in (("first_name", "firstName"), ("last_name", "lastName"))
    )
    name = known.get("name") or " ".join(part for part in parts if part)
    return Recent(
        subject=subject,
        name=name or None,
        email=known.get("email"),
        first_seen=state.first_seen,
        last_seen=state.last_seen,
        facts=state.facts,
        channels=tuple(sorted(state.channels)),
    )

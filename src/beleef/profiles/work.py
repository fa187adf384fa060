"""The step of profiles in the pipeline: a batch of facts goes into the states of its subjects and accounts.

One read and one write serve the whole batch.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.profiles import queries
from beleef.profiles.days import Days
from beleef.profiles.rules import Rules, account_key, fold_account
from beleef.profiles.state import State, settle
from beleef.profiles.terms import Searchable, searchable, terms


class ProfilesStep:
    """Keeps profiles up to date. The worker is the only one to call it.

    Args:
        zone: The organisation's time zone, an IANA name; days of windows are cut in it.

    Raises:
        InvalidInput: there is no such time zone.
    """

    def __init__(self, *, zone: str) -> None:
        self._days = Days(zone)
        self._rules: Rules | None = None
        self._version = -1

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Take the facts of a batch into the states of ``batch.subjects``, within the caller's transaction.

        A batch that comes twice is counted twice: repeats are dropped before.
        """
        if not batch.facts:
            return
        rules = self._current(connection)
        if any(stored.folded_from is None for stored in rules.stored):
            queries.note_folded_from(connection, min(fact.id for fact in batch.facts))
            rules = self._current(connection, again=True)
        states = queries.states(connection, set(batch.subjects))
        before = rules.fold(states, zip(batch.subjects, batch.facts, strict=True))
        for state in states.values():
            settle(state, rules.computed)
        queries.save_states(connection, states)
        batch.states = states
        _refresh_terms(connection, states, before)
        _fold_accounts(connection, batch.facts)

    def count_past(
        self, connection: sa.Connection, versions: Collection[int], past: Sequence[tuple[int, Fact]]
    ) -> int:
        """Count past facts in definitions that are being filled; see ``Filling``, which calls it.

        Facts that a definition counted as they came are passed over, and so are those of subjects that have been forgotten.

        Args:
            connection: Inside a write transaction.
            versions: Versions of the definitions; those that are gone meanwhile are passed over.
            past: Facts with their subjects, each once per definition.

        Returns:
            How many times a fact was counted.
        """
        rules = self._current(connection, again=True)
        ends = {one.version: one.folded_from for one in rules.stored if one.version in versions}
        selected = [
            (subject, fact, version)
            for subject, fact in past
            for version, end in ends.items()
            if (end is None or fact.id < end) and rules.computed[version].selects(fact.type, fact.name)
        ]
        states = queries.states(connection, {subject for subject, _, _ in selected})
        changed: dict[int, State] = {}
        counted = 0
        for subject, fact, version in selected:
            state = states.get(subject)
            if state is not None and rules.computed[version].fold(
                state.computed, fact, self._days.of(fact.occurred_at)
            ):
                changed[subject] = state
                counted += 1
        for state in changed.values():
            settle(state, rules.computed)
        queries.save_states(connection, changed)
        return counted

    def forget(self) -> None:
        """Read the definitions again with the next batch."""
        self._version = -1

    def _current(self, connection: sa.Connection, *, again: bool = False) -> Rules:
        version = queries.definitions_version(connection)
        if self._rules is None or again or version != self._version:
            self._rules, self._version = Rules(queries.definitions(connection), self._days), version
        return self._rules


def _refresh_terms(
    connection: sa.Connection, states: dict[int, State], before: dict[int, Searchable | None]
) -> None:
    after = {subject: searchable(states[subject]) for subject in before}
    changed = [subject for subject in before if before[subject] != after[subject]]
    known = [subject for subject in changed if before[subject] is not None]
    stored = queries.terms(connection, known) if known else {}
    new: list[tuple[int, str]] = []
    gone: list[tuple[int, str]] = []
    for subject in changed:
        old, wanted = stored.get(subject, set()), terms(after[subject])
        new.extend((subject, term) for term in wanted - old)
        gone.extend((subject, term) for term in old - wanted)
    queries.change_terms(connection, new, gone)


def _fold_accounts(connection: sa.Connection, facts: list[Fact]) -> None:
    groups = [fact for fact in facts if fact.type == "group" and fact.group_id]
    if groups:
        states = queries.account_states(connection, {account_key(fact.group_id or "") for fact in groups})
        fold_account(states, groups)
        for state in states.values():
            settle(state, {})
        queries.save_account_states(connection, states)

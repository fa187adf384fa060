"""The definitions in force, ready to run over facts and over states.

Only the functions that a fact's type and name call for are run for it, so that a page view does not pay for
what orders need.
"""

from collections.abc import Callable, Iterable, Sequence

from beleef.facts.fact import Fact
from beleef.profiles import consents, products, traits, values
from beleef.profiles.computed import Computed
from beleef.profiles.days import Days
from beleef.profiles.dispatch import Fold, folds
from beleef.profiles.model import ComputedTrait, Definition, StoredDefinition
from beleef.profiles.moments import Moments
from beleef.profiles.state import Kept, State, settle
from beleef.profiles.terms import Searchable, searchable

_MOST_NAMES = 20_000

_IntoState = Callable[[State, Fact], None]


class Rules:
    """What is done with facts.

    Args:
        definitions: The definitions in force.
        days: Cuts their windows.
    """

    def __init__(self, definitions: Sequence[StoredDefinition], days: Days) -> None:
        self.stored = tuple(definitions)
        self.computed: dict[int, Kept] = {
            stored.version: Moments(stored) if stored.definition.kind == "moments" else Computed(stored, days)
            for stored in definitions
        }
        self.versions = {stored.definition.name: stored.version for stored in definitions}
        self._shown = sorted(
            (one for one in self.computed.values() if isinstance(one, Computed)),
            key=lambda one: one.definition.name,
        )
        self._days = days
        self._folds: dict[tuple[str, str | None], tuple[tuple[Fold, ...], tuple[_IntoState, ...]]] = {}

    def fold(
        self, states: dict[int, State], facts: Iterable[tuple[int, Fact]]
    ) -> dict[int, Searchable | None]:
        """Take facts into the states of their subjects; subjects without a state get one.

        Returns:
            For the subjects whose search terms may have changed, what these followed from before; None for none.
        """
        day_of, folds = self._days.of, self._folds
        before: dict[int, Searchable | None] = {}
        for subject, fact in facts:
            moment = fact.occurred_at
            state = states.get(subject)
            if state is None:
                states[subject] = state = State(first_seen=moment, last_seen=moment)
            user = fact.user_id
            if (
                fact.type == "identify"
                or fact.external_ids
                or (user is not None and user not in state.identifiers)
            ):
                if subject not in before:
                    before[subject] = searchable(state) if state.facts else None
                _identify(state, fact)
            _see(state, fact)
            found = folds.get((fact.type, fact.name))
            if found is None:
                found = self._choose(fact.type, fact.name)
            into_computed, into_state = found
            if into_computed:
                keepings, day = state.computed, day_of(moment)
                for fold in into_computed:
                    fold(keepings, fact, day)
            for take in into_state:
                take(state, fact)
        return before

    def _choose(self, type_: str, name: str | None) -> tuple[tuple[Fold, ...], tuple[_IntoState, ...]]:
        into_state: list[_IntoState] = []
        if type_ == "identify":
            into_state.append(lambda state, fact: traits.fold(state.traits, fact))
        if type_ == "track" and products.concerns(name):
            into_state.append(lambda state, fact: products.fold(state.products, state.returned_orders, fact))
        if type_ == "track" and consents.concerns(name):
            into_state.append(lambda state, fact: consents.fold(state.consents, fact))
        into_computed = folds([one for one in self.computed.values() if one.selects(type_, name)])
        # Names come from clients and may be without end.
        if len(self._folds) >= _MOST_NAMES:
            self._folds.clear()
        self._folds[type_, name] = found = into_computed, tuple(into_state)
        return found

    def values(self, state: State | None, now: int) -> dict[str, ComputedTrait]:
        """Return the computed traits of a state as they are at a moment, by name."""
        return {
            one.definition.name: one.value({} if state is None else state.computed[one.version], now)
            for one in self._shown
        }

    def settle(self, state: State) -> None:
        """Bring a state within its limits."""
        settle(state, self.computed)


def fold_account(states: dict[str, State], facts: Iterable[Fact]) -> None:
    """Take ``group`` facts into the states of their accounts; accounts without a state get one."""
    for fact in facts:
        if fact.type == "group" and fact.group_id:
            account = account_key(fact.group_id)
            state = states.get(account)
            if state is None:
                states[account] = state = State(first_seen=fact.occurred_at, last_seen=fact.occurred_at)
            _see(state, fact)
            traits.fold(state.traits, fact)


def account_key(account: str) -> str:
    """Return the number of an account as it is stored: no database keeps a NUL or a text without end."""
    return values.text(account.replace("\x00", "\N{REPLACEMENT CHARACTER}"))


def trial(definition: Definition, days: Days) -> Computed:
    """Return a definition that is not in force, ready to be tried."""
    return Computed(StoredDefinition(definition=definition, version=0, filled=True, folded_from=None), days)


def _identify(state: State, fact: Fact) -> None:
    if fact.user_id is not None:
        state.identifiers.add(values.text(fact.user_id))
    for _, value in fact.external_ids:
        state.identifiers.add(values.text(value))


def _see(state: State, fact: Fact) -> None:
    moment = fact.occurred_at
    state.facts += 1
    if fact.type == "beleef":
        # What Beleef did is no sign of life of the customer.
        return
    if moment > state.last_seen:
        state.last_seen = moment
    elif moment < state.first_seen:
        state.first_seen = moment
    use = state.channels.get(fact.channel)
    if use is None:
        use = state.channels.setdefault(values.text(fact.channel), [moment, moment, 0])
    if moment > use[1]:
        use[1] = moment
    elif moment < use[0]:
        use[0] = moment
    use[2] += 1
    if fact.context is not None and "consent" in fact.context:
        consents.fold_categories(state.consents, fact, fact.context["consent"])

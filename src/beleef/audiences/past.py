"""A rule over histories in memory: the same compiled function, on what profiles would keep of the same facts.

Simulations tell it fact after fact and ask in between; checks tell it everything and ask once.
"""

from collections.abc import Mapping, Sequence

import msgspec

from beleef.audiences import needs
from beleef.audiences.compiled import Compiler, Look
from beleef.audiences.model import IsMember, Rule, parts
from beleef.audiences.zones import Zones
from beleef.facts.fact import Fact
from beleef.kernel.errors import NotFound
from beleef.profiles.api import (
    Days,
    Definition,
    Known,
    Rules,
    State,
    StoredDefinition,
    account_key,
    fold_account,
    moments_name,
)


class PastRule:
    """A rule, to be asked about histories that are told.

    Args:
        rule: The rule.
        zone: The organisation's zone.
        definitions: The computed traits that the rule may name.
        audiences: The rules of audiences that the rule may name, directly or not.

    Raises:
        Conflict: the rule names a computed trait that is not there.
        NotFound: it names an audience that is not there.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        zone: str,
        definitions: Sequence[Definition] = (),
        audiences: Mapping[str, Rule] | None = None,
    ) -> None:
        self._zones = Zones(zone)
        self._order = _others(rule, audiences or {})
        wanted = [rule, *(one for _, one in self._order)]
        self._rules = Rules(_stored(wanted, definitions), Days(zone))
        compiler = Compiler(self._rules)
        self._check = compiler.check(rule)
        self._others = [(name, compiler.check(one)) for name, one in self._order]
        self._states: dict[int, State] = {}
        self._accounts: dict[str, State] = {}
        self._accounts_of: dict[int, set[str]] = {}

    def add(self, person: int, fact: Fact) -> None:
        """Tell a fact of a person; facts may come in any order."""
        self._rules.fold(self._states, [(person, fact)])
        self._rules.settle(self._states[person])
        if fact.group_id:
            self._accounts_of.setdefault(person, set()).add(account_key(fact.group_id))
            fold_account(self._accounts, [fact])

    def matches(self, person: int, now: int) -> bool:
        """Return whether the rule holds for a person at a moment, in microseconds."""
        return self.look(person, now)[0]

    def look(self, person: int, now: int) -> tuple[bool, int]:
        """Return whether the rule holds, and the first moment at which that might change by itself (``NEVER`` for none)."""
        own = [self._states[person]] if person in self._states else []
        accounts = [
            self._accounts[one].traits if one in self._accounts else {}
            for one in sorted(self._accounts_of.get(person, ()))
        ]
        members: set[str] = set()
        look = Look(Known(own, self._rules.computed), now, self._zones, accounts=accounts, members=members)
        for name, check in self._others:
            if check(look):
                members.add(name)
        return self._check(look), look.changes_at


def past(
    rule: Rule,
    *,
    zone: str,
    definitions: Sequence[Definition] = (),
    audiences: Mapping[str, Rule] | None = None,
) -> PastRule:
    """Return a rule, to be asked about histories that are told; see ``PastRule``."""
    return PastRule(rule, zone=zone, definitions=definitions, audiences=audiences)


def _others(rule: Rule, audiences: Mapping[str, Rule]) -> list[tuple[str, Rule]]:
    """Return the audiences that a rule names, directly or not, each after those it names itself."""
    ordered: dict[str, Rule] = {}

    def place(one: Rule) -> None:
        for part in parts(one):
            if isinstance(part, IsMember) and part.name not in ordered:
                if part.name not in audiences:
                    raise NotFound(f"There is no audience “{part.name}”.", hint="Make that one first.")
                place(audiences[part.name])
                ordered[part.name] = audiences[part.name]

    place(rule)
    return list(ordered.items())


def _stored(rules: Sequence[Rule], definitions: Sequence[Definition]) -> list[StoredDefinition]:
    moments = {moments_name(one): one for rule in rules for one in needs.needs(rule).moments}
    named = [
        *(msgspec.structs.replace(one, name=name) for name, one in moments.items()),
        *definitions,
    ]
    return [
        StoredDefinition(definition=one, version=version, filled=True, folded_from=0)
        for version, one in enumerate(named, 1)
    ]

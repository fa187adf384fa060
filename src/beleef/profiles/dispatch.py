"""Which definitions take in a fact of one type and name: those that want one value each at the same place are found by that value.

A hundred audiences keep their own entries, all facts of one name: without this, each entry would be shown to all hundred.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from beleef.facts.fact import Fact
from beleef.profiles.comparing import as_number, as_text
from beleef.profiles.computed import Keepings
from beleef.profiles.model import Definition
from beleef.profiles.paths import Reader, reader
from beleef.profiles.state import Kept

Fold = Callable[[Keepings, Fact, int], object]


def folds(wanting: Sequence[Kept]) -> tuple[Fold, ...]:
    """Return the functions that take a fact into the keepings of these definitions; called in turn, each counts it at most once.

    Args:
        wanting: Definitions that want facts of this type and name.
    """
    places: dict[str, dict[str, list[Fold]]] = defaultdict(lambda: defaultdict(list))
    every: list[Fold] = []
    for one in wanting:
        wanted = _wanted(one.definition)
        if wanted is None:
            every.append(one.fold)
        else:
            path, value = wanted
            places[path][value].append(one.fold)
    for path, by_value in places.items():
        alone = [fold for found in by_value.values() for fold in found]
        if len(alone) > 1:
            every.append(_by_value(reader(path), by_value))
        else:
            every += alone
    return tuple(every)


def _wanted(definition: Definition) -> tuple[str, str] | None:
    """Return the place and the text that a fact must have there to count, None where no single text decides."""
    for condition in definition.conditions:
        if condition.operator == "equals" and as_number(condition.value) is None:
            value = as_text(condition.value)
            if value is not None:
                return condition.path, value
    return None


def _by_value(read: Reader, by_value: dict[str, list[Fold]]) -> Fold:
    found = {value: tuple(folds) for value, folds in by_value.items()}

    def fold(keepings: Keepings, fact: Fact, day: int) -> None:
        value = as_text(read(fact))
        if value is not None:
            for each in found.get(value, ()):
                each(keepings, fact, day)

    return fold

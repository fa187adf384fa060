"""What one combination of identifiers in a fact means, as numbers."""

from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.identity.normalise import NUMBER_NAMESPACE, Normaliser, namespace_name
from beleef.identity.queries import Verdict
from beleef.kernel import ids

UNDONE, RESTORED = "Evidence Undone", "Evidence Restored"
"""Names of the ``beleef`` facts by which staff take a piece of evidence back, and put it back."""
DECISIONS = frozenset({UNDONE, RESTORED})


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact says about identity.

    Attributes:
        subject: Number of the leading identifier; 0 where there is none that can be used.
        identifiers: ``(number, namespace, value)``, the leading one first.
        carried: How many of them the fact carries; an alias only names the others.
        pair: Both numbers that a verdict is about, the lower first.
        verdict: What staff decided about the pair.
    """

    subject: int
    identifiers: tuple[tuple[int, str, str], ...] = ()
    carried: int = 0
    pair: tuple[int, int] | None = None
    verdict: Verdict | None = None


class Reader:
    """Reads facts with the installation's key and the present namespaces."""

    def __init__(self, key: bytes, normaliser: Normaliser) -> None:
        self._key = key
        self._normaliser = normaliser

    def read(self, fact: Fact) -> Reading:
        """Return what a fact says about identity, whatever its moment."""
        if fact.type == "beleef" and fact.name in DECISIONS:
            return self._read_verdict(fact)
        carried = self._normaliser.identifiers(fact)
        every = carried + [one for one in self._normaliser.named(fact) if one not in carried]
        numbered = tuple((ids.subject_id(self._key, name, value), name, value) for name, value in every)
        if not numbered:
            return Reading(subject=_number_in(fact))
        return Reading(subject=numbered[0][0], identifiers=numbered, carried=len(carried))

    def _read_verdict(self, fact: Fact) -> Reading:
        properties = fact.properties or {}
        a, b = self._number(properties.get("a")), self._number(properties.get("b"))
        if a is None or b is None or a == b:
            return Reading(subject=0)
        pair = (min(a, b), max(a, b))
        verdict = Verdict(
            a=pair[0], b=pair[1], undone=fact.name == UNDONE, fact=fact.id, at=fact.occurred_at,
            reason=str(properties.get("reason", "")), by=str(properties.get("by", "")),
        )  # fmt: skip
        return Reading(subject=a, pair=pair, verdict=verdict)

    def _number(self, written: Any) -> int | None:
        if not isinstance(written, (list, tuple)) or len(written) != 2 or not isinstance(written[0], str):
            return None
        name = namespace_name(written[0])
        value = None if name is None else self._normaliser.value(name, written[1])
        return None if name is None or value is None else ids.subject_id(self._key, name, value)


def _number_in(fact: Fact) -> int:
    """Return the subject that one of Beleef's own facts names by number, so that it need not repeat who that is."""
    if fact.type == "beleef":
        for name, text in fact.external_ids:
            if name == NUMBER_NAMESPACE:
                return ids.from_text(text) or 0
    return 0

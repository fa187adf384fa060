"""What was known of one person while time went by: the same profile, rules and words about contact as live, over facts in memory."""

from collections.abc import Mapping, Sequence

from beleef.campaigns.machine import Acquaintance
from beleef.contact.api import Known, PastContact, standing, word
from beleef.facts.fact import Fact
from beleef.profiles import api as profiles
from beleef.profiles.api import Rules, State

_ZONE_TRAITS = ("timezone", "time_zone", "tz")
_NEEDED = {
    "email": ("email",),
    "sms": ("phone", "mobile"),
    "whatsapp": ("phone", "mobile"),
    "call": ("phone", "mobile"),
    "letter": ("address", "street", "postal_code"),
}
"""Without one of these, as a trait or an identifier, a channel cannot reach somebody; the other channels need none."""


class PastSelf:
    """One person at a moment of the past.

    Args:
        rules: The computed traits in force.
        zone: The organisation's time zone.
        namespaces: Kinds of identifiers the person has.
    """

    def __init__(self, rules: Rules, zone: str, namespaces: frozenset[str] = frozenset()) -> None:
        self._namespaces = namespaces
        self._rules = rules
        self._zone = zone
        self._states: dict[int, State] = {}
        self._said: list[object] = []
        self.contacts: list[PastContact] = []

    def add(self, fact: Fact) -> None:
        """Take a fact in."""
        self._rules.fold(self._states, [(0, fact)])
        self._rules.settle(self._states[0])
        said = word(fact)
        if said is not None:
            self._said.append(said)

    def acquaintance(self, now: int) -> Acquaintance:
        """Return what a run may know of the person."""
        known = self._known()
        traits = {name: entry[2] for name, entry in known.traits.items() if entry[2] is not None}
        computed = {
            stored.definition.name: known.computed(stored.version, now).value
            for stored in self._rules.stored
            if stored.definition.kind != "moments"
        }
        return Acquaintance(zone=self._own_zone(traits), traits=traits, computed=computed)

    def to_gate(self, purpose: str, channel: str, bucket: float) -> Known:
        """Return what the gate has to know."""
        known = self._known()
        traits = {name: entry[2] for name, entry in known.traits.items() if entry[2] is not None}
        allows = known.consent(purpose, channel)
        said = standing(self._said)  # type: ignore[arg-type]  # because contact keeps the type of its words to itself
        return Known(
            zone=self._own_zone(traits) or self._zone,
            consents={} if allows is None else {(purpose, channel): (allows, 0)},
            objections=said.objections,
            topics=said.topics,
            has_relation=bool(known.products),
            has_address=self._is_reached(channel, traits),
            paused_until=said.paused_until,
            has_open_complaint=bool(said.complaints),
            bucket=bucket,
            contacts=tuple(self.contacts),
        )

    def _known(self) -> profiles.Known:
        return profiles.Known(list(self._states.values()), self._rules.computed)

    def _own_zone(self, traits: Mapping[str, object]) -> str | None:
        found = (traits.get(name) for name in _ZONE_TRAITS)
        return next((one for one in found if isinstance(one, str)), None)

    def _is_reached(self, channel: str, traits: Mapping[str, object]) -> bool:
        needed: Sequence[str] = _NEEDED.get(channel, ())
        return not needed or any(name in self._namespaces or traits.get(name) for name in needed)

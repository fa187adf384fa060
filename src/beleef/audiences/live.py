"""The audiences in force, compiled: which facts concern which of them, and what a look at a person changes.

Sets of audiences are the bits of a number, so that "what did these facts touch" is an or.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import cast

import msgspec

from beleef.audiences import needs
from beleef.audiences.compiled import NEVER, AccountTraits, Check, Compiler, Look
from beleef.audiences.model import StoredAudience
from beleef.audiences.queries import Filling, Standing
from beleef.audiences.zones import Zones
from beleef.facts.fact import Batch, Fact
from beleef.kernel.errors import Conflict
from beleef.profiles.api import Known, Rules, State, concerns_consents, concerns_products, selects

_MOST_NAMES = 20_000


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """One audience, ready to run.

    Attributes:
        number: Its number.
        name: Its name.
        bit: Its place in sets of audiences.
        check: Whether a person is in it.
        entered: The version under which its own last entries are kept.
        announces: Whether coming in and going out are told.
        changed_at: When its rule was last changed.
        with_accounts: Whether it looks at accounts.
        names_others: Whether it looks at other audiences.
    """

    number: int
    name: str
    bit: int
    check: Check
    entered: int
    announces: bool
    changed_at: int
    with_accounts: bool
    names_others: bool


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody came into an audience, or went out of it."""

    audience: Live
    person: int
    is_member: bool
    since: int


class InForce:
    """All audiences of one moment that are filled, or being filled.

    Args:
        stored: The audiences in force.
        fillings: How far each is filled.
        rules: The definitions in force.
        zones: The calendars.
    """

    def __init__(
        self,
        stored: Sequence[StoredAudience],
        fillings: Mapping[int, Filling],
        rules: Rules,
        zones: Zones,
    ) -> None:
        self._zones = zones
        self.numbers = frozenset(one.number for one in stored)
        self.names = {one.number: one.audience.name for one in stored}
        self.waiting: list[StoredAudience] = []
        self.is_filling = any(one.cursor is not None for one in fillings.values())
        self.lives: list[Live] = []
        self._needs: dict[int, needs.Needs] = {}
        self._rules = rules
        compiler = Compiler(rules)
        for one in in_order(stored):
            filling = fillings.get(one.number)
            if filling is None or filling.version != one.version:
                self.waiting.append(one)
                continue
            try:
                self._add(one, filling, compiler)
            except Conflict:
                # What it asks for is gone; it stays as it is until it is changed.
                continue
        self._looked = {live.number for live in self.lives}
        self._unlooked = self.numbers - self._looked
        self.everything = (1 << len(self.lives)) - 1
        self._masks: dict[tuple[str, str | None, str], int] = {}
        self._by_mask: dict[int, tuple[Live, ...]] = {}
        self._closures = self._close()
        self._by_trait = self._of_traits()
        self._of_consents = self._mask(lambda one: one.consents)
        self._of_products = self._mask(lambda one: one.products)
        self.of_accounts = self._mask(lambda one: one.accounts)
        self._strangers = self._of_strangers()

    def _add(self, one: StoredAudience, filling: Filling, compiler: Compiler) -> None:
        needed = needs.needs(one.audience.rule)
        live = Live(
            number=one.number,
            name=one.audience.name,
            bit=len(self.lives),
            check=compiler.check(one.audience.rule),
            entered=compiler.version(needs.of_entering(one.audience.name)),
            announces=filling.cursor is None or one.audience.announce,
            changed_at=one.changed_at,
            with_accounts=needed.accounts,
            names_others=bool(needed.audiences),
        )
        self.lives.append(live)
        self._needs[live.bit] = needed

    # What concerns which

    def _close(self) -> list[int]:
        """Return for each audience the set of it and all that look at it, directly or not; others come before those."""
        closures = [1 << live.bit for live in self.lives]
        for live in reversed(self.lives):
            for other in self.lives:
                if live.name in self._needs[other.bit].audiences:
                    closures[live.bit] |= closures[other.bit]
        return closures

    def _of_strangers(self) -> int:
        """Return the audiences that somebody of whom nothing is known is in: whoever is new has to be looked at for them."""
        look = Look(Known((), self._rules.computed), 0, self._zones, members=set[str]())
        mask = 0
        for live in self.lives:
            if live.check(look):
                mask |= 1 << live.bit
                look.members = {*look.members, live.name}
        return mask

    def _mask(self, concerns: Callable[[needs.Needs], bool]) -> int:
        mask = 0
        for bit, needed in self._needs.items():
            if concerns(needed):
                mask |= self._closures[bit]
        return mask

    def _of_traits(self) -> dict[str, int]:
        names = {name for needed in self._needs.values() for name in needed.traits}
        return {name: self._mask(partial(_asks_for, name)) for name in names}

    def closed(self, mask: int) -> int:
        """Return a set of audiences and all that look at one of them."""
        closed = 0
        while mask:
            bit = (mask & -mask).bit_length() - 1
            closed |= self._closures[bit]
            mask &= mask - 1
        return closed

    def mask_of(self, numbers: Set[int]) -> int:
        """Return the set of the audiences with these numbers and all that look at one of them."""
        return self.closed(sum(1 << live.bit for live in self.lives if live.number in numbers))

    def touched(self, batch: Batch) -> dict[int, int]:
        """Return for each subject of a batch which audiences its facts may have changed; none where nothing did."""
        masks, consents, by_trait = self._masks, self._of_consents, self._by_trait
        found: dict[int, int] = {}
        for subject, fact in zip(batch.subjects, batch.facts, strict=True):
            mask = masks.get((fact.type, fact.name, fact.channel))
            if mask is None:
                mask = self._choose(fact)
            if fact.type == "identify" and fact.traits:
                for name in fact.traits:
                    mask |= by_trait.get(name, 0)
            if consents and fact.context is not None and "consent" in fact.context:
                mask |= consents
            if fact.group_id is not None:
                mask |= self.of_accounts
            if mask:
                found[subject] = found.get(subject, 0) | mask
        if self._strangers:
            for subject, count in Counter(batch.subjects).items():
                state = cast("State", batch.states[subject])
                if state.facts == count:
                    found[subject] = found.get(subject, 0) | self._strangers
        return found

    def _choose(self, fact: Fact) -> int:
        mask = self._mask(lambda one: self._selects(one, fact))
        if fact.type == "track":
            mask |= self._of_products if concerns_products(fact.name) else 0
            mask |= self._of_consents if concerns_consents(fact.name) else 0
        if len(self._masks) >= _MOST_NAMES:
            # Names and channels come from clients and may be without end.
            self._masks.clear()
        self._masks[fact.type, fact.name, fact.channel] = mask
        return mask

    def _selects(self, needed: needs.Needs, fact: Fact) -> bool:
        versions, computed = self._rules.versions, self._rules.computed
        counted = (computed[versions[trait]].definition for trait in needed.computed if trait in versions)
        return any(
            selects(one, fact.type, fact.name) and (not one.channels or fact.channel in one.channels)
            for one in (*needed.moments, *counted)
        )

    # Looking

    def lives_of(self, mask: int) -> tuple[Live, ...]:
        """Return the audiences of a set, each after those it looks at."""
        found = self._by_mask.get(mask)
        if found is None:
            if len(self._by_mask) >= _MOST_NAMES:
                self._by_mask.clear()
            found = self._by_mask[mask] = tuple(live for live in self.lives if mask >> live.bit & 1)
        return found

    def due(self, standing: Standing, now: int) -> tuple[int, bool]:
        """Return the audiences of which an answer about a person may have changed by itself, and whether a time was let go.

        The time of an audience that is gone, or is about to be filled again, is let go.
        """
        late = {number for number, moment in standing.dues.items() if moment <= now}
        gone = late - self._looked
        for number in gone:
            del standing.dues[number]
        return (self.mask_of(late) if late else 0), bool(gone)

    def look(
        self,
        person: int,
        known: Known,
        standing: Standing,
        mask: int,
        *,
        now: int,
        accounts: Sequence[AccountTraits] = (),
        was: Mapping[int, int] | None = None,
    ) -> tuple[bool, list[Change]]:
        """Look at a person, and bring the standing up to date.

        Args:
            person: The person's number.
            known: What is known.
            standing: Where the person stands; changed in place.
            mask: The audiences to look at.
            now: The moment, in microseconds.
            accounts: The traits of the person's accounts, where an audience of the set asks for them.
            was: Where the person, or the persons it was made of, stood before, when that is another than ``standing``.

        Returns:
            Whether the standing is another, and who came in and went out.
        """
        members, dues, changes = standing.members, standing.dues, list[Change]()
        before: Mapping[int, int] = members
        is_other = was is not None
        if was is not None:
            before = was
            # What is not looked at stays as it was for any of those the person was made of.
            members.update((number, since) for number, since in was.items() if number in self._unlooked)
        lives = self.lives_of(mask)
        names = (
            {self.names[number] for number in members if number in self.names}
            if any(live.names_others for live in lives)
            else set()
        )
        look = Look(known, now, self._zones, accounts=accounts, members=names)
        for live in lives:
            number = live.number
            look.changes_at = NEVER
            holds = live.check(look)
            was_member = number in before
            if holds is not (number in members):
                is_other = True
                if holds:
                    members[number] = before.get(number) or _since(live, known, now)
                    names.add(live.name)
                else:
                    del members[number]
                    names.discard(live.name)
            if holds is not was_member:
                since = members[number] if holds else now
                changes.append(Change(audience=live, person=person, is_member=holds, since=since))
            is_other |= _schedule(dues, number, look.changes_at, now)
        if is_other and not self.numbers >= members.keys():
            for number in members.keys() - self.numbers:
                del members[number]
        return is_other, changes


def _asks_for(trait: str, needed: needs.Needs) -> bool:
    return trait in needed.traits


def _since(live: Live, known: Known, now: int) -> int:
    if live.announces:
        return now
    entered = known.moments(live.entered)
    return entered[-1] if entered else live.changed_at


def _schedule(dues: dict[int, int], number: int, changes_at: int, now: int) -> bool:
    """Note when to look again; return whether that is another moment than before.

    A moment that is too early stays: looking once in vain costs less than writing a later one with every fact.
    """
    noted = dues.get(number)
    if changes_at == NEVER:
        if noted is None or noted > now:
            return False
        del dues[number]
    elif noted is not None and now < noted <= changes_at:
        return False
    else:
        dues[number] = changes_at
    return True


def in_order(stored: Sequence[StoredAudience]) -> list[StoredAudience]:
    """Return audiences in an order in which each comes after those it looks at."""
    by_name = {one.audience.name: one for one in stored}
    ordered: dict[str, StoredAudience] = {}

    def place(one: StoredAudience) -> None:
        if one.audience.name not in ordered:
            for name in sorted(needs.needs(one.audience.rule).audiences):
                if name in by_name:
                    place(by_name[name])
            ordered[one.audience.name] = one

    for one in stored:
        place(one)
    return list(ordered.values())

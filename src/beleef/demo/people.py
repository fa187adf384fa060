"""Everyone in the demo: who they are, which identifiers they use, and from when; drawn once, as columns.

A person is a number below ``count``. What a person does later is decided elsewhere; nothing here depends on it, so the
world can be entered at any moment.
"""

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from beleef.demo.names import COMPANY_KINDS, COMPANY_WORDS, FIRST_NAMES, LAST_NAMES, PLACES, STREETS
from beleef.demo.personas import BUSINESS, LAPSED, LOYAL, PERSONAS
from beleef.kernel.clock import DAY, to_datetime
from beleef.kernel.errors import InvalidInput

NEVER = 1 << 30
"""A day that does not come."""

LAPTOP, PHONE, APP = range(3)
"""The devices of a person; people of one household share the laptop."""

SHARED_MAILBOX = "info@winkelplein.example.nl"
"""An address that a whole row of shopkeepers orders with: it says nothing about who somebody is."""

HOUSEHOLD, FORGETS, SHOUTS, NATIONAL, MOVED, MAILBOX, OFF_CLOCK, LINKS = (1 << bit for bit in range(8))
"""Bits of ``People.quirks``: shares a laptop and a telephone; removes cookies; writes the e-mail address in mixed case;
writes the telephone number in national notation; came from the old web shop with an old number; uses
``SHARED_MAILBOX``; has a phone with a wrong clock; tells the web shop the number of the loyalty card."""

_CHANCES = (0.16, 0.25, 0.06, 0.65, 0.01, 0.003, 0.02, 0.5)
_POSTCODE_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
_PLAIN = str.maketrans("éèëïöüÖşŞïãô", "eeeiouOsSiao")

Column = npt.NDArray[Any]


class People:
    """Everyone.

    Args:
        count: How many persons, 1 to 1,000,000.
        days: Length of the history in days; day 0 is its first.
        seed: Decides everything.

    Raises:
        InvalidInput: the count is out of range.

    Attributes:
        persona: Place in ``PERSONAS``, for each person.
        joined, lapsed: From which day, and until before which, a person has to do with the shop.
        account: From which day a person wants an account in the web shop.
        letter, letter_end: From which day, and until before which, a person takes the newsletter.
        plan, plan_end: The same for the coffee subscription.
        card: Whether a person has a loyalty card.
        quirks: Bits, see ``HOUSEHOLD`` and further.
    """

    def __init__(self, count: int, days: int, seed: int) -> None:
        if not 1 <= count <= 1_000_000:
            raise InvalidInput(
                f"The demo cannot have {count} persons.", hint="Give a number from 1 to 1,000,000."
            )
        self.count, self.days = count, days
        self._key = f"{seed}".encode()
        draw = np.random.default_rng([seed, 1])
        self.persona = draw.choice(len(PERSONAS), size=count, p=[kind.share for kind in PERSONAS]).astype(
            np.uint8
        )
        self.quirks = self._draw_quirks(draw)
        self.joined = np.where(
            draw.random(count) < 0.55,
            -draw.integers(1, 1500, count),
            (days * draw.random(count) ** 0.8).astype(np.int64),
        ).astype(np.int32)
        self._draw_course(draw)
        self._draw_names(draw)
        self._draw_companies(draw)
        self.kind_of = self.persona.data
        self.quirks_of = self.quirks.data
        self.account_of = self.account.data
        self.card_of = self.card.data
        self.company_of = self.company.data

    def active(self, day: int) -> Column:
        """Return who has to do with the shop on a day; bool of shape (count,)."""
        return (self.joined <= day) & (day < self.lapsed)

    def _draw_quirks(self, draw: np.random.Generator) -> Column:
        quirks = np.zeros(self.count, np.uint8)
        for bit, chance in enumerate(_CHANCES):
            holds = draw.random(self.count) < chance
            if 1 << bit == HOUSEHOLD:
                pairs = self.count // 2 * 2
                holds[1:pairs:2] = holds[0:pairs:2]
                holds[pairs:] = False
            quirks |= (holds.astype(np.uint8) << bit).astype(np.uint8)
        return quirks

    def _trait(self, name: str) -> Column:
        return np.array([getattr(kind, name) for kind in PERSONAS])[self.persona]

    def _draw_course(self, draw: np.random.Generator) -> None:
        count, days = self.count, self.days
        leaves = (self.persona == LAPSED) | (draw.random(count) < 0.05)
        self.joined[self.persona == LAPSED] = -draw.integers(100, 1500, int((self.persona == LAPSED).sum()))
        self.lapsed = np.where(
            leaves,
            np.maximum(self.joined, 0) + 10 + (days * 0.8 * draw.random(count)).astype(np.int32),
            NEVER,
        ).astype(np.int32)
        wait = draw.geometric(1 / 25, count)
        self.account = self._from(draw, "account", self.joined + wait)
        self.letter = self._from(draw, "letter", self.joined + draw.geometric(1 / 60, count))
        self.letter_end = np.where(
            draw.random(count) < 0.2, self.letter + draw.geometric(1 / 200, count), NEVER
        ).astype(np.int32)
        self.plan = self._from(draw, "plan", np.maximum(self.joined, -200) + draw.integers(20, 400, count))
        self.plan[self.account > self.plan] = NEVER
        self.plan_end = (self.plan + 30 * draw.integers(2, 24, count) + 1).astype(np.int32)
        self.card = (draw.random(count) < self._trait("card")).astype(np.uint8)

    def _from(self, draw: np.random.Generator, name: str, day: Column) -> Column:
        return np.where(draw.random(self.count) < self._trait(name), day, NEVER).astype(np.int32)

    def _draw_names(self, draw: np.random.Generator) -> None:
        count = self.count
        common = draw.random(count) ** 1.6
        last = (common * len(LAST_NAMES)).astype(np.uint8)
        place = draw.integers(0, len(PLACES), count, np.uint8)
        street = draw.integers(0, len(STREETS), count, np.uint8)
        house = draw.integers(1, 180, count, np.uint8)
        partner = np.flatnonzero(self.quirks & HOUSEHOLD)
        for column in (last, place, street, house):
            column[partner] = column[partner & ~1]
        self._first = draw.integers(0, len(FIRST_NAMES), count, np.uint8).data
        self._last, self._place, self._street, self._house = last.data, place.data, street.data, house.data
        self._born = draw.integers(-12_000, 13_500, count, np.int32).data

    def _draw_companies(self, draw: np.random.Generator) -> None:
        business = np.flatnonzero(self.persona == BUSINESS)
        self.companies = max(1, self.count // 100)
        self.company = np.full(self.count, -1, np.int32)
        self.company[business] = (draw.random(len(business)) ** 1.5 * self.companies).astype(np.int32)
        second = business[draw.random(len(business)) < 0.04]
        self._second = dict(
            zip(second.tolist(), draw.integers(0, self.companies, len(second)).tolist(), strict=True)
        )

    def companies_of(self, person: int) -> tuple[int, ...]:
        """Return the companies a person works for: none, one, and rarely two."""
        first = self.company_of[person]
        if first < 0:
            return ()
        second = self._second.get(person, first)
        return (first,) if second == first else (first, second)

    def user_id(self, person: int) -> str:
        """Return the number of a person's account."""
        return f"u{100_000 + person}"

    def old_user_id(self, person: int) -> str:
        """Return the number a person had in the old web shop."""
        return f"old-{person + 17}"

    def customer_number(self, person: int) -> str:
        """Return the number on a person's loyalty card."""
        return f"26{person:08d}{(person * 7 + 3) % 10}"

    def anonymous_id(self, person: int, device: int, day: int) -> str:
        """Return the identifier that a device of a person has on a day; who removes cookies gets new ones."""
        quirks = self.quirks_of[person]
        if quirks & HOUSEHOLD and device == LAPTOP:
            person &= ~1
        return self.random_id(f"{person}:{device}:{self.period(person, device, day)}")

    def period(self, person: int, device: int, day: int) -> int:
        """Return how often a device has lost its identifier by a day."""
        if device == APP or not self.quirks_of[person] & FORGETS:
            return 0
        return (day + person * 31 % 240 + 2400) // 240

    def random_id(self, of: str) -> str:
        """Return the UUID that belongs to a text."""
        text = blake2b(of.encode(), digest_size=16, key=self._key).hexdigest()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-9{text[17:20]}-{text[20:]}"

    def first_name(self, person: int) -> str:
        """Return a person's first name."""
        return FIRST_NAMES[self._first[person]]

    def last_name(self, person: int) -> str:
        """Return a person's last name, ``van de`` and the like before it."""
        return LAST_NAMES[self._last[person]]

    def email(self, person: int) -> str:
        """Return a person's e-mail address, as the person writes it."""
        quirks = self.quirks_of[person]
        if quirks & MAILBOX:
            return SHARED_MAILBOX
        first, last = self.first_name(person), self.last_name(person).replace(" ", "").replace("'", "")
        name = f"{first}.{last}{person}".translate(_PLAIN)
        company = self.company_of[person]
        domain = (
            f"bedrijf{company}.example.nl" if company >= 0 else ("example.nl", "example.com")[person % 3 == 0]
        )
        return f"{name}@{domain.capitalize()}" if quirks & SHOUTS else f"{name}@{domain}".lower()

    def phone(self, person: int) -> str:
        """Return a person's telephone number, as the person writes it; a household has one."""
        quirks = self.quirks_of[person]
        owner = person & ~1 if quirks & HOUSEHOLD else person
        area, rest = PLACES[self._place[owner]][2], f"0{owner:06d}"
        return f"{area}-{rest[:3]} {rest[3:]}" if quirks & NATIONAL else f"+31{area[1:]}{rest}"

    def group(self, person: int) -> str:
        """Return what kind of customer the shop takes a person for: ``business``, ``loyal`` or ``regular``."""
        kind = self.kind_of[person]
        return "business" if kind == BUSINESS else "loyal" if kind == LOYAL else "regular"

    def city(self, person: int) -> str:
        """Return where a person lives."""
        return PLACES[self._place[person]][0]

    def address(self, person: int) -> str:
        """Return a person's address as a JSON object."""
        city, postcode, _ = PLACES[self._place[person]]
        street, house = self._street[person], self._house[person]
        letters = _POSTCODE_LETTERS[street % 20] + _POSTCODE_LETTERS[(street * 3 + house // 20) % 20]
        return (
            f'{{"street":"{STREETS[street]} {house}","postalCode":"{postcode + street * 2} {letters}",'
            f'"city":"{city}","country":"NL"}}'
        )

    def birthday(self, person: int) -> str:
        """Return a person's day of birth, ``YYYY-MM-DD``."""
        return to_datetime(self._born[person] * DAY).strftime("%Y-%m-%d")

    def company_name(self, company: int) -> str:
        """Return what a company is called."""
        kind = COMPANY_KINDS[company % len(COMPANY_KINDS)][0]
        round_ = company // (len(COMPANY_KINDS) * len(COMPANY_WORDS))
        word = COMPANY_WORDS[company // len(COMPANY_KINDS) % len(COMPANY_WORDS)]
        return f"{word} {kind}" + (f" {round_ + 1}" if round_ else "")

    def company_traits(self, company: int) -> str:
        """Return what is known of a company, as a JSON object."""
        industry = COMPANY_KINDS[company % len(COMPANY_KINDS)][1]
        plan = "pro" if company % 3 == 0 else "basic"
        return (
            f'{{"name":"{self.company_name(company)}","plan":"{plan}","industry":"{industry}","employees":{3 + company * 37 % 240},'
            f'"city":"{PLACES[company * 7 % len(PLACES)][0]}","website":"https://bedrijf{company}.example.nl"}}'
        )

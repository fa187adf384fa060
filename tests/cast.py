"""The people in every test: customers of the shop Kersten & Co, the households and firms they belong to, and its staff.

Use them instead of inventing names, so that a reader meets the same Anna everywhere and knows what is odd about Bram.
"""

from typing import Literal

import msgspec

NOW = 1_772_442_000_000_000
"""The moment that tests hold still: Monday 2 March 2026, 09:00 UTC, in microseconds."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, with every identifier that the shop could meet.

    Attributes:
        user_id: The shop's own number.
        anonymous_ids: Devices and browsers, the one used most first.
        email: As the customer writes it.
        phone: As the customer writes it.
        name: First and last name.
        account: Name of the household or firm, None for none.
    """

    user_id: str
    anonymous_ids: tuple[str, ...]
    email: str
    phone: str
    name: str
    account: str | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation or household that customers belong to."""

    group_id: str
    name: str


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works at the shop and may do what the role allows."""

    name: str
    email: str
    role: Literal["administrator", "editor", "agent", "reader"]


ANNA = Customer(
    user_id="1001",
    anonymous_ids=("a1b2c3d4-0000-4000-8000-00000000a001", "a1b2c3d4-0000-4000-8000-00000000a002"),
    email="Anna.de.Vries@example.nl",
    phone="06 12345678",
    name="Anna de Vries",
    account="household-12",
)
"""Buys on the web with two devices, calls now and then: the ordinary customer."""

BRAM = Customer(
    user_id="1002",
    anonymous_ids=("a1b2c3d4-0000-4000-8000-00000000a001",),
    email="bram@example.nl",
    phone="+31 6 23456789",
    name="Bram de Vries",
    account="household-12",
)
"""Anna's husband; uses her tablet, so one device speaks for two persons."""

CHANTAL = Customer(
    user_id="1003",
    anonymous_ids=("a1b2c3d4-0000-4000-8000-00000000c001",),
    email="chantal@bakkerij-smit.example",
    phone="020 555 0133",
    name="Chantal Smit",
    account="firm-7",
)
"""Buys for herself and for her bakery: one person, two accounts, several products."""

DAAN = Customer(
    user_id="1004",
    anonymous_ids=("a1b2c3d4-0000-4000-8000-00000000d001",),
    email="daan@example.nl",
    phone="0031 6 34567890",
    name="Daan O'Neill-Özdemir",
)
"""Has a name that breaks careless code, complains, and asks for his data to be erased."""

ELIF = Customer(
    user_id="1005",
    anonymous_ids=("a1b2c3d4-0000-4000-8000-00000000e001",),
    email="elif@example.nl",
    phone="",
    name="Elif Yılmaz",  # noqa: RUF001 -- the Turkish letter is the point
)
"""Never gave consent for anything."""

CUSTOMERS = (ANNA, BRAM, CHANTAL, DAAN, ELIF)

HOUSEHOLD = Account(group_id="household-12", name="Familie de Vries")
BAKERY = Account(group_id="firm-7", name="Bakkerij Smit")

FATIMA = Colleague(name="Fatima Aydin", email="fatima@kersten.example", role="administrator")
GIJS = Colleague(name="Gijs Bakker", email="gijs@kersten.example", role="editor")
HANNA = Colleague(name="Hanna Visser", email="hanna@kersten.example", role="agent")
IVO = Colleague(name="Ivo Mulder", email="ivo@kersten.example", role="reader")

COLLEAGUES = (FATIMA, GIJS, HANNA, IVO)

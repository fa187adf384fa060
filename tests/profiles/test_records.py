"""People as records to compare: names and addresses are taken apart, however traits spell them."""

from typing import Any

from beleef.profiles.model import Profile, Trait
from beleef.profiles.records import record
from tests.cast import ANNA


def profile(**values: Any) -> Profile:
    traits = {name: Trait(value=value, occurred_at=0, source="web", fact=1) for name, value in values.items()}
    return Profile(
        subjects=(1,), traits=traits, computed={}, channels={}, products=(), consents=(), first_seen=0,
        last_seen=0, facts=1,
    )  # fmt: skip


def test_a_street_with_its_number_is_parted() -> None:
    address = {"street": "Oudegracht 12-a", "postalCode": "3511 AB", "city": "Utrecht"}
    found = record(1, profile(name=ANNA.name, address=address, birthday="1980-02-28T00:00:00Z"))
    assert (found.street, found.house_number, found.postcode) == ("Oudegracht", "12-a", "3511 AB")
    assert (found.first_name, found.last_name, found.birth_date) == ("Anna", "de Vries", "1980-02-28")


def test_flat_traits_and_names_in_parts_are_read_too() -> None:
    found = record(
        7, profile(first_name="Anna", lastName="de Vries", street="Laan", houseNumber=4, zip="1000")
    )
    assert (found.subject, found.first_name, found.last_name) == (7, "Anna", "de Vries")
    assert (found.street, found.house_number, found.postcode) == ("Laan", "4", "1000")


def test_what_is_no_text_is_unknown() -> None:
    found = record(1, profile(name=["odd"], address="one line", email=True))
    assert (found.first_name, found.street, found.email) == (None, None, None)

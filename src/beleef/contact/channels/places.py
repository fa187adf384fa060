"""Where a person is reached by phone and by post, as identifiers and traits tell it. Consent is the gate's affair."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from beleef.identity.api import Person
from beleef.profiles.api import Profile

_PHONE_TRAITS: Final = ("phone", "mobile", "telephone")
_FIXED: Final = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
}
"""Kinds of numbers that take no text message."""


def phone(person: Person, profile: Profile, *, region: str, takes_texts: bool) -> str | None:
    """Return the person's number in the international spelling (E.164), or None where there is none.

    Args:
        person: Whom; identifiers go before traits, those seen last first.
        profile: What is known of them.
        region: ISO 3166 code for numbers without a country code.
        takes_texts: Whether it must be one that text messages reach.
    """
    for given in _phones(person, profile):
        try:
            number = phonenumbers.parse(given, region)
        except NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        if takes_texts and phonenumbers.number_type(number) in _FIXED:
            continue
        return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return None


def _phones(person: Person, profile: Profile) -> Iterator[str]:
    known = [one for one in person.identifiers if one.namespace == "phone"]
    for one in sorted(known, key=lambda one: -(one.first_at or 0)):
        yield one.value
    for name in _PHONE_TRAITS:
        trait = profile.traits.get(name)
        if trait is not None and isinstance(trait.value, str | int):
            yield str(trait.value)


def postal(profile: Profile) -> tuple[str, ...] | None:
    """Return the lines of the person's postal address, name first, or None where street or town are missing.

    The address is read from the trait ``address`` as Segment writes it (``street``, ``postalCode``, ``city``, ``country``)
    or from traits of those names.
    """
    traits = {name: one.value for name, one in profile.traits.items()}
    held = traits.get("address")
    place: Mapping[str, Any] = held if isinstance(held, Mapping) else traits
    street = _first(place, "street", "address1", "line1", "streetAddress") or _first(traits, "street")
    if not street:
        number = _first(place, "houseNumber", "house_number")
        street = f"{_first(place, 'streetName', 'street_name')} {number}".strip() if number else ""
    town = " ".join(
        part
        for part in (
            _first(place, "postalCode", "postal_code", "zip", "postcode"),
            _first(place, "city", "town"),
        )
        if part
    )
    if not street or not _first(place, "city", "town"):
        return None
    lines = (_name(traits), street, _first(place, "address2", "line2"), town, _first(place, "country"))
    return tuple(line for line in lines if line)


def _name(traits: Mapping[str, Any]) -> str:
    whole = _first(traits, "name", "fullName", "full_name")
    if whole:
        return whole
    given = _first(traits, "firstName", "first_name"), _first(traits, "lastName", "last_name")
    return " ".join(part for part in given if part)


def _first(values: Mapping[str, Any], *names: str) -> str:
    """Return the first of some values that is a text, on one line; empty where none is."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:120]
    return ""

"""What messages know: a profile, its accounts and the fact behind a message as plain values for Liquid."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from beleef.content.model import LANGUAGES, Variables
from beleef.identity.api import PersonIdentifier
from beleef.kernel import clock, ids
from beleef.profiles.api import AccountProfile, Profile

ROOTS: Final = frozenset(
    {
        "person",
        "account",
        "accounts",
        "fact",
        "items",
        "organisation",
        "links",
        "campaign",
        "survey",
        "now",
        "today",
        "forloop",
    }
)
"""What a template may begin a path with."""

LINKS: Final = frozenset({"unsubscribe", "preferences", "view_in_browser"})

_SAME: Final = {
    "first_name": ("firstName", "firstname", "given_name"),
    "last_name": ("lastName", "lastname", "family_name"),
    "phone": ("phoneNumber", "phone_number", "mobile"),
    "language": ("locale", "lang"),
    "postcode": ("postal_code", "postalCode", "zip"),
}
"""Traits that clients write in several ways, under the name that templates use."""


def person_variables(
    profile: Profile,
    accounts: Sequence[tuple[str, AccountProfile | None]] = (),
    identifiers: Sequence[PersonIdentifier] = (),
) -> dict[str, Any]:
    """Return the roots ``person`` and ``account`` of what messages may use.

    Args:
        profile: The person's profile.
        accounts: Number and profile of the accounts they belong to, the one that the message is about first.
        identifiers: What they are known by, in order of first sight; fills in what no trait says.
    """
    known = _known(profile, identifiers)
    person = {
        **known,
        "traits": {name: trait.value for name, trait in profile.traits.items() if trait.value is not None},
        "computed": {name: one.value for name, one in profile.computed.items() if one.value is not None},
        "channels": list(profile.channels),
        "products": [
            {
                "product": one.product,
                "name": one.name or one.product,
                "quantity": one.quantity,
                "active": one.active,
            }
            for one in profile.products
        ],
        "facts": profile.facts,
    }
    if profile.subjects:
        person["id"] = ids.to_text(profile.subjects[0])
    every = [_account(number, one) for number, one in accounts]
    return {"person": person, "account": every[0] if every else {}, "accounts": every}


def fact_variables(properties: Mapping[str, Any], *, name: str | None, occurred_at: int) -> dict[str, Any]:
    """Return the root ``fact``: the properties of the fact behind a message, and its ``event`` and ``occurred_at``.

    Args:
        properties: Of the fact.
        name: The event's name.
        occurred_at: Moment in microseconds.
    """
    return {"fact": {"event": name or "", "occurred_at": clock.to_text(occurred_at), **properties}}


def language_of(variables: Variables) -> str:
    """Return the language of a person's own choice or browser, of those that messages have; empty where unknown."""
    person = variables.get("person")
    if not isinstance(person, Mapping):
        return ""
    for name in ("language", "locale", "lang"):
        said = person.get(name)
        if isinstance(said, str):
            tag = said.strip().lower().replace("_", "-").split("-")[0]
            for language in LANGUAGES:
                if tag in {language, _NAMES[language]}:
                    return language
    return ""


_NAMES: Final = {"nl": "nederlands", "en": "english"}


def _known(profile: Profile, identifiers: Sequence[PersonIdentifier]) -> dict[str, Any]:
    """Return traits and identifiers under the names that templates use."""
    known = {name: trait.value for name, trait in profile.traits.items() if trait.value is not None}
    for name, others in _SAME.items():
        found = next((known[other] for other in others if other in known), None)
        if name not in known and found is not None:
            known[name] = found
    for one in identifiers:
        if one.namespace in {"email", "phone", "user_id", "customer_number"}:
            known.setdefault(one.namespace, one.value)
    _complete_name(known)
    return known


def _complete_name(known: dict[str, Any]) -> None:
    name = known.get("name")
    parts = [str(known[part]) for part in ("first_name", "last_name") if known.get(part)]
    if not name and parts:
        known["name"] = " ".join(parts)
    elif isinstance(name, str) and name.strip() and not parts:
        first, _, last = name.strip().partition(" ")
        known["first_name"] = first
        if last.strip():
            known["last_name"] = last.strip()


def _account(number: str, profile: AccountProfile | None) -> dict[str, Any]:
    traits = {} if profile is None else profile.traits
    return {**{name: one.value for name, one in traits.items() if one.value is not None}, "number": number}

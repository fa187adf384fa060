"""Where a person is reached by e-mail, as identifiers and traits tell it."""

from email_validator import EmailNotValidError, validate_email

from beleef.identity.api import Person
from beleef.profiles.api import Profile


def email_address(person: Person, profile: Profile) -> str | None:
    """Return the person's e-mail address, or None where none is known: the trait's, else the identifier seen last."""
    trait = profile.traits.get("email")
    given = [trait.value] if trait is not None and isinstance(trait.value, str) else []
    known = [one for one in person.identifiers if one.namespace == "email"]
    given += [one.value for one in sorted(known, key=lambda one: -(one.first_at or 0))]
    for text in given:
        try:
            return str(validate_email(text, check_deliverability=False).normalized)
        except EmailNotValidError:
            continue
    return None

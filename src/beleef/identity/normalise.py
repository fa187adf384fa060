"""From what a fact carries to identifiers: which namespace, which spelling, and which values are nobody's.

Two spellings of one e-mail address or phone number must be one identifier; `undefined` must never be a person.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from beleef.facts.fact import Fact
from beleef.identity.model import OWN_PRIORITY, Namespace, Rules

VALUE_LIMIT = 500
"""Longest value of an identifier, in characters."""

NAMESPACES_LIMIT = 200
"""How many namespaces facts may bring along: a public write key must not be able to fill the table."""

NUMBER_NAMESPACE = "id"
"""Not a namespace of its own: a person's or identifier's number, as ``kernel.ids.to_text`` writes it."""

_NOBODY = frozenset((
    "", "-1", "null", "(null)", "none", "nil", "nan", "undefined", "true", "false", "anonymous", "guest", "distinctid",
    "distinct_id", "id", "not_authenticated", "email", "unknown", "n/a", "na", "user_id", "userid", "anonymous_id",
    "anonymousid", "{}", "[]", "[object object]",
))  # fmt: skip
_ONLY_ZEROS = re.compile(r"[0-]*")
_NOBODYS_MAILBOX = re.compile(
    r"(?:test|tests|testing|no-?_?reply|do-?_?not-?_?reply|niet-?beantwoorden|mailer-daemon|postmaster|nobody|none|null"
    r"|unknown|undefined|anonymous|guest|dummy|fake|invalid)(?:\+[^@]*)?@.*"
)
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-](?:[a-z0-9_+-]|\.(?=[a-z0-9_+-])){0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:/-]{0,49}")
_SPELLINGS = {
    "email": "email", "emailaddress": "email", "mail": "email", "mailaddress": "email",
    "phone": "phone", "phonenumber": "phone", "telephone": "phone", "telephonenumber": "phone", "tel": "phone",
    "mobile": "phone", "mobilephone": "phone", "msisdn": "phone",
    "userid": "user_id", "user": "user_id",
    "anonymousid": "anonymous_id", "anonymous": "anonymous_id",
    "customernumber": "customer_number", "customerno": "customer_number",
}  # fmt: skip
_DEVICES = frozenset((
    "deviceid", "androidid", "androididfa", "androiddeviceid", "androidpushtoken", "androidgaid", "iosid", "iosidfa",
    "iosidfv", "iosdeviceid", "iospushtoken", "idfa", "idfv", "gaid", "gaclientid", "googleclientid", "fbp", "cookie",
    "cookieid", "sessionid",
))  # fmt: skip
_SEPARATORS = str.maketrans("", "", "-_. ")


def namespace_name(written: str) -> str | None:
    """Return the namespace that somebody means by ``written``, or None where it cannot be one."""
    written = written.strip().lower()
    name = _SPELLINGS.get(written.translate(_SEPARATORS), written)
    return name if name != NUMBER_NAMESPACE and _NAME.fullmatch(name) else None


def own_namespace(name: str) -> Namespace:
    """Return the namespace that comes into being when a fact first names it: somebody stated it, so it counts."""
    if name.translate(_SEPARATORS) in _DEVICES:
        return Namespace(name=name, priority=OWN_PRIORITY + 35, is_device=True, limit=500)
    return Namespace(name=name, priority=OWN_PRIORITY)


def is_blocked(namespace: Namespace, value: str) -> bool:
    """Return whether a normalised value is nobody's, by the built-in list or by the namespace's own."""
    lowered = value.lower()
    return (
        lowered in _NOBODY
        or _ONLY_ZEROS.fullmatch(lowered) is not None
        or lowered in namespace.blocked
        or (namespace.name == "email" and _NOBODYS_MAILBOX.fullmatch(lowered) is not None)
    )


@lru_cache(maxsize=100_000)
def phone(raw: str, region: str) -> str | None:
    """Return a phone number as E.164, or None where it is none.

    Args:
        raw: As somebody wrote it.
        region: ISO 3166 code of the country whose numbers are written without a country code.
    """
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=10_000)
def _unusual_email(lowered: str) -> str | None:
    try:
        checked = validate_email(lowered, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def email(raw: str) -> str | None:
    """Return an e-mail address in lower case, or None where it is none."""
    lowered = raw.lower()
    # The library takes fifty times as long, and nearly every address is plain.
    return lowered if len(lowered) < 255 and _PLAIN_EMAIL.fullmatch(lowered) else _unusual_email(lowered)


def clean(raw: Any) -> str | None:
    """Return a value as stripped text, or None where it cannot be an identifier."""
    if isinstance(raw, str):
        value = raw.strip()
    elif isinstance(raw, int) and not isinstance(raw, bool):
        value = str(raw) if abs(raw) < 1 << 64 else ""
    elif isinstance(raw, float) and raw.is_integer() and abs(raw) < 1 << 53:
        value = str(int(raw))
    else:
        return None
    if not value or len(value) > VALUE_LIMIT or "\x00" in value:
        return None
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return None
    return value


def spelled(namespace: str, value: str, region: str) -> str | None:
    """Return a cleaned value in its namespace's one spelling, or None where it cannot be one of it."""
    if namespace == "email":
        return email(value)
    return phone(value, region) if namespace == "phone" else value


class Normaliser:
    """Finds the identifiers in facts by the present namespaces.

    Args:
        rules: The namespaces.
        default_region: ISO 3166 code for phone numbers without a country code.
    """

    def __init__(self, rules: Rules, default_region: str) -> None:
        self.rules = rules
        self.default_region = default_region
        self.created: dict[str, Namespace] = {}
        self.traits = tuple(
            (trait, namespace.name) for namespace in rules.ordered for trait in namespace.traits
        )
        self._room = NAMESPACES_LIMIT + 5 - len(rules.ordered)

    def value(self, namespace: str, raw: Any) -> str | None:
        """Return a value as it is stored, or None where it is blocked or cannot be one of its namespace."""
        known = self.rules.by_name.get(namespace) or self.created.get(namespace)
        given = clean(raw)
        # Blocked before it is parsed as well: "000" is no phone number of anybody, however a library reads it.
        if known is None or given is None or is_blocked(known, given):
            return None
        value = spelled(namespace, given, self.default_region)
        return None if value is None or (value is not given and is_blocked(known, value)) else value

    def identifiers(self, fact: Fact) -> list[tuple[str, str]]:
        """Return the identifiers that a fact carries as distinct pairs ``(namespace, value)``, the leading one first."""
        found: dict[tuple[str, str], None] = {}
        self._add(found, (("user_id", fact.user_id), ("anonymous_id", fact.anonymous_id)))
        if fact.traits and fact.type != "group":
            traits = fact.traits
            self._add(found, [(name, traits[trait]) for trait, name in self.traits if trait in traits])
        if fact.external_ids:
            self._add(found, self._external(fact.external_ids))
        return sorted(found, key=self._order) if len(found) > 1 else list(found)

    def named(self, fact: Fact) -> list[tuple[str, str]]:
        """Return what an alias may mean by its ``previousId``, which does not say whether it is a user or a device."""
        if fact.type != "alias" or fact.previous_id is None or fact.previous_id == fact.anonymous_id:
            return []
        value = self.value("user_id", fact.previous_id)
        return [] if value is None else [("user_id", value), ("anonymous_id", value)]

    def _add(self, found: dict[tuple[str, str], None], candidates: Iterable[tuple[str, Any]]) -> None:
        for namespace, raw in candidates:
            if raw is not None:
                value = self.value(namespace, raw)
                if value is not None:
                    found[namespace, value] = None

    def _external(self, external: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        for written, raw in external:
            name = namespace_name(written)
            if name is None:
                continue
            if name not in self.rules.by_name and name not in self.created:
                if len(self.created) >= self._room:
                    continue
                self.created[name] = own_namespace(name)
            yield name, raw

    def _order(self, identifier: tuple[str, str]) -> tuple[bool, int, str, str]:
        namespace = self.rules.by_name.get(identifier[0]) or self.created[identifier[0]]
        return not namespace.enabled, namespace.priority, namespace.name, identifier[1]

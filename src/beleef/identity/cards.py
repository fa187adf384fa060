"""A person in short beside another one, for whoever decides whether the two are one."""

import msgspec

from beleef.identity.matching_fields import Record


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A person as a proposal shows them.

    Attributes:
        number: Number of the person now.
        title: What they are called.
        record: What is compared.
        facts: How many facts there are about them.
        last_seen: When they were last seen, in microseconds; None where never.
    """

    number: int
    title: str
    record: Record
    facts: int
    last_seen: int | None

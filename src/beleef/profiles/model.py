"""What profiles tell others: a person's profile and its parts, and how a computed trait is defined.

All of it is plain, frozen data; moments are microseconds since 1970 in UTC.
"""

from typing import Any, Literal, get_args

import msgspec

Kind = Literal[
    "count",
    "sum",
    "average",
    "minimum",
    "maximum",
    "first",
    "last",
    "most_frequent",
    "unique_count",
    "days_since",
    "moments",
]
Operator = Literal[
    "equals", "not_equals", "in", "contains", "greater", "less", "exists", "not_in", "at_least", "at_most"
]

KINDS: tuple[str, ...] = tuple(kind for kind in get_args(Kind) if kind != "moments")
"""The kinds that people choose from; ``moments`` is kept for rules, and shown nowhere."""
OPERATORS: tuple[str, ...] = tuple(
    operator for operator in get_args(Operator) if operator not in {"not_in", "at_least", "at_most"}
)
"""The operators that computed traits have; the others are for the rules of audiences."""

LONGEST_WINDOW = 400
"""Days: a year and the same month of the year before."""

MOST_VALUES = 1_000
"""How many different values ``most_frequent`` and ``unique_count`` tell apart per subject and window."""


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is known about a person.

    Attributes:
        value: As it was sent; None where it was left out.
        occurred_at: When it was said.
        source: Which source said it.
        fact: Number of the fact that said it.
        left_out: Whether the value was over 8 KB, or unreadable, and was not kept.
    """

    value: Any
    occurred_at: int
    source: str
    fact: int
    left_out: bool = False


class ComputedTrait(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a definition for one person.

    Attributes:
        label: What people call it.
        value: The outcome; None where no fact fits.
        exact: False where the value is "at least": more different values were seen than are told apart, or the
            definition is new and past facts have not been counted yet.
        occurred_at: For ``first``, ``last`` and ``days_since``: the moment of the fact it comes from.
    """

    label: str
    value: Any
    exact: bool = True
    occurred_at: int | None = None


class ChannelUse(msgspec.Struct, frozen=True, kw_only=True):
    """How a person used one channel: first and last moment, and the number of facts."""

    first: int
    last: int
    count: int


class HeldProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product that a person bought, subscribed to or has a contract for.

    Attributes:
        product: Its number.
        name: The name it was last sold under.
        quantity: Bought, less returned and cancelled; 0 for a subscription or contract without a quantity.
        first: When the person was first seen to get it.
        last: When something last happened to it.
        active: For a subscription or contract: whether it runs; else whether any of it was kept.
    """

    product: str
    name: str | None
    quantity: float
    first: int
    last: int
    active: bool


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person allows, for one purpose on one channel (``*``: on all).

    Attributes:
        purpose: What for.
        channel: Where.
        state: ``granted`` allows; ``denied``, ``withdrawn`` and any other word do not.
        text_version: The version of the text that the person agreed to, where known.
        source: Which source said so.
        occurred_at: When the person last said so.
        fact: Number of the fact.
    """

    purpose: str
    channel: str
    state: str
    text_version: str | None
    source: str
    occurred_at: int
    fact: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about a person, taken together over the person's subjects.

    Attributes:
        subjects: The subjects it was read from.
        traits: By name.
        computed: By name; every definition has its entry.
        channels: By name.
        products: Sorted by number.
        consents: Sorted by purpose and channel.
        first_seen: Moment of the earliest fact; None where there is no fact.
        last_seen: Moment of the latest fact; None where there is no fact.
        facts: Number of facts.
        limited: Names of the parts (``traits``, ``products``, …) that had more in them than is kept.
    """

    subjects: tuple[int, ...]
    traits: dict[str, Trait]
    computed: dict[str, ComputedTrait]
    channels: dict[str, ChannelUse]
    products: tuple[HeldProduct, ...]
    consents: tuple[Consent, ...]
    first_seen: int | None
    last_seen: int | None
    facts: int
    limited: tuple[str, ...] = ()


class AccountProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about an account from ``group`` facts; the attributes are those of ``Profile``."""

    account: str
    traits: dict[str, Trait]
    channels: dict[str, ChannelUse]
    first_seen: int
    last_seen: int
    facts: int


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of people: a subject in short."""

    subject: int
    name: str | None
    email: str | None
    first_seen: int
    last_seen: int
    facts: int
    channels: tuple[str, ...]


class RecentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines of a list of people.

    Attributes:
        rows: Latest seen first.
        next: Where the next page starts, to hand in as ``after``; None where there is no more.
    """

    rows: tuple[Recent, ...]
    next: tuple[int, int] | None


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A demand on something a fact says.

    Attributes:
        path: What it is about, e.g. ``properties.products.0.sku``; see ``paths.reader``.
        operator: ``equals``, ``not_equals``, ``in`` (a list), ``contains`` (a part of a text, an item of a list),
            ``greater``, ``less`` (numbers, or texts in the order of their letters), ``exists``. See ``comparing``.
        value: What it is compared with; for ``exists`` true (the default) or false.
    """

    path: str
    operator: Operator
    value: Any = None


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a computed trait is computed. Empty lists demand nothing; where all are empty, whatever the customer did counts.

    Attributes:
        name: Its name in profiles, rules and files: small letters, digits and ``_``.
        label: What people call it.
        kind: What is done with the values.
        of: Path of the value; not needed for ``count`` and ``days_since``.
        window_days: Only facts of today and the days before, this many days together; None for all time.
        types: Fact types that count.
        names: Names of events, pages or screens that count.
        channels: Channels that count.
        sources: Sources that count.
        conditions: Demands that must all hold.
        keep: For ``moments``: how many of the latest are kept.
        since: For ``moments``: only facts at or after this moment, in microseconds.
        until: For ``moments``: only facts before this moment.
    """

    name: str
    label: str
    kind: Kind
    of: str | None = None
    window_days: int | None = None
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    keep: int = 0
    since: int | None = None
    until: int | None = None

    @property
    def means_everything(self) -> bool:
        """Whether it chooses nothing: then what Beleef itself did does not count, or its own would be a customer's favourite channel."""
        return not (self.types or self.names or self.channels or self.sources or self.conditions)


class StoredDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A definition as it is in force.

    Attributes:
        definition: The definition.
        version: Grows with every change of any definition and is never used twice; state is kept under it.
        filled: Whether past facts are counted.
        folded_from: The first fact that was counted as it came; past facts are those before it. None until one came.
        filling: Whether counting past facts was begun. If whoever did it is gone, it begins again under a new version.
    """

    definition: Definition
    version: int
    filled: bool
    folded_from: int | None
    filling: bool = False


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a definition would give on some facts.

    Attributes:
        facts: How many facts were looked at.
        matched: How many of them count.
        subjects: How many subjects would have a value.
        examples: Some subjects and their values.
    """

    facts: int
    matched: int
    subjects: int
    examples: tuple[tuple[int, ComputedTrait], ...]

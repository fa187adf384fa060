"""One customer, as programs and pages see them: identity, profile, accounts and history put together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from beleef.access.model import Actor
from beleef.facts.fact import Fact
from beleef.identity import api as identity
from beleef.kernel import clock, ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.profiles.api import Profiles
from beleef.profiles.model import Profile, Trait
from beleef.store.records.database import Database
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.model import Place, Selection


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier of a person. Moments are ISO 8601 in UTC."""

    namespace: str
    value: str
    first_seen: str | None
    source: str | None


class TraitView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a trait's value comes from."""

    value: Any
    occurred_at: str
    source: str
    fact: str


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    """An account the person belongs to, and since and until when that was seen."""

    number: str
    first_seen: str
    last_seen: str


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product the person holds or held."""

    product: str
    name: str | None
    quantity: float
    first: str
    last: str
    active: bool


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """What the person allows, for one purpose on one channel."""

    purpose: str
    channel: str
    state: str
    text_version: str | None
    source: str
    occurred_at: str


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """How the person used one channel."""

    first: str
    last: str
    count: int


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """One customer: who they are, what is known, computed, consented and held. The answer of ``GET /v1/people/…``.

    Attributes:
        id: The person's number as text; stands for them in addresses, being no personal data.
        identifiers: Everything they are known by.
        traits: Latest value of each trait.
        traits_from: Where each of these values comes from.
        computed: Value of each computed trait.
        computed_exact: False for a computed value that is only a lower bound.
        accounts: Organisations or households they belong to.
        consents: What they allow.
        products: What they hold.
        channels: First, last and number of facts per channel.
        first_seen: Their first fact.
        last_seen: Their last fact.
        facts: How many facts there are.
    """

    id: str
    identifiers: tuple[Identifier, ...]
    traits: dict[str, Any]
    traits_from: dict[str, TraitView]
    computed: dict[str, Any]
    computed_exact: dict[str, bool]
    accounts: tuple[Belonging, ...]
    consents: tuple[ConsentView, ...]
    products: tuple[ProductView, ...]
    channels: dict[str, ChannelView]
    first_seen: str | None
    last_seen: str | None
    facts: int


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account: what is known about it, and who belongs to it."""

    number: str
    traits: dict[str, Any]
    traits_from: dict[str, TraitView]
    first_seen: str | None
    last_seen: str | None
    people: list[PersonView]


class FactView(msgspec.Struct, frozen=True, kw_only=True):
    """One fact on a timeline."""

    id: str
    message_id: str
    type: str
    name: str | None
    channel: str
    touchpoint: str | None
    occurred_at: str
    received_at: str
    source: str
    properties: dict[str, Any]
    context: dict[str, Any]
    campaign: str | None
    account: str | None
    product: str | None
    revenue: float | None
    currency: str | None


class TimelinePage(msgspec.Struct, frozen=True, kw_only=True):
    """Facts, newest first, and where the next page begins (None: there is no more)."""

    facts: list[FactView]
    next: str | None


class Erase(Protocol):
    """Erases a person everywhere; the composition knows how."""

    def __call__(self, who: str, *, actor: Actor) -> int:
        """Erase the person that ``namespace:value`` names; return how many facts no longer belong to anybody."""
        ...


class People:
    """Reads customers.

    Args:
        database: The state.
        warehouse: The history.
        profiles: The reader of profiles.
        key: The installation's key.
        region: Country of phone numbers without a country code.
        uploads: Gives the files that came with a fact, for the export.
        now: The clock.
    """

    def __init__(
        self,
        *,
        database: Database,
        warehouse: Warehouse,
        profiles: Profiles,
        key: bytes,
        region: str,
        uploads: Callable[[Fact], Iterable[dict[str, Any]]],
        now: Clock,
    ) -> None:
        self.profiles = profiles
        self._database = database
        self._warehouse = warehouse
        self._key = key
        self._region = region
        self._uploads = uploads
        self._now = now

    def find(self, connection: sa.Connection, who: str) -> identity.Person:
        """Return the person that ``namespace:value`` names.

        Raises:
            InvalidInput: there is no colon in it.
            NotFound: nobody is known by it.
        """
        namespace, colon, value = who.partition(":")
        if not colon:
            raise InvalidInput(
                "Name a person as namespace:value.", hint="For example email:jan@example.nl or user_id:42."
            )
        person = identity.find(connection, self._key, namespace, value, default_region=self._region)
        if person is None:
            raise NotFound(
                "Nobody is known by that.", hint="Check the namespace and the value, or search by name."
            )
        return person

    def view(self, who: str) -> PersonView:
        """Return one customer.

        Raises:
            InvalidInput, NotFound: as ``find``.
        """
        with self._database.read() as connection:
            person = self.find(connection, who)
            profile = self.profiles.profile(connection, person.subjects, self._now())
            accounts = identity.accounts_of(connection, person.subjects)
        return to_view(person, profile, accounts)

    def search(self, text: str, limit: int) -> list[PersonView]:
        """Return customers whose name, e-mail, phone or number begins with the words of a text."""
        with self._database.read() as connection:
            subjects = self.profiles.search(connection, text, limit * 3)
            numbers = list(dict.fromkeys(identity.persons_of(connection, subjects).values()))[:limit]
            return self._views(connection, numbers)

    def timeline(
        self,
        who: str,
        *,
        after: str | None = None,
        channel: str | None = None,
        type_: str | None = None,
        name: str | None = None,
        limit: int = 50,
    ) -> TimelinePage:
        """Return a customer's facts, newest first.

        Raises:
            InvalidInput: ``after`` or ``limit`` cannot be.
            NotFound: nobody is known by ``who``.
        """
        with self._database.read() as connection:
            subjects = self.find(connection, who).subjects
        facts = self._warehouse.timeline(
            subjects,
            after=read_place(after) if after else None,
            where=Selection(types=_one(type_), names=_one(name), channels=_one(channel)),
            limit=limit,
        )
        further = place_text(facts[-1]) if len(facts) == limit else None
        return TimelinePage(facts=[fact_view(fact) for fact in facts], next=further)

    def account(self, number: str, *, limit: int = 100) -> AccountView:
        """Return one account and the customers in it.

        Raises:
            NotFound: there is no such account.
        """
        with self._database.read() as connection:
            account = identity.account(connection, self._key, number)
            if account is None:
                raise NotFound(
                    "There is no account with that number.", hint="Accounts come from group messages."
                )
            known = self.profiles.account_profile(connection, account.number)
            numbers = identity.members_of(connection, account.id, limit=limit)
            people = self._views(connection, numbers)
        traits = known.traits if known else {}
        return AccountView(
            number=account.number,
            traits={name: trait.value for name, trait in traits.items()},
            traits_from=_origins(traits),
            first_seen=clock.to_text(account.first_at),
            last_seen=clock.to_text(account.last_at),
            people=people,
        )

    def _views(self, connection: sa.Connection, numbers: Sequence[int]) -> list[PersonView]:
        people = [person for number in numbers if (person := identity.person(connection, number))]
        found = self.profiles.profiles(connection, {one.number: one.subjects for one in people}, self._now())
        return [
            to_view(one, found[one.number], identity.accounts_of(connection, one.subjects)) for one in people
        ]

    def export(self, who: str) -> Iterator[dict[str, Any]]:
        """Give all that is kept about a customer: the profile, then every fact, oldest first, with the files it came with."""
        view = self.view(who)
        with self._database.read() as connection:
            subjects = self.find(connection, who).subjects
        yield {"person": msgspec.to_builtins(view)}
        for fact in self._warehouse.facts_of(subjects):
            yield {"fact": msgspec.to_builtins(fact_view(fact))}
            yield from ({"file": one} for one in self._uploads(fact))


def to_view(person: identity.Person, profile: Profile, accounts: Sequence[identity.Account]) -> PersonView:
    """Return a customer as programs see them."""
    text = clock.to_text
    return PersonView(
        id=ids.to_text(person.number),
        identifiers=tuple(
            Identifier(
                namespace=one.namespace,
                value=one.value,
                first_seen=text(one.first_at) if one.first_at is not None else None,
                source=one.source,
            )
            for one in person.identifiers
        ),
        traits={name: trait.value for name, trait in profile.traits.items()},
        traits_from=_origins(profile.traits),
        computed={name: _value(trait.value) for name, trait in profile.computed.items()},
        computed_exact={name: trait.exact for name, trait in profile.computed.items()},
        accounts=tuple(
            Belonging(number=one.number, first_seen=text(one.first_at), last_seen=text(one.last_at))
            for one in accounts
        ),
        consents=tuple(
            ConsentView(
                purpose=one.purpose,
                channel=one.channel,
                state=one.state,
                text_version=one.text_version,
                source=one.source,
                occurred_at=text(one.occurred_at),
            )
            for one in profile.consents
        ),
        products=tuple(
            ProductView(
                product=one.product,
                name=one.name,
                quantity=one.quantity,
                first=text(one.first),
                last=text(one.last),
                active=one.active,
            )
            for one in profile.products
        ),
        channels={
            name: ChannelView(first=text(use.first), last=text(use.last), count=use.count)
            for name, use in sorted(profile.channels.items())
        },
        first_seen=text(profile.first_seen) if profile.first_seen is not None else None,
        last_seen=text(profile.last_seen) if profile.last_seen is not None else None,
        facts=profile.facts,
    )


def fact_view(fact: Fact) -> FactView:
    """Return a fact as programs see it; what identify and group say stands under ``properties``."""
    said = fact.traits if fact.type in {"identify", "group"} else fact.properties
    return FactView(
        id=ids.to_text(fact.id),
        message_id=fact.message_id,
        type=fact.type,
        name=fact.name,
        channel=fact.channel,
        touchpoint=fact.touchpoint,
        occurred_at=clock.to_text(fact.occurred_at),
        received_at=clock.to_text(fact.received_at),
        source=fact.source,
        properties=said or {},
        context=fact.context or {},
        campaign=fact.campaign,
        account=fact.group_id,
        product=fact.product,
        revenue=fact.revenue,
        currency=fact.currency,
    )


def place_text(fact: Fact) -> str:
    """Return where a page that ends with this fact ended, for ``after``."""
    return f"{ids.to_text(fact.occurred_at & (1 << 63) - 1)}{ids.to_text(fact.id)}"


def read_place(text: str) -> Place:
    """Return the place that ``place_text`` wrote.

    Raises:
        InvalidInput: it is none.
    """
    moment, fact = ids.from_text(text[:13]), ids.from_text(text[13:])
    if moment is None or fact is None:
        raise InvalidInput("That is no place in a timeline.", hint="Use the value of “next” as it was given.")
    # Moments before 1970 are negative: the text holds their lower 63 bits.
    return Place(occurred_at=moment - (1 << 63) if moment >> 62 else moment, id=fact)


def _origins(traits: dict[str, Trait]) -> dict[str, TraitView]:
    return {
        name: TraitView(
            value=trait.value,
            occurred_at=clock.to_text(trait.occurred_at),
            source=trait.source,
            fact=ids.to_text(trait.fact),
        )
        for name, trait in traits.items()
    }


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _value(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else value

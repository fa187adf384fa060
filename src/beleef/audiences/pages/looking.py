"""Looks through the data for what a rule could be about: recent people, accounts, facts, and the names of events.

It is read again after some minutes; a page does not wait for more than one look.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from beleef.audiences.api import Audiences
from beleef.audiences.pages.seen import Seen
from beleef.kernel.clock import DAY, MINUTE, Clock
from beleef.profiles.api import Trait
from beleef.profiles.customers import Customers, Filter, Line
from beleef.store.records.database import Database

if TYPE_CHECKING:
    from beleef.store.warehouse.engine import Warehouse

_FRESH = 5 * MINUTE
_EVENTS_OF_DAYS = 180
_PEOPLE = 200
_ACCOUNTS = 50
_FACTS = 300
_MOST = 200


class Looking:
    """Gives what the data hold, kept for some minutes.

    Args:
        database: Where definitions and audiences are kept.
        warehouse: The history.
        customers: Reads people and accounts.
        audiences: Keeps audiences.
        now: The clock.
    """

    def __init__(
        self,
        *,
        database: Database,
        warehouse: "Warehouse",
        customers: Customers,
        audiences: Audiences,
        now: Clock,
    ) -> None:
        self._database = database
        self._warehouse = warehouse
        self._customers = customers
        self._audiences = audiences
        self._now = now
        self._lock = threading.Lock()
        self._kept: tuple[int, Seen] | None = None

    def __call__(self) -> Seen:
        """Return what the data hold; names of audiences and computed traits as they are now."""
        with self._lock:
            if self._kept is None or self._now() - self._kept[0] > _FRESH:
                self._kept = self._now(), self._look()
            found = self._kept[1]
        with self._database.read() as connection:
            stored = self._audiences.audiences(connection)
        computed = {one.definition.name: one.definition.label for one in self._customers.definitions()}
        return Seen(
            events=found.events,
            channels=found.channels,
            sources=found.sources,
            traits=found.traits,
            account_traits=found.account_traits,
            purposes=found.purposes,
            products=found.products,
            paths=found.paths,
            computed=computed,
            audiences={one.audience.name: one.audience.label for one in stored},
        )

    def _look(self) -> Seen:
        people = self._customers.recent(Filter(), after=None, limit=_PEOPLE).lines
        accounts = self._customers.accounts("", after="", limit=_ACCOUNTS).lines
        counts = self._warehouse.counts(
            ("name", "channel", "source"), since=self._now() - _EVENTS_OF_DAYS * DAY
        )
        names, channels, sources = Counter[str](), Counter[str](), Counter[str]()
        for one in counts:
            for counter, value in zip((names, channels, sources), one.key, strict=True):
                if value:
                    counter[value] += one.facts
        return Seen(
            events=_first(names),
            channels=_first(channels),
            sources=_first(sources),
            traits=_first(Counter(name for one in people for name in _names(one.profile.traits))),
            account_traits=_first(
                Counter(name for one in accounts if one.profile for name in _names(one.profile.traits))
            ),
            purposes=_first(Counter(said.purpose for one in people for said in one.profile.consents)),
            products=_products(people),
            paths=self._paths(),
        )

    def _paths(self) -> tuple[str, ...]:
        facts = self._warehouse.newest(limit=_FACTS)
        said = Counter(f"properties.{name}" for fact in facts for name in fact.properties or ())
        return (*_first(said), "revenue", "currency", "product", "campaign", "touchpoint")


def _names(traits: Mapping[str, Trait]) -> Iterator[str]:
    """Return the names of traits; of one that is an object those of what stands in it."""
    for name, trait in traits.items():
        if isinstance(trait.value, dict):
            yield from (f"{name}.{part}" for part in trait.value)
        else:
            yield name


def _products(people: Iterable[Line]) -> dict[str, str]:
    held = Counter[str]()
    labels: dict[str, str] = {}
    for one in people:
        for product in one.profile.products:
            held[product.product] += 1
            labels[product.product] = product.name or product.product
    return {number: labels[number] for number in _first(held)}


def _first(counter: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in counter.most_common(_MOST))

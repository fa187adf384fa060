"""A made-up web shop: facts in the mix that a shop with a call centre really has, the same for the same seed."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, MINUTE, SECOND
from beleef.kernel.ids import fact_id, subject_id

START = 1_735_689_600_000_000
"""2025-01-01T00:00:00Z: the shop's first day, in microseconds."""

_AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K")
    for version in (138, 139, 140, 141)
]
_CATEGORIES = ["fietsen", "tassen", "lampen", "schoenen", "boeken", "speelgoed", "tuin", "keuken"]
_CAMPAIGNS = ["voorjaar-2025", "merk-zoekwoorden", "nieuwsbrief", "zomeropruiming"]
_PAGES = ["/", "/aanbiedingen", "/klantenservice", "/winkels", "/mijn-account", "/retourneren"]
_KEY = b"the shop's own key"


class Shop:
    """Makes facts of one shop, visit after visit, in the order of time.

    Args:
        persons: How many customers it has.
        days: Over how many days their visits are spread.
        seed: The same seed gives the same facts.
        position: Log position of the first fact.
    """

    def __init__(self, *, persons: int, days: int, seed: int = 1, position: int = 1) -> None:
        self._random = random.Random(seed)
        self._subjects = [subject_id(_KEY, "user_id", f"K{number}") for number in range(persons)]
        self._agents = [self._random.choice(_AGENTS) for _ in range(persons)]
        self._days = days
        self._position = position

    def batches(self, facts: int, size: int) -> Iterator[tuple[list[Fact], list[int]]]:
        """Give ``facts`` facts in batches of about ``size``, with the subject of each."""
        made, batch, subjects, now = 0, [], [], START
        step = self._days * DAY * 5 // max(facts, 1)
        while made < facts:
            now += int(self._random.expovariate(1) * step)
            person = min(int(self._random.expovariate(4) * len(self._subjects)), len(self._subjects) - 1)
            for fact in self._visit(person, now)[: facts - made]:
                batch.append(fact)
                subjects.append(self._subjects[person])
                made += 1
            if len(batch) >= size or made >= facts:
                yield batch, subjects
                batch, subjects = [], []

    def subject(self, person: int) -> int:
        """Return the subject of a customer by its place among the customers; low places buy most."""
        return self._subjects[person]

    def _visit(self, person: int, now: int) -> list[Fact]:
        kind = self._random.random()
        if kind < 0.06:
            return [self._call(now)]
        if kind < 0.12:
            return [self._purchase(now, channel="shop", source="kassa")]
        if kind < 0.32:
            return self._mail(now)
        return self._web(person, now)

    def _web(self, person: int, now: int) -> list[Fact]:
        campaign = self._random.choice(_CAMPAIGNS) if self._random.random() < 0.2 else None
        context = {"userAgent": self._agents[person], "locale": "nl-NL", "timezone": "Europe/Amsterdam"}
        facts = []
        for step in range(1 + int(self._random.expovariate(0.14))):
            moment = now + step * int(self._random.uniform(5, 60) * SECOND)
            what = self._random.random()
            if what < 0.03:
                facts.append(self._purchase(moment, channel="web", source="site", campaign=campaign))
            elif what < 0.07:
                traits = {"email": f"klant{person}@example.org", "first_name": "Sam", "plan": "vriend"}
                facts.append(self._fact(moment, kind="identify", traits=traits, context=context))
            elif step % 3 == 0:
                facts.append(self._page(moment, context=context, campaign=campaign))
            else:
                name = "Product Added" if what > 0.93 else "Product Viewed"
                facts.append(self._product(moment, name=name, context=context, campaign=campaign))
        return facts

    def _page(self, moment: int, **rest: Any) -> Fact:
        path = self._random.choice(_PAGES)
        page = {"path": path, "title": f"{path.rsplit('/', 1)[-1] or 'Welkom'} | De Winkel"}
        return self._fact(moment, kind="page", name=page["title"], properties=page, **rest)

    def _product(self, moment: int, **rest: Any) -> Fact:
        number = int(self._random.expovariate(0.004)) % 3000
        category = _CATEGORIES[number % len(_CATEGORIES)]
        about = {
            "product_id": f"A{number}",
            "category": category,
            "price": 5 + number % 90,
            "page": f"/{category}/artikel-{number}",
        }
        return self._fact(moment, properties=about, product=f"A{number}", touchpoint="product page", **rest)

    def _mail(self, now: int) -> list[Fact]:
        campaign = self._random.choice(_CAMPAIGNS)
        about = {"campaign_id": campaign, "subject": "Nieuw in de winkel"}
        names = ["Email Delivered", "Email Opened", "Email Link Clicked"][
            : 1 + int(self._random.expovariate(1)) % 3
        ]
        return [
            self._fact(
                now + index * 40 * MINUTE,
                name=name,
                channel="email",
                source="mail",
                properties=about,
                campaign=campaign,
                touchpoint="newsletter",
            )
            for index, name in enumerate(names)
        ]

    def _call(self, now: int) -> Fact:
        about = {
            "reason": self._random.choice(["bezorging", "retour", "factuur"]),
            "seconds": self._random.randrange(900),
        }
        return self._fact(
            now, name="Called", channel="phone", source="telefoon", properties=about, touchpoint="helpdesk"
        )

    def _purchase(self, now: int, *, channel: str, source: str, campaign: str | None = None) -> Fact:
        number = self._random.randrange(3000)
        revenue = self._random.randrange(500, 20_000) / 100
        about = {
            "order_id": f"O{self._random.randrange(10**7)}",
            "revenue": revenue,
            "currency": "EUR",
            "products": [{"product_id": f"A{number}", "quantity": 1, "price": revenue}],
        }
        return self._fact(
            now,
            name="Order Completed",
            channel=channel,
            source=source,
            properties=about,
            campaign=campaign,
            product=f"A{number}",
            revenue=revenue,
            currency="EUR",
            touchpoint="checkout",
        )

    def _fact(
        self, moment: int, *, kind: str = "track", channel: str = "web", source: str = "site", **rest: object
    ) -> Fact:
        self._position += 1
        moment -= moment % 1_000
        values = {
            "id": fact_id(self._position, 0),
            "message_id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "type": kind,
            "channel": channel,
            "source": source,
            "occurred_at": moment,
            "received_at": moment + self._random.randrange(20, 3_000) * 1_000,
        }
        return Fact(**values, **rest)  # type: ignore[arg-type]

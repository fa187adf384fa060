"""The past of people who come back: three visits each within a year, ten facts together, put into the log as they would have come.

How long ago a visit was is spread evenly over the orders of magnitude from an hour to a year, as people's return times are (Barabási,
"The origin of bursts and heavy tails in human dynamics", Nature 435, 2005): many were here this week, some not for months.
"""

import random
from collections.abc import Iterator

from beleef.app import Stores
from beleef.collect import api as collect
from beleef.kernel.clock import DAY, HOUR, SECOND, to_text
from beleef.store.log.port import Entry
from bench.installation import device, user

FACTS_EACH = 10
_VISITS = (
    ("", "Product Viewed", "Product Viewed"),
    ("", "Product Viewed", "Product Added", "Checkout Started"),
    ("", "Product Viewed", "Order Completed"),
)
"""What happens in each visit, as a visit in the demo's history goes; the empty name is a page that is looked at."""

_SEED = 5
_REQUESTS_AT_ONCE = 500


def add_visits(stores: Stores, people: int, until: int) -> None:
    """Put the visits of the persons 0 to ``people`` (excluded) into the log, the last of them at least an hour before ``until``."""
    with stores.database.read() as connection:
        web = collect.source(connection, "web").id
    chance = random.Random(_SEED)
    entries: list[Entry] = []
    for number in range(people):
        messages = list(_messages(number, chance, until))
        body = f'{{"batch":[{",".join(messages)}]}}'.encode()
        entries.append(Entry(received_at=until, source=web, kind="batch", messages=len(messages), body=body))
        if len(entries) == _REQUESTS_AT_ONCE:
            stores.log.append(entries)
            entries = []
    stores.log.append(entries)


def _messages(number: int, chance: random.Random, until: int) -> Iterator[str]:
    for visit, events in enumerate(_VISITS):
        began = until - round(HOUR * (365 * DAY / HOUR) ** chance.random())
        for place, event in enumerate(events):
            moment = to_text(min(began + 20 * place * SECOND, until))
            yield (
                f'{{{_said(event, number, visit)},"timestamp":"{moment}","messageId":"v-{number}-{visit}-{place}",'
                f'"anonymousId":"{device(number)}","userId":"{user(number)}"}}'
            )


def _said(event: str, number: int, visit: int) -> str:
    if not event:
        return '"type":"page","name":"Home","properties":{"path":"/"}'
    product = f'"product_id":"p-{number % 500}","name":"Coffee","price":12.5,"category":"Coffee"'
    if event == "Order Completed":
        order = f'"order_id":"v-{number}-{visit}","revenue":{number % 200 + 0.95},"currency":"EUR"'
        product = f'{order},"products":[{{{product},"quantity":1}}]'
    return f'"type":"track","event":"{event}","properties":{{{product}}}'

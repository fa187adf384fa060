"""Audiences to measure with: those of the demo, and as many more of the same kinds as are asked for."""

from itertools import count, islice
from typing import Any

from beleef.app import Stores, build_audiences
from beleef.audiences.api import audience_from_data
from beleef.demo.audiences import AUDIENCES
from beleef.worker import Worker

_EVENTS = ("Order Completed", "Product Viewed", "Product Added", "Order Refunded", "Checkout Started")


def add_audiences(stores: Stores, number: int) -> None:
    """Put so many audiences in force: first the demo's, then others about events, windows and traits."""
    audiences = build_audiences(stores)
    with stores.database.write() as connection:
        for data in islice(_all(), number):
            made = audience_from_data(data, zone=stores.settings.timezone)
            audiences.save(connection, made, stores.now())


def fill_audiences(stores: Stores, worker: Worker) -> None:
    """Let a worker look at everybody for the audiences that are new, until all are filled."""
    audiences = build_audiences(stores)
    is_filling = True
    while is_filling:
        worker.do_chores()
        with stores.database.read() as connection:
            is_filling = any(one.filled < 1 for one in audiences.audiences(connection))


def _all() -> Any:
    yield from AUDIENCES
    for place in count():
        event = _EVENTS[place % len(_EVENTS)]
        did = {"event": event, "at_least": 1 + place % 3, "within_days": 7 * (1 + place % 12)}
        rules: tuple[dict[str, Any], ...] = (
            {"did": did},
            {"all": [{"did": did}, {"not": {"did": {"event": "Order Refunded", "within_days": 30 + place}}}]},
            {"any": [{"did": did}, {"computed": {"name": "orders_365", "at_least": 2 + place % 5}}]},
        )
        yield {"name": f"bench_{place}", "label": f"Bench {place}", "rule": rules[place % len(rules)]}

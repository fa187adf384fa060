"""Data folders to measure on: set up as `beleef init` and the demo set them up, and the demo's history put into their log."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from beleef import settings
from beleef.access import api as access
from beleef.app import Stores, build_profiles, set_up
from beleef.collect import api as collect
from beleef.demo.api import FACTS_PER_PERSON, Request, generate, sources
from beleef.kernel.clock import DAY
from beleef.profiles.defaults import SHOP
from beleef.store.log.port import Entry
from bench.audiences import add_audiences

END = 1_772_442_000_000_000
"""Where simulated histories end: 2 March 2026, 09:00 UTC. A fixed moment, so that every run has the same facts."""

_SEED = 7
_REQUESTS_AT_ONCE = 500


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """A data folder that is set up.

    Attributes:
        data: The folder.
        write_key: Of its source ``web``.
        token: A server token that may read everything.
    """

    data: Path
    write_key: str
    token: str


@contextmanager
def opened(data: Path, **others: str) -> Iterator[Stores]:
    """Give the stores of a data folder, opened as the worker opens them, with no settings but those given."""
    stores = Stores(settings.load(data, others), durable=False)
    try:
        yield stores
    finally:
        stores.close()


def install(data: Path, *, audiences: int = 0) -> Installation:
    """Set a folder up: the source ``web``, the demo's sources, a token, the ten computed traits of the demo, and audiences."""
    with opened(data) as stores:
        set_up(stores, simulated=True)
        profiles, now = build_profiles(stores), stores.now()
        with stores.database.write() as connection:
            web = collect.add_source(connection, name="web", channel="web", now=now)
            for source in sources():
                added = collect.add_source(
                    connection,
                    name=source.name,
                    channel=source.channel,
                    now=now,
                    touchpoints=source.touchpoints,
                )
                collect.change_source(connection, msgspec.structs.replace(added, write_key=source.write_key))
            token = access.add_token(connection, name="bench", role="reader", now=now)
            for definition in SHOP:
                profiles.save_definition(connection, definition)
        add_audiences(stores, audiences)
    return Installation(data=data, write_key=web.write_key, token=token)


def demo(facts: int) -> Iterator[Request]:
    """Yield the simulated retailer's history, of as many persons as it takes to have so many facts or a few more."""
    return generate(-(-facts * 21 // (FACTS_PER_PERSON * 20)), END, _SEED)


def fill(stores: Stores, requests: Iterator[Request], facts: int) -> int:
    """Put requests into the log until there are so many facts; return how many messages that was."""
    with stores.database.read() as connection:
        numbers = {source.name: source.id for source in collect.sources(connection)}
    put = 0
    while put < facts:
        entries = [_entry(request, numbers) for request in islice(requests, _REQUESTS_AT_ONCE)]
        if not entries:
            break
        stores.log.append(entries)
        put += sum(entry.messages for entry in entries)
    return put


def _entry(request: Request, numbers: dict[str, int]) -> Entry:
    return Entry(
        received_at=request.received_at,
        source=numbers[request.source],
        kind=request.kind,
        messages=request.messages,
        body=request.body,
    )


def populate(stores: Stores, first: int, last: int) -> int:
    """Put three facts each of the persons ``first`` to ``last`` (excluded) into the log; return how many facts.

    Each looks at a page without being known, makes themselves known, and orders: three identifiers, two subjects.
    """
    with stores.database.read() as connection:
        web = collect.source(connection, "web").id
    received_at = END - DAY
    entries = [
        Entry(received_at=received_at + number, source=web, kind="batch", messages=3, body=body)
        for number, body in enumerate(map(_life, range(first, last)), first)
    ]
    for start in range(0, len(entries), _REQUESTS_AT_ONCE):
        stores.log.append(entries[start : start + _REQUESTS_AT_ONCE])
    return 3 * len(entries)


def user(number: int) -> str:
    """Return the ``userId`` of a person of ``populate``."""
    return f"c-{number}"


def email(number: int) -> str:
    """Return the e-mail address of a person of ``populate``."""
    return f"person.{number}@example.nl"


def device(number: int) -> str:
    """Return the ``anonymousId`` of a person of ``populate``."""
    return f"b0000000-0000-4000-8000-{number:012x}"


def _life(number: int) -> bytes:
    known = f'"anonymousId":"{device(number)}","userId":"{user(number)}"'
    messages = (
        f'"type":"page","name":"Home","properties":{{"path":"/"}},"anonymousId":"{device(number)}"',
        f'"type":"identify",{known},"traits":{{"email":"{email(number)}","firstName":"Jan","lastName":"de Vries","city":"Utrecht"}}',
        f'"type":"track","event":"Order Completed",{known},"properties":{{{_order(number)}}}',
    )
    whole = ",".join(
        f'{{{message},"messageId":"{number}-{place}"}}' for place, message in enumerate(messages)
    )
    return f'{{"batch":[{whole}]}}'.encode()


def _order(number: int) -> str:
    product = f'{{"product_id":"p-{number % 500}","name":"Coffee","quantity":1,"price":{number % 200}}}'
    return f'"order_id":"o-{number}","revenue":{number % 200 + 0.95},"currency":"EUR","products":[{product}]'

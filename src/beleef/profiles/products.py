"""Products that a person holds: bought, subscribed to or under contract, less what was returned, cancelled or ended.

Orders, returns and their repeats may come in any order; what is held is the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from beleef.facts.fact import Fact
from beleef.profiles import values
from beleef.profiles.model import HeldProduct

# A product is kept as [moment, fact, name, first, last, lines, status moment, status fact, status], in which name and
# status are the latest that were said. Lines are, by order, [bought, returned] in millionths. An order that is told
# twice, by browser and server, counts once: of what it says was bought, the most holds.
Held = list[Any]
_FIRST, _LAST, _LINES, _STATUS = 3, 4, 5, 6

_NO_ORDER = ""
_MOST_LINES = 100
MOST_PIECES = 100_000
_ACTIVE, _ENDED = 1, 2

BUY, RETURN, CANCEL, START, END = range(5)
ACTIONS = {
    "order completed": BUY,
    "product purchased": BUY,
    "order refunded": RETURN,
    "product returned": RETURN,
    "order cancelled": CANCEL,
    "order canceled": CANCEL,
} | {
    f"{what} {word}": action
    for what in ("subscription", "contract")
    for action, words in (
        (START, ("started", "signed", "renewed", "resumed")),
        (END, ("ended", "cancelled", "canceled", "terminated", "expired")),
    )
    for word in words
}

IDS = ("product_id", "sku", "id", "plan_id", "plan", "subscription_id", "contract_id", "name")
_NAMES = ("name", "product_name", "plan_name", "title")


def concerns(name: str | None) -> bool:
    """Whether a track fact of this name says something about products held."""
    return name is not None and name.casefold() in ACTIONS


def fold(held: dict[str, Held], returned_orders: set[str], fact: Fact) -> None:
    """Take a fact for which ``concerns`` holds into the products and the wholly returned orders of a subject."""
    properties = fact.properties or {}
    action = ACTIONS[(fact.name or "").casefold()]
    order = values.label(properties.get("order_id")) or _NO_ORDER
    lines = list(_lines(properties))
    if order and (action == CANCEL or (action == RETURN and not lines)):
        returned_orders.add(order)
        if action == CANCEL:
            lines = [(product, name, 0) for product, name, _ in lines]
    # An order may name a product on two lines; for the order it is one quantity.
    quantities: dict[str, int] = {}
    for product, name, quantity in lines:
        entry = held.get(product)
        if entry is None:
            entry = held[product] = [0, 0, None, fact.occurred_at, fact.occurred_at, {}, 0, 0, 0]
        _note(entry, fact, name, action)
        quantities[product] = quantities.get(product, 0) + quantity
    for product, quantity in quantities.items():
        _count(held[product][_LINES], order, action, quantity)


def _note(entry: Held, fact: Fact, name: str | None, action: int) -> None:
    moment = fact.occurred_at
    entry[_FIRST] = min(entry[_FIRST], moment)
    entry[_LAST] = max(entry[_LAST], moment)
    if name is not None and (entry[2] is None or [moment, fact.id] > entry[:2]):
        entry[:3] = moment, fact.id, name
    if action in {START, END} and (
        not entry[_STATUS + 2] or [moment, fact.id] > entry[_STATUS : _STATUS + 2]
    ):
        entry[_STATUS:] = moment, fact.id, _ACTIVE if action == START else _ENDED


def _count(lines: dict[str, list[int]], order: str, action: int, quantity: int) -> None:
    if action in {START, END}:
        return
    line = lines.setdefault(order, [0, 0])
    if action != BUY:
        line[1] += quantity
    elif order == _NO_ORDER:
        line[0] += quantity
    else:
        line[0] = max(line[0], quantity)


def _lines(properties: Mapping[str, Any]) -> Iterator[tuple[str, str | None, int]]:
    listed = properties.get("products")
    for item in listed if isinstance(listed, list) else (properties,):
        if not isinstance(item, dict):
            continue
        product = next(filter(None, (values.label(item.get(key)) for key in IDS)), None)
        if product is None:
            continue
        name = next((values.text(found) for key in _NAMES if isinstance(found := item.get(key), str)), None)
        quantity = values.number(item.get("quantity", 1))
        yield (
            product,
            name,
            round(min(max(1 if quantity is None else quantity, 0), MOST_PIECES) * values.MILLIONTHS),
        )


def absorb(entry: Held, other: Held) -> None:
    """Take what other facts say about a product into an entry; ``other`` may be the entry itself."""
    if other is entry:
        return
    entry[_FIRST] = min(entry[_FIRST], other[_FIRST])
    entry[_LAST] = max(entry[_LAST], other[_LAST])
    if other[2] is not None and (entry[2] is None or other[:2] > entry[:2]):
        entry[:3] = other[:3]
    if other[_STATUS + 2] and (not entry[_STATUS + 2] or other[_STATUS:] > entry[_STATUS:]):
        entry[_STATUS:] = other[_STATUS:]
    for order, (bought, returned) in other[_LINES].items():
        line = entry[_LINES].setdefault(order, [0, 0])
        line[0] = line[0] + bought if order == _NO_ORDER else max(line[0], bought)
        line[1] += returned


def settle(held: dict[str, Held]) -> bool:
    """Bring the lines of all products within their limit; return whether any product had more."""
    limited = False
    for entry in held.values():
        lines = entry[_LINES]
        if len(lines) > _MOST_LINES:
            limited = True
            for order in sorted(lines)[_MOST_LINES:]:
                del lines[order]
    return limited


def read(held: Mapping[str, Held], returned_orders: set[str]) -> tuple[HeldProduct, ...]:
    """Return the products of a person, sorted by number; those that are no longer held are there, as not active."""
    return tuple(_read(product, held[product], returned_orders) for product in sorted(held))


def is_held(product: str, entry: Held, returned_orders: set[str]) -> bool:
    """Return whether a product is held now: a running subscription or contract, or something kept of what was bought."""
    return _read(product, entry, returned_orders).active


def _read(product: str, entry: Held, returned_orders: set[str]) -> HeldProduct:
    kept = 0
    for order, (bought, returned) in entry[_LINES].items():
        if order == _NO_ORDER:
            kept += bought - returned
        elif order not in returned_orders:
            kept += max(bought - returned, 0)
    kept = max(kept, 0)
    status = entry[_STATUS + 2]
    return HeldProduct(
        product=product,
        name=entry[2],
        quantity=kept / values.MILLIONTHS,
        first=entry[_FIRST],
        last=entry[_LAST],
        active=status == _ACTIVE if status else kept > 0,
    )

"""What simulated customers do with messages: they follow a link, buy, or have enough; chance decides, the same for the same seed."""

import hashlib
from typing import Any, Final, Literal

import msgspec

from beleef.demo.catalogue import CATEGORIES, Catalogue
from beleef.kernel.clock import HOUR, MINUTE

_SCALE: Final = float(1 << 64)


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """How a message is received.

    Attributes:
        clicks: Chance that somebody follows a link in it.
        buys: Chance that somebody who did so then buys.
        leaves: Chance that somebody has had enough.
    """

    clicks: float
    buys: float
    leaves: float = 0.004


APPEALS: Final = {
    "welcome": Appeal(clicks=0.16, buys=0.18),
    "welcome-coffee": Appeal(clicks=0.27, buys=0.34),
    "welcome-tips": Appeal(clicks=0.11, buys=0.14, leaves=0.008),
    "cart-reminder": Appeal(clicks=0.31, buys=0.46, leaves=0.003),
    "care": Appeal(clicks=0.06, buys=0.0, leaves=0.0),
    "care-late": Appeal(clicks=0.12, buys=0.0, leaves=0.0),
    "win-back": Appeal(clicks=0.08, buys=0.30, leaves=0.015),
    "birthday": Appeal(clicks=0.21, buys=0.24, leaves=0.002),
    "plan-notice": Appeal(clicks=0.09, buys=0.0, leaves=0.0),
}
"""By the name of the message; one that is not here moves nobody."""


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a customer does because of a message: what, and when, in microseconds."""

    what: Literal["clicked", "ordered", "unsubscribed"]
    at: int


def chance(*parts: object) -> float:
    """Return a number from 0 up to 1 that belongs to some values and to no moment."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / _SCALE


def reactions(message: str, who: str, sent_at: int, seed: int) -> list[Reaction]:
    """Return what a customer does because of a message, in order.

    Args:
        message: Its name.
        who: What names the customer.
        sent_at: When it went out, in microseconds.
        seed: Decides all that chance decides.
    """
    appeal = APPEALS.get(message)
    if appeal is None:
        return []
    drawn = [chance(seed, message, who, number) for number in range(5)]
    if drawn[0] < appeal.leaves:
        return [Reaction(what="unsubscribed", at=sent_at + round((0.1 + 6 * drawn[1]) * HOUR))]
    if drawn[2] >= appeal.clicks:
        return []
    clicked_at = sent_at + round((0.05 + 30 * drawn[3] ** 4) * HOUR)
    found = [Reaction(what="clicked", at=clicked_at)]
    if drawn[4] < appeal.buys:
        found.append(Reaction(what="ordered", at=clicked_at + round((4 + 50 * drawn[1]) * MINUTE)))
    return found


def order(who: str, at: int, seed: int, cart: str) -> dict[str, Any]:
    """Return the properties of an order that a message led to; ``cart`` is the number of the cart it was about, empty for none."""
    catalogue = Catalogue(seed)
    choice = catalogue.popular[int(chance(seed, who, at, "category") * len(CATEGORIES))]
    product = choice[int(chance(seed, who, at, "product") * len(choice))]
    item = msgspec.json.decode(f'{product.item},"quantity":1}}')
    euros = product.price / 100
    said: dict[str, Any] = {
        "order_id": f"B{at // 1_000_000}{int(100 * chance(seed, who)):02d}",
        "total": euros,
        "revenue": euros,
        "currency": "EUR",
        "products": [item],
    }
    return {**said, "cart_id": cart} if cart else said

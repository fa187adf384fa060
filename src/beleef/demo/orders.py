"""From the order to the parcel and back: confirmation, dispatch, delivery (late in one bad month), review and refund."""

from collections.abc import Sequence

import msgspec

from beleef.demo.catalogue import Product, money
from beleef.demo.mail import Mailing, send
from beleef.demo.personas import BUSINESS, PERSONAS
from beleef.demo.service import Need, ask_for_help
from beleef.demo.stage import Stage
from beleef.demo.writing import event
from beleef.kernel.clock import DAY, HOUR, MINUTE

Cart = Sequence[tuple[Product, int]]
"""Products and how many of each."""

CONFIRMATION = Mailing(name="bestelbevestiging", subject="Wij hebben uw bestelling ontvangen", appeal=1.7)
DISPATCH = Mailing(name="pakket-onderweg", subject="Uw pakket is onderweg", appeal=1.9)

_FREE_FROM = 5_000
_SHIPPING = 495
_NUMBERS_FROM = 1_500_000_000_000
_REVIEWS = (
    (1, "Na twee keer gebruiken kapot. Zonde van het geld."),
    (2, "Veel kleiner dan op de foto."),
    (3, "Prima, maar de bezorging duurde lang."),
    (4, "Mooi gemaakt, de kleur valt iets donkerder uit."),
    (4, "Good quality for the price."),
    (5, "Precies wat ik zocht, en de volgende dag in huis."),
    (5, "Absolutely lovely, bought a second one for my sister."),
)


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that is placed.

    Attributes:
        number: Its number.
        items: The JSON list of its products.
        goods: What the goods cost after discount, in cents.
        shipping: What the dispatch costs, in cents.
        discount: In cents.
        first: The item that a review would be about.
    """

    number: str
    items: str
    goods: int
    shipping: int
    discount: int
    first: Product


def new_order(at: int, person: int, cart: Cart, *, letter: str, discount_part: float = 0.0) -> Order:
    """Return an order for a cart.

    Args:
        at: The moment; with the person it makes the number.
        person: Who orders.
        cart: What.
        letter: First letter of the number: where it was placed.
        discount_part: Part of the price that a coupon takes off.
    """
    full = sum(product.price * quantity for product, quantity in cart)
    discount = int(full * discount_part)
    items = ",".join(f'{product.item},"quantity":{quantity}}}' for product, quantity in cart)
    goods = full - discount
    return Order(
        number=f"{letter}{at // 1_000 - _NUMBERS_FROM}{person % 100:02d}",
        items=f"[{items}]",
        goods=goods,
        shipping=0 if letter == "T" or goods >= _FREE_FROM else _SHIPPING,
        discount=discount,
        first=cart[0][0],
    )


def completed(order: Order, *, coupon: str | None = None, more: str = "") -> str:
    """Return the beginning of the message "Order Completed"; ``more`` are further properties after a comma."""
    taken_off = f',"discount":{money(order.discount)},"coupon":"{coupon}"' if coupon else ""
    return event(
        "Order Completed",
        f'"order_id":"{order.number}","total":{money(order.goods + order.shipping)},"revenue":{money(order.goods)},'
        f'"shipping":{money(order.shipping)}{taken_off},"currency":"EUR","products":{order.items}{more}',
    )


def dispatch(stage: Stage, at: int, person: int, order: Order) -> None:
    """Plan what follows on an order: the confirmation at once, the parcel within two days."""
    random = stage.random
    stage.after(at, int((1 + 4 * random()) * MINUTE), send, person, CONFIRMATION)
    stage.after(at, int((4 + 26 * random()) * HOUR), _ship, person, order)


def _ship(stage: Stage, at: int, person: int, order: Order) -> None:
    random = stage.random
    identity, context = stage.knowledge.identity(person)
    carrier = "Vlotpost" if random() < 0.75 else "Fietskoerier Zuidwind"
    parcel = f'"order_id":"{order.number}","carrier":"{carrier}"'
    stage.record("post", at, event("Order Shipped", parcel), identity, context)
    stage.after(at, int((2 + 20 * random()) * MINUTE), send, person, DISPATCH)
    late = 0.8 if stage.in_trouble and carrier == "Vlotpost" else 0.025
    if random() < late:
        stage.after(at, int(DAY * (1 + random())), _delay, person, (order, parcel))
    else:
        stage.after(at, int((14 + 26 * random()) * HOUR), _deliver, person, (order, parcel, 0))


def _delay(stage: Stage, at: int, person: int, what: tuple[Order, str]) -> None:
    order, parcel = what
    random, people = stage.random, stage.people
    days = 2 + int(8 * random() ** 2)
    identity, context = stage.knowledge.identity(person)
    stage.record("post", at, event("Delivery Delayed", f'{parcel},"delay_days":{days}'), identity, context)
    stage.after(at, int(days * DAY + 9 * HOUR * random()), _deliver, person, (order, parcel, days))
    if random() < min(0.9, 0.55 * PERSONAS[people.kind_of[person]].contacts):
        ask_for_help(stage, at, person, Need(topic="delivery", order=order.number), wait_h=20)
    if random() < 0.3:
        stage.after(at, int((15 + 10 * random()) * DAY), _apologise, person, order)


def _apologise(stage: Stage, at: int, person: int, order: Order) -> None:
    identity, context = stage.knowledge.identity(person)
    letter = f'"letter":"excuses-vertraging","order_id":"{order.number}","coupon":"SORRY10"'
    stage.record("post", at, event("Letter Sent", letter), identity, context)


def _deliver(stage: Stage, at: int, person: int, what: tuple[Order, str, int]) -> None:
    order, parcel, late_days = what
    random = stage.random
    kind = stage.people.kind_of[person]
    identity, context = stage.knowledge.identity(person)
    stage.record("post", at, event("Order Delivered", f'{parcel},"late_days":{late_days}'), identity, context)
    if random() < 0.025 * PERSONAS[kind].contacts:
        ask_for_help(stage, at, person, Need(topic="product", order=order.number), wait_h=30)
    if random() < (0.04 if kind == BUSINESS else 0.09) * (2 if late_days > 4 else 1):
        stage.after(at, int((2 + 9 * random()) * DAY), _refund, person, order)
        if random() < 0.12 * PERSONAS[kind].contacts:
            ask_for_help(stage, at, person, Need(topic="return", order=order.number), wait_h=60)
    elif random() < 0.06:
        stage.after(at, int((2 + 12 * random()) * DAY), _review, person, (order.first, late_days))


def _refund(stage: Stage, at: int, person: int, order: Order) -> None:
    identity, context = stage.knowledge.identity(person)
    refund = (
        f'"order_id":"{order.number}","total":{money(order.goods)},"currency":"EUR","products":{order.items}'
    )
    stage.record("webshop", at, event("Order Refunded", refund), identity, context)


def _review(stage: Stage, at: int, person: int, what: tuple[Product, int]) -> None:
    product, late_days = what
    skill = stage.random() if late_days > 2 else stage.random() ** 0.5
    rating, text = _REVIEWS[int(skill * len(_REVIEWS))]
    identity, context = stage.knowledge.identity(person)
    review = f'{product.item[1:]},"rating":{rating},"review_body":"{text}"'
    stage.record("webshop", at, event("Product Reviewed", review), identity, context)

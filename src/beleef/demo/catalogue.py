"""The shop's own, invented catalogue: some 400 products for home, kitchen, garden and coffee, and workshops.

Every product carries the pieces of JSON in which it appears, so that a message about it is a matter of joining text.
"""

from collections.abc import Iterator, Sequence
from random import Random

import msgspec

SITE = "https://www.lindewijk.example.nl"
BRANDS = (
    "Zonnewiel",
    "Maanvos",
    "Ruwbloem",
    "Hazelnoord",
    "Noorderlamp",
    "Blauwspecht",
    "Kaapwerk",
    "Tjilpen",
)
MODELS = ("Duin", "Wad", "Heide", "Polder", "Kreek", "Nordic", "Fjord", "Studio", "Classic", "Moss")

HOME, KITCHEN, GARDEN, COFFEE, WORKSHOPS = range(5)
CATEGORIES = ("Wonen", "Keuken", "Tuin", "Koffie", "Workshops")

_GROUPS: tuple[tuple[int, str, int, int], ...] = (
    (HOME, "Tafellamp", 2995, 14995), (HOME, "Plaid", 1995, 7995), (HOME, "Sierkussen", 1295, 4995),
    (HOME, "Vaas", 995, 6995), (HOME, "Vloerkleed", 7995, 39995), (HOME, "Scented candle", 795, 2995),
    (HOME, "Wandklok", 1995, 8995), (HOME, "Spiegel", 2995, 17995), (HOME, "Opbergmand", 1295, 4495),
    (HOME, "Throw", 2495, 8995), (HOME, "Dekbedovertrek", 2995, 11995),
    (KITCHEN, "Koekenpan", 1995, 9995), (KITCHEN, "Braadpan", 4995, 24995), (KITCHEN, "Koksmes", 2495, 14995),
    (KITCHEN, "Snijplank", 1295, 6995), (KITCHEN, "Ovenschaal", 1495, 4995), (KITCHEN, "Mixing bowl", 995, 3995),
    (KITCHEN, "Keukenweegschaal", 1495, 4995), (KITCHEN, "Theepot", 1995, 7995), (KITCHEN, "Bordenset", 2995, 12995),
    (KITCHEN, "Salad spinner", 1295, 3495), (KITCHEN, "Staafmixer", 3995, 14995), (KITCHEN, "Bakvorm", 795, 2995),
    (GARDEN, "Bloempot", 695, 7995), (GARDEN, "Gieter", 1295, 4995), (GARDEN, "Snoeischaar", 1495, 5995),
    (GARDEN, "Tuinstoel", 4995, 24995), (GARDEN, "Parasol", 5995, 29995), (GARDEN, "Vogelhuis", 1295, 4995),
    (GARDEN, "Hanging lantern", 1495, 5995), (GARDEN, "Kweekbak", 1995, 8995), (GARDEN, "Fire bowl", 6995, 24995),
    (COFFEE, "Espressobonen", 895, 1995), (COFFEE, "Filterkoffie", 795, 1695), (COFFEE, "French press", 1995, 6995),
    (COFFEE, "Koffiemolen", 3995, 29995), (COFFEE, "Espressomachine", 19995, 99995),
    (COFFEE, "Pour-over kettle", 3495, 12995), (COFFEE, "Melkopschuimer", 1995, 7995), (COFFEE, "Koffiekopjes", 1295, 4495),
)  # fmt: skip
"""Category, what it is, lowest and highest price in cents."""

_WORKSHOPS = ("Koffie proeven", "Latte art", "Brood bakken", "Messen slijpen", "Kerstkrans maken")


class Product(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A product.

    Attributes:
        number: Its place in the catalogue.
        category: Place in ``CATEGORIES``.
        name: What it is called.
        price: In cents.
        page: ``"page":{…}`` for ``context``: its page in the web shop.
        page_head: The beginning of a ``page`` message about it.
        screen_head: The beginning of a ``screen`` message about it.
        viewed_head: The beginning of a ``track`` message "Product Viewed".
        added_head: The beginning of a ``track`` message "Product Added".
        item: Its object in the list of products of an order, without quantity and closing brace.
    """

    number: int
    category: int
    name: str
    price: int
    page: str
    page_head: str
    screen_head: str
    viewed_head: str
    added_head: str
    item: str


class Catalogue:
    """All products, and for each category the ones to stumble on: popular ones stand in it more often.

    Args:
        seed: Decides prices, brands and popularity.
    """

    def __init__(self, seed: int) -> None:
        dice = Random(f"{seed}:catalogue")  # noqa: S311 - a simulation must be repeatable
        self.products: Sequence[Product] = tuple(_products(dice))
        self.popular: Sequence[Sequence[Product]] = tuple(
            tuple(dice.choices(of, weights=[1 / (rank + 3) for rank in range(len(of))], k=512))
            for of in (_shuffled(self.products, category, dice) for category in range(len(CATEGORIES)))
        )


def money(cents: int) -> str:
    """Return an amount of cents as a JSON number of euros with two decimals."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def slug(text: str) -> str:
    """Return a name as it stands in a web address."""
    return text.lower().replace(" ", "-")


def page(path: str, title: str, *, name: str, search: str = "") -> tuple[str, str]:
    """Return the beginning of a ``page`` message, and its ``"page":{…}`` for ``context``."""
    inside = f'"path":"{path}","title":"{title}","url":"{SITE}{path}{search}"' + (
        f',"search":"{search}"' if search else ""
    )
    return f'"type":"page","name":"{name}","properties":{{{inside}}}', f'"page":{{{inside}}}'


def _shuffled(products: Sequence[Product], category: int, dice: Random) -> list[Product]:
    of = [product for product in products if product.category == category]
    dice.shuffle(of)
    return of


def _products(dice: Random) -> Iterator[Product]:
    number = 0
    for category, what, lowest, highest in _GROUPS:
        for place, model in enumerate(MODELS):
            price = (lowest + (highest - lowest) * place // 12) // 100 * 100 + dice.choice((95, 50, 99, 0))
            yield _product(number, category, f"{what} {model}", dice.choice(BRANDS), price)
            number += 1
    for what in _WORKSHOPS:
        yield _product(number, WORKSHOPS, f"Workshop {what}", "Lindewijk", dice.choice((2950, 3950, 4950)))
        number += 1


def _product(number: int, category: int, name: str, brand: str, price: int) -> Product:
    label = CATEGORIES[category]
    code = f"{label[:2].upper()}-{number + 1000}"
    folder = "workshops" if category == WORKSHOPS else "p"
    page_head, context = page(f"/{folder}/{slug(name)}", name, name="Product")
    item = (
        f'{{"product_id":"{code}","sku":"{code}","name":"{name}","brand":"{brand}","category":"{label}",'
        f'"price":{money(price)}'
    )
    return Product(
        number=number,
        category=category,
        name=name,
        price=price,
        page=context,
        page_head=page_head,
        screen_head=f'"type":"screen","name":"Product","properties":{{"product_id":"{code}","name":"{name}"}}',
        viewed_head=f'"type":"track","event":"Product Viewed","properties":{item},"currency":"EUR"}}',
        added_head=f'"type":"track","event":"Product Added","properties":{item},"quantity":1,"currency":"EUR"}}',
        item=item,
    )

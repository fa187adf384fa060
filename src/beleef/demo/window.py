"""What the demo's mails show of the shop: its products as a feed, and a picture for each part of the range.

The pictures lie beside this file and were drawn for it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from beleef.demo.catalogue import CATEGORIES, SITE, Catalogue, slug

FEED: Final = "products"
"""Name of the feed, as messages look it up."""
_PICTURES: Final = Path(__file__).parent / "pictures"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: of which category, the name of its file, what it shows, and its bytes (PNG)."""

    category: str
    name: str
    shows: str
    body: bytes


def pictures() -> Iterator[Picture]:
    """Yield one picture for each category."""
    for category in CATEGORIES:
        name = f"{slug(category)}.png"
        yield Picture(category=category, name=name, shows=category, body=(_PICTURES / name).read_bytes())


def product_rows(seed: int, addresses: dict[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the feed: everything that the shop sells.

    Args:
        seed: That of the world whose products they are.
        addresses: By category, where its picture is.
    """
    rows = []
    for product in Catalogue(seed).products:
        said = msgspec.json.decode(f"{product.item}}}")
        folder = "workshops" if said["category"] == CATEGORIES[-1] else "p"
        rows.append(
            {
                "product_id": said["product_id"],
                "name": product.name,
                "brand": said["brand"],
                "category": said["category"],
                "price": product.price / 100,
                "url": f"{SITE}/{folder}/{slug(product.name)}",
                "picture": addresses[said["category"]],
            }
        )
    return rows

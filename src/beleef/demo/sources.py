"""The demo's eight sources as data: their channels, and the rules that name the exact place of contact."""

from functools import cache
from typing import Any

import msgspec

from beleef.collect.api import TouchpointRule
from beleef.demo.model import DemoSource

_SOURCES: tuple[tuple[str, str, str], ...] = (
    ("webshop", "Web shop", "web"),
    ("app", "App", "app"),
    ("tills", "Tills", "shop"),
    ("callcentre", "Call centre", "phone"),
    ("mail", "Mail", "email"),
    ("portal", "Service portal", "portal"),
    ("post", "Post", "post"),
    ("adverts", "Advertisements", "advert"),
)


def _event(name: str, touchpoint: str, ring: str = "customer") -> dict[str, Any]:
    return {"touchpoint": touchpoint, "ring": ring, "when": {"type": "track", "name": name}}


def _path(prefix: str, touchpoint: str, ring: str = "customer") -> dict[str, Any]:
    return {"touchpoint": touchpoint, "ring": ring, "when": {"path_prefix": prefix}}


def _screen(name: str, touchpoint: str, ring: str = "customer") -> dict[str, Any]:
    return {"touchpoint": touchpoint, "ring": ring, "when": {"type": "screen", "name": name}}


_RULES: dict[str, list[dict[str, Any]]] = {
    "webshop": [
        _event("Order Refunded", "Refund", "service"),
        _event("Product Reviewed", "Review"),
        _event("Subscription Started", "Coffee plan"),
        _event("Subscription Renewed", "Coffee plan"),
        _event("Subscription Ended", "Coffee plan"),
        {"touchpoint": "Account", "ring": "customer", "when": {"type": "identify"}},
        _event("Signed Up", "Account"),
        _event("Consent Updated", "Account"),
        _path("/workshops", "Workshop page", "staged"),
        _path("/p/", "Product page"),
        _path("/c/workshops", "Workshop page", "staged"),
        _path("/c/", "Category page"),
        _path("/zoeken", "Search"),
        _path("/winkelwagen", "Cart"),
        _path("/afrekenen", "Checkout"),
        _path("/bedankt", "Order confirmation page"),
        _path("/mijn", "Account"),
        _path("/", "Home page"),
    ],
    "app": [
        {"touchpoint": "App account", "ring": "customer", "when": {"type": "identify"}},
        _event("Signed Up", "App account"),
        _event("Consent Updated", "App account"),
        _event("Order Completed", "App checkout"),
        _event("Checkout Started", "App checkout"),
        _event("Application Opened", "App start"),
        _event("Products Searched", "App search"),
        {
            "touchpoint": "App workshop",
            "ring": "staged",
            "when": {"type": "track", "property": {"category": "Workshops"}},
        },
        _event("Product Viewed", "App product"),
        _event("Product Added", "App product"),
        _screen("Product", "App product"),
        _event("Cart Viewed", "App cart"),
        _screen("Cart", "App cart"),
        _screen("Loyalty card", "Loyalty card"),
        _screen("Start", "App start"),
    ],
    "tills": [
        _event("Workshop Attended", "Workshop in the shop", "staged"),
        _event("Order Completed", "Till"),
    ],
    "callcentre": [
        _event("Complaint Opened", "Complaint", "service"),
        _event("Complaint Closed", "Complaint", "service"),
        {
            "touchpoint": "Call about a delivery",
            "ring": "service",
            "when": {"type": "track", "property": {"topic": "delivery"}},
        },
        _event("Call Completed", "Call", "service"),
        _event("Call Abandoned", "Call", "service"),
    ],
    "mail": [
        {
            "touchpoint": "Order mail",
            "ring": "service",
            "when": {"property": {"campaign_name": "bestelbevestiging"}},
        },
        {
            "touchpoint": "Order mail",
            "ring": "service",
            "when": {"property": {"campaign_name": "pakket-onderweg"}},
        },
        {
            "touchpoint": "Cart reminder",
            "ring": "customer",
            "when": {"property": {"campaign_name": "winkelwagen-herinnering"}},
        },
        {"touchpoint": "Newsletter", "ring": "customer", "when": {"type": "track"}},
    ],
    "portal": [
        _event("Question Answered", "Answer in the portal", "service"),
        _path("/service/vraag", "Question in the portal", "service"),
        _path("/service/bestellingen", "My orders", "service"),
        _path("/service", "Service pages", "service"),
    ],
    "post": [
        _event("Order Shipped", "Parcel", "service"),
        _event("Order Delivered", "Parcel", "service"),
        _event("Delivery Delayed", "Parcel", "service"),
        _event("Letter Sent", "Letter", "service"),
        _event("Brochure Sent", "Brochure"),
    ],
    "adverts": [{"touchpoint": "Advertisement", "ring": "customer", "when": {"type": "track"}}],
}


@cache
def sources() -> tuple[DemoSource, ...]:
    """Return the demo's sources."""
    return tuple(
        DemoSource(
            name=name,
            label=f"{label} (simulated)",
            channel=channel,
            write_key=f"simulated-{name}",
            touchpoints=msgspec.convert(_RULES[name], tuple[TouchpointRule, ...]),
        )
        for name, label, channel in _SOURCES
    )

"""The kinds of people in the demo and how each behaves, as one table; change a figure here and the whole world follows."""

import msgspec


class Persona(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one kind of person behaves. Rates are expected numbers a day, the other figures are probabilities.

    Attributes:
        name: What we call them.
        share: Their part of all people.
        web: Visits to the web shop that nothing invited.
        app: Visits to the app.
        shop: Purchases in a shop.
        depth: Mean number of products looked at in a visit.
        adds: That a product looked at goes into the cart.
        buys: That a cart is paid for.
        account: That they ever make an account.
        card: That they have a loyalty card of the shops.
        letter: That they ever take the newsletter.
        opens: That they open a mail.
        contacts: How much sooner than others they ask for help (1 is as others).
        bargains: How much a sale moves them (0 is not at all).
        plan: That they ever have a coffee subscription.
    """

    name: str
    share: float
    web: float
    app: float
    shop: float
    depth: float
    adds: float
    buys: float
    account: float
    card: float
    letter: float
    opens: float
    contacts: float
    bargains: float
    plan: float


_COLUMNS = (
    "share", "web", "app", "shop", "depth", "adds", "buys", "account", "card", "letter", "opens", "contacts", "bargains",
    "plan",
)  # fmt: skip

_TABLE: dict[str, tuple[float, ...]] = {
    "web explorer":    (0.22, 0.0145, 0.0000, 0.0020, 5.0, 0.07, 0.35, 0.50, 0.15, 0.40, 0.35, 1.0, 1.0, 0.05),
    "shop-goer":       (0.20, 0.0045, 0.0000, 0.0150, 2.5, 0.10, 0.30, 0.30, 0.80, 0.25, 0.30, 0.8, 0.5, 0.05),
    "bargain hunter":  (0.14, 0.0110, 0.0010, 0.0060, 4.0, 0.12, 0.40, 0.60, 0.40, 0.70, 0.50, 1.2, 3.0, 0.02),
    "loyal app user":  (0.12, 0.0035, 0.0350, 0.0060, 3.5, 0.13, 0.50, 1.00, 0.60, 0.50, 0.45, 0.8, 1.0, 0.25),
    "service-heavy":   (0.05, 0.0120, 0.0050, 0.0030, 3.0, 0.14, 0.55, 0.85, 0.30, 0.30, 0.40, 5.0, 0.5, 0.06),
    "gift buyer":      (0.12, 0.0020, 0.0000, 0.0010, 3.0, 0.30, 0.75, 0.08, 0.05, 0.10, 0.20, 1.0, 1.0, 0.00),
    "lapsed customer": (0.12, 0.0160, 0.0030, 0.0040, 3.0, 0.12, 0.45, 0.60, 0.30, 0.40, 0.15, 1.0, 1.0, 0.05),
    "business buyer":  (0.03, 0.0350, 0.0000, 0.0020, 4.0, 0.20, 0.65, 1.00, 0.05, 0.30, 0.30, 1.2, 0.3, 0.30),
}  # fmt: skip

PERSONAS: tuple[Persona, ...] = tuple(
    Persona(name=name, **dict(zip(_COLUMNS, figures, strict=True))) for name, figures in _TABLE.items()
)

LOYAL, GIFT_BUYER, LAPSED, BUSINESS = 3, 5, 6, 7
"""Places in ``PERSONAS`` of the kinds that the rest of the world treats apart."""

"""Visits to the web shop: somebody comes from somewhere, looks around, fills a cart, and buys or does not."""

from beleef.demo.catalogue import (
    CATEGORIES,
    COFFEE,
    GARDEN,
    HOME,
    KITCHEN,
    WORKSHOPS,
    Product,
    money,
    page,
    slug,
)
from beleef.demo.login import give_details, log_in
from beleef.demo.mail import Mailing, send
from beleef.demo.model import CAMPAIGN_DAYS
from beleef.demo.orders import Cart, completed, dispatch, new_order
from beleef.demo.people import HOUSEHOLD, LAPTOP, PHONE
from beleef.demo.personas import BUSINESS, PERSONAS, Persona
from beleef.demo.session import Session
from beleef.demo.stage import Stage
from beleef.demo.writing import campaign, event
from beleef.kernel.clock import HOUR

Arrival = tuple[str, str, str]
"""Campaign, source and medium that brought somebody."""

_HOME = page("/", "Lindewijk: voor thuis", name="Home")
_LISTS = tuple(page(f"/c/{slug(label)}", label, name="Category") for label in CATEGORIES)
_CART = page("/winkelwagen", "Winkelwagen", name="Cart")
_CHECKOUT = page("/afrekenen", "Afrekenen", name="Checkout")
_THANKS = page("/bedankt", "Bedankt voor uw bestelling", name="Thank you")
_ACCOUNT = page("/mijn", "Mijn Lindewijk", name="My account")
_SEARCHES = tuple(
    (
        page("/zoeken", "Zoeken", name="Search", search=f"?q={slug(query)}"),
        event("Products Searched", f'"query":"{query}"'),
    )
    for query in (
        "koekenpan", "cadeau", "koffiebonen", "espresso", "kussen", "plaid", "tuinstoel", "bloempot", "french press",
        "messen", "workshop", "vaas", "parasol", "theepot", "lamp", "scented candle",
    )
)  # fmt: skip
_ENGINES: tuple[Arrival, ...] = (("merknaam", "zoekmachine", "cpc"), ("keukengerei", "zoekmachine", "cpc"))
_REMINDER = "winkelwagen-herinnering"
_PUBLIC = "library"
_FAULTY_NUMBERS = ('"null"', '"undefined"')


def visit(stage: Stage, at: int, person: int, arrival: Arrival | None) -> None:
    """Visit the web shop. An act."""
    random = stage.random
    kind = PERSONAS[stage.people.kind_of[person]]
    public = random() < 0.0015
    session = _sit_down(stage, at, person, arrival, public=public)
    if random() < 0.5 and not arrival:
        session.say(*_landing(stage, person, _HOME))
        session.think(20)
    else:
        session.say(*_landing(stage, person, _LISTS[_category(stage, person)]))
        session.think(30)
    knows_user = session.user != "null"
    if not knows_user and stage.knowledge.has_account(person) and random() < 0.3:
        log_in(session, remember=not public)
        session.say(*_ACCOUNT)
        session.think(30)
    cart = look_around(session, kind)
    if cart:
        _decide(session, kind, cart, public=public, reminded=bool(arrival and arrival[0] == _REMINDER))
    session.close()


def look_around(session: Session, kind: Persona) -> list[tuple[Product, int]]:
    """Look at products, in a browser or in the app; return what went into the cart."""
    stage, random, in_app = session.stage, session.stage.random, session.device > PHONE
    cart: list[tuple[Product, int]] = []
    if random() < 0.25:
        (head, where), search = _SEARCHES[int(random() * len(_SEARCHES))]
        if not in_app:
            session.say(head, where)
        session.say(search, "" if in_app else where)
        session.think(25)
    category = _category(stage, session.person)
    for _ in range(1 + int(kind.depth * 2 * random() * random())):
        if random() < 0.3:
            category = _category(stage, session.person)
            if not in_app:
                session.say(*_LISTS[category])
                session.think(25)
        choice = stage.catalogue.popular[category]
        product = choice[int(random() * len(choice))]
        where = "" if in_app else product.page
        session.say(product.screen_head if in_app else product.page_head, where)
        session.say(product.viewed_head, where)
        session.think(50)
        if random() < kind.adds:
            quantity = 1 if kind is not PERSONAS[BUSINESS] else 1 + int(12 * random() ** 2)
            session.say(f'{product.added_head[:-1]},"cart_id":"{session.cart}"}}', where)
            cart.append((product, quantity))
            session.think(15)
    return cart


def buys(session: Session, kind: Persona, *, reminded: bool) -> bool:
    """Return whether somebody with a full cart buys; a sale and a reminder help."""
    sale = session.stage.today.sale
    return session.stage.random() < kind.buys * (1 + 0.4 * kind.bargains * sale) * (1.6 if reminded else 1.0)


def cart_viewed(cart: Cart, cart_id: str) -> str:
    """Return the beginning of the message "Cart Viewed", with all that is in it."""
    items = ",".join(f'{product.item},"quantity":{quantity}}}' for product, quantity in cart)
    return event("Cart Viewed", f'"cart_id":"{cart_id}","products":[{items}]')


def checkout_started(cart: Cart, cart_id: str) -> str:
    """Return the beginning of the message "Checkout Started"."""
    value = sum(product.price * quantity for product, quantity in cart)
    return event(
        "Checkout Started",
        f'"value":{money(value)},"currency":"EUR","lines":{len(cart)},"cart_id":"{cart_id}"',
    )


def discount(stage: Stage, kind: Persona) -> tuple[str | None, float]:
    """Return the coupon that somebody uses and the part of the price it takes off."""
    if stage.today.sale and stage.random() < 0.3 * kind.bargains:
        return stage.today.theme.upper(), 0.15 if stage.today.sale < 0.5 else 0.25
    return None, 0.0


def _sit_down(stage: Stage, at: int, person: int, arrival: Arrival | None, *, public: bool) -> Session:
    random, people, day = stage.random, stage.people, stage.today.number
    if arrival is None and random() < 0.12:
        arrival = _ENGINES[random() < 0.5]
    device = PHONE if not public and random() < (0.65 if arrival else 0.5) else LAPTOP
    session = Session(
        stage, "webshop", at, person, device=device, campaign=campaign(*arrival) if arrival else "",
        anonymous_id=people.random_id(_PUBLIC) if public else people.anonymous_id(person, device, day),
    )  # fmt: skip
    if not public and stage.knowledge.knows(person, device, day):
        session.user = f'"{people.user_id(person)}"'
        companies = people.companies_of(person)
        if companies:
            session.belongs_to(companies[0])
    elif random() < 0.003:
        session.user = _FAULTY_NUMBERS[random() < 0.5]
    elif device == LAPTOP and people.quirks_of[person] & HOUSEHOLD and random() < 0.1:
        # Somebody of the household forgot to log out, and this one goes on as the other.
        other = min(person ^ 1, people.count - 1)
        if stage.knowledge.has_account(other):
            session.user = f'"{people.user_id(other)}"'
    return session


def _landing(stage: Stage, person: int, where: tuple[str, str]) -> tuple[str, str]:
    """Return a page as the first of a visit: it says which cookies somebody allows, and rarely who referred."""
    head, context = where
    advertising = "true" if person % 3 else "false"
    consents = f',"consent":{{"categoryPreferences":{{"analytics":true,"advertising":{advertising}}}}}'
    if stage.random() < 0.3:
        context = f'{context[:-1]},"referrer":"https://zoek.example.com/"}}'
    return head, context + consents


def _category(stage: Stage, person: int) -> int:
    random = stage.random
    if random() < 0.55:
        return person * 7919 % 4
    if 3 <= stage.today.date.month <= 7 and random() < 0.4:
        return GARDEN
    chance = random()
    return HOME if chance < 0.38 else KITCHEN if chance < 0.7 else COFFEE if chance < 0.93 else WORKSHOPS


def _decide(session: Session, kind: Persona, cart: Cart, *, public: bool, reminded: bool) -> None:
    stage, person = session.stage, session.person
    random, knowledge, day = stage.random, stage.knowledge, stage.today.number
    session.say(*_CART)
    session.say(cart_viewed(cart, session.cart), _CART[1])
    session.think(25)
    if not buys(session, kind, reminded=reminded):
        if random() < 0.3:
            session.say(*_CHECKOUT)
            session.say(checkout_started(cart, session.cart), _CHECKOUT[1])
        is_reminded = stage.people.letter[person] <= day < stage.people.days - CAMPAIGN_DAYS
        if knowledge.has_account(person) and session.user != "null" and is_reminded:
            mailing = Mailing(
                name=_REMINDER,
                subject="Er ligt nog iets in uw winkelwagen",
                appeal=1.3,
                clicks=0.35,
                leads_to=visit,
            )
            stage.after(session.at, int((2 + 20 * random()) * HOUR), send, person, mailing)
        return
    session.say(*_CHECKOUT)
    session.say(checkout_started(cart, session.cart), _CHECKOUT[1])
    session.think(60)
    known = session.user != "null"
    if not known and (knowledge.has_account(person) or knowledge.wants_account(person, day)):
        log_in(session, remember=not public)
    elif not known:
        give_details(session)
    session.think(60)
    coupon, part = discount(stage, kind)
    order = new_order(session.at, person, cart, letter="W", discount_part=part)
    session.say(completed(order, coupon=coupon, more=f',"cart_id":"{session.cart}"'), _THANKS[1])
    session.say(*_THANKS)
    dispatch(stage, session.at, person, order)

"""Visits with the app: like the web shop, with screens instead of pages, and mostly by people it knows."""

from beleef.demo.login import log_in
from beleef.demo.orders import completed, dispatch, new_order
from beleef.demo.people import APP
from beleef.demo.personas import PERSONAS
from beleef.demo.session import Session
from beleef.demo.stage import Stage
from beleef.demo.visits import buys, cart_viewed, checkout_started, discount, look_around
from beleef.demo.writing import event

_OPENED = event("Application Opened", '"version":"4.2.0","from_background":false')
_START = '"type":"screen","name":"Start","properties":{}'
_CARD = '"type":"screen","name":"Loyalty card","properties":{}'
_CART = '"type":"screen","name":"Cart","properties":{}'


def visit(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    """Open the app. An act."""
    random, people, knowledge, day = stage.random, stage.people, stage.knowledge, stage.today.number
    kind = PERSONAS[people.kind_of[person]]
    session = Session(
        stage, "app", at, person, device=APP, anonymous_id=people.anonymous_id(person, APP, day)
    )
    if knowledge.knows(person, APP, day):
        session.user = f'"{people.user_id(person)}"'
    session.say(_OPENED)
    session.say(_START)
    session.think(10)
    wants = knowledge.has_account(person) or knowledge.wants_account(person, day)
    if session.user == "null" and wants and random() < 0.7:
        log_in(session, remember=True)
    if people.card_of[person] and random() < 0.2:
        session.say(_CARD)
        session.close()
        return
    cart = look_around(session, kind)
    if cart:
        session.say(_CART)
        session.say(cart_viewed(cart, session.cart))
        session.think(20)
        if session.user != "null" and buys(session, kind, reminded=False):
            session.say(checkout_started(cart, session.cart))
            session.think(40)
            coupon, part = discount(stage, kind)
            order = new_order(session.at, person, cart, letter="A", discount_part=part)
            session.say(completed(order, coupon=coupon, more=f',"cart_id":"{session.cart}"'))
            dispatch(stage, session.at, person, order)
    session.close()

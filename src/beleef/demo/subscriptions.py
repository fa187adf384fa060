"""The coffee plan: coffee by post every thirty days, until somebody has had enough."""

from beleef.demo.catalogue import COFFEE, Product, money
from beleef.demo.login import traits
from beleef.demo.service import Need, ask_for_help
from beleef.demo.stage import Stage
from beleef.demo.timetable import at_hour
from beleef.demo.writing import event

PERIOD_DAYS = 30


def plan_renewals(stage: Stage) -> None:
    """Start, renew and end the subscriptions that it is the day for."""
    people, day = stage.people, stage.today.number
    on = (people.plan <= day) & (day < people.plan_end) & (day < people.lapsed)
    due = on & ((day - people.plan) % PERIOD_DAYS == 0)
    for person in due.nonzero()[0].tolist():
        stage.at(at_hour(stage.today, 7 + person % 100 / 50), _renew, person)
    ended = (people.plan < people.plan_end) & (people.plan_end == day) & (day < people.lapsed)
    for person in ended.nonzero()[0].tolist():
        stage.at(at_hour(stage.today, 8 + person % 14), _end, person)


def _coffee(stage: Stage, person: int) -> Product:
    choice = stage.catalogue.popular[COFFEE]
    return next(product for product in choice[person % 200 :] if product.price < 2_000)


def _say(stage: Stage, at: int, person: int, name: str, *, paid: bool) -> None:
    product = _coffee(stage, person)
    price = money(product.price * 2)
    money_in = f',"revenue":{price},"currency":"EUR"' if paid else ""
    properties = (
        f'"subscription_id":"KP{person:07d}","plan":"Koffieplan","interval_days":{PERIOD_DAYS},{product.item[1:]},'
        f'"quantity":2{money_in}'
    )
    identity, context = stage.knowledge.identity(person)
    stage.record("webshop", at, event(name, properties), identity, context)


def _renew(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    people, knowledge = stage.people, stage.knowledge
    first = people.plan[person] == stage.today.number
    if not knowledge.has_account(person):
        knowledge.sign_up(person)
        identity, context = knowledge.identity(person)
        head = f'"type":"identify","traits":{{{traits(people, person)}}}'
        stage.record("webshop", at, head, identity, context)
    _say(stage, at, person, "Subscription Started" if first else "Subscription Renewed", paid=True)
    if stage.random() < 0.01:
        ask_for_help(stage, at, person, Need(topic="subscription"), wait_h=50)


def _end(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    _say(stage, at, person, "Subscription Ended", paid=False)

"""People who need help: they call, or ask in the service portal; most get an answer, some have to come back."""

from typing import Literal

import msgspec

from beleef.demo.catalogue import page
from beleef.demo.people import LAPTOP, PHONE
from beleef.demo.session import Session
from beleef.demo.stage import Stage
from beleef.demo.timetable import office_moment
from beleef.demo.writing import event, external_id
from beleef.kernel.clock import DAY, HOUR

Topic = Literal["delivery", "return", "product", "invoice", "subscription"]

QUESTIONS: dict[Topic, tuple[str, ...]] = {
    "delivery": (
        "Waar blijft mijn pakket? Het zou eergisteren al komen.",
        "Volgens de bezorger ben ik niet thuis geweest, maar ik zat de hele dag te wachten.",
        "Mijn bestelling is al een week onderweg. Kunt u kijken wat er aan de hand is?",
        "The tracking has not changed for four days. Is my parcel lost?",
        "De doos kwam kapot aan en de helft ontbreekt.",
    ),
    "return": (
        "Ik heb mijn retour vorige week ingeleverd. Wanneer krijg ik mijn geld terug?",
        "Kan ik dit ook in de winkel terugbrengen?",
        "How do I return an item that I bought as a gift?",
    ),
    "product": (
        "Mag deze pan in de vaatwasser?",
        "Het deksel past niet goed. Hoort dat zo?",
        "Is this coffee suitable for an espresso machine?",
        "Wanneer is dit weer op voorraad?",
    ),
    "invoice": (
        "Ik kan mijn factuur niet vinden. Kunt u die sturen?",
        "Het bedrag op de factuur klopt niet met de bestelling.",
        "Could you put our order number on the invoice?",
    ),
    "subscription": (
        "Kan ik mijn koffieplan een maand overslaan?",
        "Ik wil graag een andere koffie in mijn plan.",
        "Ik heb opgezegd en toch is er weer geld afgeschreven.",
    ),
}

_COMPLAINS = 0.5
"""Part of those who asked in vain that say so in a complaint; one about the same matter is enough."""

_SERVICE = page("/service", "Service", name="Service")
_ORDERS = page("/service/bestellingen", "Mijn bestellingen", name="My orders")
_ASK = page("/service/vraag", "Stel uw vraag", name="Ask a question")


class Need(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What somebody needs help with.

    Attributes:
        topic: What it is about.
        order: Number of the order, if it is about one.
        attempt: How often this was asked before.
    """

    topic: Topic
    order: str | None = None
    attempt: int = 0


def ask_for_help(stage: Stage, at: int, person: int, need: Need, *, wait_h: float) -> None:
    """Let somebody ask for help about ``wait_h`` hours after the shown moment ``at``."""
    random = stage.random
    moment = stage.world_moment(at) + int(wait_h * (0.3 + 1.4 * random()) * HOUR)
    if stage.knowledge.has_account(person) and random() < 0.45:
        stage.at(moment, visit_portal, person, need)
    else:
        stage.at(office_moment(moment, stage.today.offset, random()), call, person, need)


def any_need(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    """Let somebody ask something that no order gave reason for."""
    topics: tuple[Topic, ...] = ("product", "product", "invoice", "return")
    ask_for_help(stage, at, person, Need(topic=topics[int(stage.random() * 4)]), wait_h=0.5)


def call(stage: Stage, at: int, person: int, need: Need) -> None:
    """Call the call centre; it knows callers by their number, and often finds their account."""
    random, people = stage.random, stage.people
    busy = 3.0 if stage.in_trouble else 1.0
    waiting_s = int(20 + 420 * busy * random() ** 2)
    identity, context = stage.knowledge.identity(person)
    if random() > 0.75 or not stage.knowledge.has_account(person):
        identity = f',"anonymousId":"call-{stage.uuid()}","userId":null'
        context = external_id("phone", people.phone(person))
    properties = f'"topic":"{need.topic}","waiting_s":{waiting_s}'
    if need.order:
        properties += f',"order_id":"{need.order}"'
    if waiting_s > 240 and random() < 0.4:
        stage.record("callcentre", at, event("Call Abandoned", properties), identity, context)
        _again(stage, at, person, need, chance=0.6)
        return
    solved = random() < (0.6 if need.topic == "delivery" and stage.in_trouble else 0.85)
    properties += f',"duration_s":{int(60 + 900 * random() ** 2)},"solved":{"true" if solved else "false"}'
    stage.record("callcentre", at, event("Call Completed", properties), identity, context)
    if not solved:
        _again(stage, at, person, need, chance=0.5)


def visit_portal(stage: Stage, at: int, person: int, need: Need) -> None:
    """Look in the service portal, and ask there what it does not tell."""
    random, people, today = stage.random, stage.people, stage.today
    device = PHONE if random() < 0.5 else LAPTOP
    session = Session(
        stage,
        "portal",
        at,
        person,
        device=device,
        anonymous_id=people.anonymous_id(person, device, today.number),
    )
    session.user = f'"{people.user_id(person)}"'
    for head, where in (_SERVICE, _ORDERS) if need.order else (_SERVICE,):
        session.say(head, where)
        session.think(40)
    if random() < 0.75:
        session.say(*_ASK)
        session.think(150)
        texts = QUESTIONS[need.topic]
        order = f',"order_id":"{need.order}"' if need.order else ""
        question = f'"question_id":"Q{session.at // 1000 % 10**9:09d}","topic":"{need.topic}"{order}'
        text = texts[int(random() * len(texts))]
        session.say(event("Question Asked", f'{question},"text":"{text}"'), _ASK[1])
        if random() < 0.94:
            wait = int((1 + 70 * random() ** 2) * HOUR * (2 if stage.in_trouble else 1))
            moment = office_moment(stage.world_moment(session.at) + wait, today.offset, random())
            stage.at(moment, answer, person, (question, need))
        else:
            _again(stage, session.at, person, need, chance=0.8)
    session.close()


def answer(stage: Stage, at: int, person: int, asked: tuple[str, Need]) -> None:
    """Answer a question of the portal."""
    question, need = asked
    solved = stage.random() < 0.85
    identity, context = stage.knowledge.identity(person)
    properties = f'{question},"solved":{"true" if solved else "false"}'
    stage.record("portal", at, event("Question Answered", properties), identity, context)
    if not solved:
        _again(stage, at, person, need, chance=0.5)


def _complain(stage: Stage, at: int, person: int, need: Need) -> None:
    """Let somebody complain who asked in vain; the complaint is settled within two weeks."""
    identity, context = stage.knowledge.identity(person)
    order = f',"order_id":"{need.order}"' if need.order else ""
    complaint = f'"complaint_id":"KL{at // 1000 % 10**9:09d}","topic":"{need.topic}"{order}'
    stage.record("callcentre", at, event("Complaint Opened", complaint), identity, context)
    days = 1 + 13 * stage.random() ** 2
    moment = office_moment(stage.world_moment(at) + int(days * DAY), stage.today.offset, stage.random())
    stage.at(moment, _settle, person, complaint)


def _settle(stage: Stage, at: int, person: int, complaint: str) -> None:
    identity, context = stage.knowledge.identity(person)
    stage.record("callcentre", at, event("Complaint Closed", complaint), identity, context)


def _again(stage: Stage, at: int, person: int, need: Need, *, chance: float) -> None:
    if need.attempt == 0 and stage.random() < _COMPLAINS:
        _complain(stage, at, person, need)
    if need.attempt < 3 and stage.random() < chance:
        more = Need(topic=need.topic, order=need.order, attempt=need.attempt + 1)
        ask_for_help(stage, at, person, more, wait_h=30)

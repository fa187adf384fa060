"""What stands beside a case: the person, what they have and answered, their other cases, and what the contact gate holds back."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Visit
from beleef.contact.api import Intent, Purpose, reason_sentence
from beleef.identity.api import Person
from beleef.profiles.pages.timeline import entry
from beleef.store.warehouse.model import Selection
from beleef.support.api import Case
from beleef.support.pages.parts import SupportRoom, case_href, person_href
from beleef.support.pages.wording import promise_name, status_badge, time_left
from beleef.ui.components import Badge, Known, Link, Text, TimelineDay, Tone, by_day
from beleef.ui.words import N_, Words

_FACTS = 12
_ANSWERS = 5
_PRODUCTS = 6
_CASES = 12
_ASKED: Mapping[Purpose, str] = {
    "marketing": N_("Marketing"),
    "survey": N_("Surveys"),
    "service": N_("Service"),
}


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """The column beside a case; all empty where the person is unknown.

    Attributes:
        name: What the person is called.
        href: To their page; empty where nobody is known.
        known: What is known of them.
        cases: Their other cases.
        promises: Open promises in those.
        answers: What they answered to surveys.
        gate: What the contact gate says to each purpose now.
        products: What they have.
        days: The newest of their timeline.
    """

    name: str
    href: str = ""
    known: tuple[Known, ...] = ()
    cases: tuple[Known, ...] = ()
    promises: tuple[Known, ...] = ()
    answers: tuple[Known, ...] = ()
    gate: tuple[Known, ...] = ()
    products: tuple[Known, ...] = ()
    days: tuple[TimelineDay, ...] = ()


def beside(
    room: SupportRoom, connection: sa.Connection, visit: Visit, case: Case, person: Person | None
) -> Beside:
    """Return what stands beside a case."""
    words = visit.words
    if person is None:
        return Beside(name=words.gettext("Nobody is known here (any more)"))
    sheet = room.customers.sheet(person.number)
    line = room.customers.lines([person.number]).get(person.number)
    name = (line.called or line.identifier or "") if line else ""
    labels = {
        "email": words.gettext("E-mail"),
        "user_id": words.gettext("User number"),
        "phone": words.gettext("Phone"),
    }
    others = [
        one
        for one in room.support.of_person(connection, person.subjects, limit=_CASES)
        if one.number != case.number
    ]
    facts = room.customers.timeline(person.subjects, after=None, where=Selection(), limit=_FACTS)
    return Beside(
        name=name or words.gettext("Somebody without a name"),
        href=person_href(person.number),
        known=tuple(
            Known(name=labels[one.namespace], value=Text(text=one.value[:60]))
            for one in person.identifiers
            if one.namespace in labels
        )[:4],
        cases=tuple(_case(one, words) for one in others),
        promises=_promises(others, room.now(), words),
        answers=_answers(room, person, words),
        gate=_gate(room, connection, person, words),
        products=tuple(
            Known(
                name=one.name or one.product,
                value=Badge(
                    text=words.gettext("held") if one.active else words.gettext("no longer"),
                    tone="good" if one.active else "neutral",
                ),
                moment=one.last,
            )
            for one in sorted(sheet.profile.products, key=lambda one: (not one.active, -one.last))[:_PRODUCTS]
        ),
        days=by_day([entry(fact, words) for fact in facts], words),
    )


def _case(case: Case, words: Words) -> Known:
    return Known(
        name=case.reference,
        value=Link(text=case.life.title or case.reference, href=case_href(case.number)),
        source=status_badge(case.life, words).text,
        moment=case.life.last_at,
    )


def _promises(cases: Sequence[Case], now: int, words: Words) -> tuple[Known, ...]:
    return tuple(
        Known(
            name=case.reference,
            value=Link(
                text=f"{promise_name(case.next_kind, words)}: {time_left(case.next_due_at, now, words)}",
                href=case_href(case.number),
            ),
        )
        for case in cases
        if case.next_due_at is not None and case.life.status != "closed"
    )


def _answers(room: SupportRoom, person: Person, words: Words) -> tuple[Known, ...]:
    """Return what the person answered last to surveys that are not anonymous: those come with nobody's facts."""
    where = Selection(types=("track",), names=("Survey Answered",))
    facts = room.customers.timeline(person.subjects, after=None, where=where, limit=2 * _ANSWERS)
    found: dict[tuple[object, ...], Known] = {}
    for fact in facts:
        said = fact.properties or {}
        # A first click and what was sent after it are one answer; the newest is the one that counts.
        field = tuple(said.get(name) for name in ("survey", "response", "question", "row"))
        asked = str(said.get("label") or said.get("metric") or said.get("question") or "")
        known = Known(
            name=str(said.get("survey") or words.gettext("Answer")),
            value=Text(text=_answer(said, words), detail=asked or None),
            moment=fact.occurred_at,
        )
        found.setdefault(field, known)
    return tuple(found.values())[:_ANSWERS]


def _answer(said: Mapping[str, object], words: Words) -> str:
    value, most = said.get("value"), said.get("scale_max")
    if said.get("kind") in {"contact_me", "consent"} and value in (0, 1):
        return words.gettext("Yes") if value else words.gettext("No")
    if isinstance(value, int | float) and isinstance(most, int | float):
        return words.gettext("%(score)s of %(most)s", score=words.number(value), most=words.number(most))
    if isinstance(value, int | float):
        return words.number(value)
    given = said.get("options") or said.get("option") or said.get("text") or "—"
    return ", ".join(map(str, given))[:120] if isinstance(given, list) else str(given)[:120]


def _gate(room: SupportRoom, connection: sa.Connection, person: Person, words: Words) -> tuple[Known, ...]:
    """Return what the gate says to a message of each purpose now, by e-mail."""
    intents = [
        Intent(key=purpose, subject=person.number, purpose=purpose, channel="email", parts={"text": "?"})
        for purpose in _ASKED
    ]
    decided = room.contact.ask(connection, intents, room.now())
    found = []
    for purpose, label in _ASKED.items():
        decision = decided[purpose]
        tones: Mapping[str, Tone] = {"send": "good", "hold": "warn", "skip": "bad"}
        texts = {
            "send": words.gettext("may be sent"),
            "hold": words.gettext("has to wait"),
            "skip": words.gettext("not sent"),
        }
        said = "" if decision.outcome == "send" else reason_sentence(decision.reason, words, decision.rule)
        found.append(
            Known(
                name=words.gettext(label),
                value=Badge(text=texts[decision.outcome], tone=tones[decision.outcome]),
                source=said or None,
            )
        )
    return tuple(found)

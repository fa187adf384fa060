"""The service desk of the demo's shop: what customers ask over half a year, how and how late they are answered, and the articles."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import msgspec
import yaml

from beleef.demo.people import People
from beleef.kernel.clock import DAY, HOUR, MINUTE

Kind = Literal["question", "complaint", "request", "privacy"]

AGENTS: Final = (
    ("noor@example.nl", "Noor Bakker"),
    ("sam@example.nl", "Sam Peeters"),
    ("lotte@example.nl", "Lotte Visser"),
)
"""Who answers: the address and the name."""

_CASES: Final = 400
_DAYS: Final = 180
_LATE: Final = 0.14
_COMES_BACK: Final = 0.22
_OPEN_DAYS: Final = 4
"""Of what came in so lately a part still waits."""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that customers write about, and how such a case ends."""

    kind: Kind
    title: str
    text: str
    answer: str
    touchpoint: str
    language: str = "nl"
    channel: str = "email"
    tag: str = ""
    causes: tuple[tuple[str, str], ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happens in a case after it was opened: ``reply``, ``back`` (the customer writes again) or ``close``, and when."""

    what: Literal["reply", "back", "close"]
    at: int
    by: str = ""
    text: str = ""
    promise_at: int | None = None
    waiting: bool = False
    root_cause: str = ""
    action: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the demo: who asks what, when, who has it, and what happens then."""

    key: str
    email: str
    at: int
    matter: Matter
    assignee: str
    steps: tuple[Step, ...]


_FILE: Final = Path(__file__).with_name("support.yaml")


def rules_data() -> dict[str, Any]:
    """Return the shop's rules of service as plain data."""
    return dict(yaml.safe_load(Path(__file__).with_name("service_rules.yaml").read_text()))


def articles_data() -> list[dict[str, Any]]:
    """Return the shop's articles as plain data."""
    return list(yaml.safe_load(_FILE.read_text())["articles"])


def matters() -> tuple[Matter, ...]:
    """Return what customers write about."""
    return msgspec.convert(yaml.safe_load(_FILE.read_text())["matters"], tuple[Matter, ...])


def asked(persons: int, end: int, seed: int) -> Iterator[Asked]:
    """Yield the cases of half a year before ``end`` (microseconds), in the order in which they come in."""
    dice = Random(f"{seed}:service")  # noqa: S311 -- a simulation must be repeatable
    people = People(persons, _DAYS, seed)
    about = matters()
    moments = sorted(end - round(dice.random() * _DAYS * DAY) for _ in range(min(_CASES, 2 * persons)))
    for number, at in enumerate(moments):
        matter = about[dice.randrange(len(about))]
        agent = AGENTS[2] if matter.touchpoint.startswith("delivery") else AGENTS[number % 2]
        yield Asked(
            key=f"demo-{number}",
            email=people.email(dice.randrange(persons)),
            at=at,
            matter=matter,
            assignee=agent[0],
            steps=tuple(one for one in _steps(dice, matter, agent[1], at, end) if one.at < end),
        )


def _steps(dice: Random, matter: Matter, by: str, at: int, end: int) -> Sequence[Step]:
    """Return what happens in a case: most are answered in time, some late, and some of the newest not yet."""
    if end - at < _OPEN_DAYS * DAY and dice.random() < 0.55:
        return ()
    is_late = dice.random() < _LATE
    first = at + _office(round((26 + 60 * dice.random() if is_late else 0.3 + 5 * dice.random()) * HOUR))
    cause, action = matter.causes[dice.randrange(len(matter.causes))] if matter.causes else ("", "")
    promise_at = first + 2 * DAY if matter.kind == "complaint" else None
    steps = [
        Step(what="reply", at=first, by=by, text=matter.answer, promise_at=promise_at, waiting=not promise_at)
    ]
    last = first
    if dice.random() < _COMES_BACK or promise_at:
        again = first + round((2 + 20 * dice.random()) * HOUR)
        steps.append(Step(what="back", at=again, text=_BACK[matter.language][dice.randrange(2)]))
        last = again + _office(round((0.5 + 6 * dice.random()) * HOUR))
        steps.append(Step(what="reply", at=last, by=by, text=_DONE[matter.language], waiting=True))
    if end - at > 20 * DAY or (end - at > DAY and dice.random() < 0.8):
        closed = last + round((1 + 30 * dice.random()) * HOUR)
        steps.append(Step(what="close", at=closed, by=by, root_cause=cause, action=action))
    return steps


def _office(wait: int) -> int:
    """Return a wait that is at least some minutes long."""
    return max(4 * MINUTE, wait)


_BACK: Final = {
    "nl": ("Dank, maar het is nog niet opgelost.", "Kunt u zeggen wanneer het dan wel komt?"),
    "en": ("Thank you, but it is not solved yet.", "Could you say when it will come then?"),
}
_DONE: Final = {
    "nl": "Het is nu geregeld. Laat het ons weten als er nog iets is.",
    "en": "It is arranged now. Let us know if there is anything else.",
}

"""What the shop sends out on paper and shows as advertisements."""

from collections.abc import Sequence

from beleef.demo.people import PHONE
from beleef.demo.stage import LARGEST_BATCH, Stage
from beleef.demo.timetable import at_hour, moments
from beleef.demo.visits import visit
from beleef.demo.writing import campaign, event
from beleef.kernel.clock import SECOND

_ADVERTS_A_DAY = 0.007
_BROCHURES = {(3, 20): "lentegids", (11, 1): "sinterklaasgids"}
_NETWORKS = ("Kijkveld", "Kletskring", "Nieuwsvenster")


def plan_adverts(stage: Stage) -> None:
    """Show advertisements to people who allow it, more of them before a sale."""
    people, today, draw = stage.people, stage.today, stage.draw
    rate = _ADVERTS_A_DAY * min(today.busy, 1.6)
    seen = draw.random(people.count) < rate
    persons = (seen & (people.joined - 30 <= today.number) & (today.number < people.lapsed)).nonzero()[0]
    allowed = persons[persons % 3 != 0]
    stage.plan_many(_show, allowed.tolist(), moments(today, "advert", len(allowed), draw).tolist())


def plan_brochures(stage: Stage) -> None:
    """Post the two brochures of the year to part of the people whose address is known."""
    today, people = stage.today, stage.people
    name = _BROCHURES.get((today.date.month, today.date.day))
    if name is None:
        return
    known = (people.account <= today.number) | (people.card == 1)
    to = (
        known
        & (people.joined <= today.number)
        & (today.number < people.lapsed)
        & (stage.draw.random(people.count) < 0.4)
    )
    persons = to.nonzero()[0].tolist()
    for start in range(0, len(persons), LARGEST_BATCH):
        lot = (f"{name}-{today.date.year}", persons[start : start + LARGEST_BATCH])
        stage.at(at_hour(today, 6 + 3 * start / len(persons)), _post, 0, lot)


def _post(stage: Stage, at: int, person: int, lot: tuple[str, Sequence[int]]) -> None:  # noqa: ARG001
    name, persons = lot
    head, led_by = event("Brochure Sent", f'"brochure":"{name}"'), campaign(name, "lindewijk", "post")
    for reader in persons:
        identity, context = stage.knowledge.identity(reader)
        stage.record("post", at, head, identity, context + led_by)


def _say(stage: Stage, at: int, person: int, name: str, network: str) -> None:
    cost = '"cost":0.35' if name == "Advertisement Clicked" else '"cost":0.006'
    device = stage.people.anonymous_id(person, PHONE, stage.today.number)
    stage.record(
        "adverts", at, event(name, f'"network":"{network}","placement":"feed",{cost},"currency":"EUR"'),
        f',"anonymousId":"{device}","userId":null', campaign(stage.today.theme, network, "display"),
    )  # fmt: skip


def _show(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    network = _NETWORKS[int(stage.random() * len(_NETWORKS))]
    _say(stage, at, person, "Advertisement Shown", network)
    if stage.random() < 0.06:
        stage.after(at, int((2 + 30 * stage.random()) * SECOND), _click, person, network)


def _click(stage: Stage, at: int, person: int, network: str) -> None:
    _say(stage, at, person, "Advertisement Clicked", network)
    stage.after(at, SECOND, visit, person, (stage.today.theme, network, "display"))

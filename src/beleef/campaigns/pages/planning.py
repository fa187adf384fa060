"""How many people an experiment needs, worked out before it begins: a form whose answers stand in the address."""

import math

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import Plan, plan
from beleef.campaigns.pages.parts import CampaignRoom, Question, crumbs
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Callout, Stat
from beleef.ui.forms import Input
from beleef.ui.page import Page
from beleef.ui.words import Words

_BEGINNING = {"rate": "10", "change": "20", "variants": "2", "control": "50", "power": "80", "per_week": ""}


class PlanPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/plan.html``: what is expected, and how many people that takes."""

    page: Page
    form: Question
    wrong: Callout | None
    tiles: tuple[Stat, ...]
    explained: tuple[str, ...]


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the planner."""

    @get("/campaigns/plan", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        given = {name: request.query_params.get(name, value) for name, value in _BEGINNING.items()}
        return room.desk.html("campaigns/plan.html", _page(visit, given))

    return [show]


def _page(visit: Visit, given: dict[str, str]) -> PlanPage:
    words = visit.words
    wrong: Callout | None = None
    tiles: tuple[Stat, ...] = ()
    explained: tuple[str, ...] = ()
    try:
        found = _plan(given)
        tiles = _tiles(found, given, words)
        explained = _explained(found, given, words)
    except InvalidInput as error:
        wrong = Callout(
            title=words.gettext("That cannot be planned"),
            text=words.refusal(error),
            tone="warn",
        )
    return PlanPage(
        page=visit.page(
            words.gettext("Plan an experiment"),
            active="campaigns",
            crumbs=crumbs(words),
            lead=words.gettext("How many people it takes before a difference can be told from chance."),
        ),
        form=_question(given, words),
        wrong=wrong,
        tiles=tiles,
        explained=explained,
    )


def _plan(given: dict[str, str]) -> Plan:
    return plan(
        _number(given["rate"]) / 100,
        _number(given["change"]) / 100,
        variants=int(_number(given["variants"])),
        control_share=_number(given["control"]) / 100,
        power=_number(given["power"]) / 100,
    )


def _number(text: str) -> float:
    try:
        found = float(text.strip().replace(",", ".").removesuffix("%"))
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no number.", hint="Fill in a number.") from error
    if not math.isfinite(found) or abs(found) > 1e9:
        raise InvalidInput(f"“{text[:20]}” is no number that fits.", hint="Fill in a smaller one.")
    return found


def _tiles(found: Plan, given: dict[str, str], words: Words) -> tuple[Stat, ...]:
    basis = words.gettext(
        "95%% certain, %(power)s chance to see it", power=words.percent(_number(given["power"]) / 100)
    )
    tiles = [
        Stat(label=words.gettext("In the control group"), figure=words.number(found.control), basis=basis),
        Stat(label=words.gettext("In each other group"), figure=words.number(found.other), basis=basis),
        Stat(label=words.gettext("In all"), figure=words.number(found.total), basis=basis),
    ]
    per_week = _number(given["per_week"]) if given["per_week"].strip() else 0.0
    if per_week > 0:
        weeks = math.ceil(found.total / per_week)
        tiles.append(
            Stat(
                label=words.gettext("How long that takes"),
                figure=words.ngettext("%(num)s week", "%(num)s weeks", weeks),
                basis=words.gettext("at %(n)s people a week", n=words.number(per_week)),
            )
        )
    return tuple(tiles)


def _explained(found: Plan, given: dict[str, str], words: Words) -> tuple[str, ...]:
    rate, change = _number(given["rate"]) / 100, _number(given["change"]) / 100
    return (
        words.gettext(
            "Without the change %(rate)s reach the goal; worth seeing is %(other)s or beyond.",
            rate=words.percent(rate, 1),
            other=words.percent(rate * (1 + change), 1),
        ),
        words.gettext(
            "Write %(n)s as the planned number at the experiment: from then on its result is final.",
            n=words.number(max(found.control, found.other)),
        ),
        words.gettext(
            "Looking before that is allowed: the campaign's page shows only what holds however often you look."
        ),
    )


def _question(given: dict[str, str], words: Words) -> Question:
    def field(name: str, label: str) -> Input:
        return Input(name=name, label=label, value=given[name], required=False)

    return Question(
        name="plan",
        action="/campaigns/plan",
        fields=(
            field("rate", words.gettext("Reach the goal now, %")),
            field("change", words.gettext("Worth seeing: more, %")),
            field("variants", words.gettext("Groups, control included")),
            field("control", words.gettext("Control group, %")),
            field("power", words.gettext("Chance to see it, %")),
            field("per_week", words.gettext("People a week")),
        ),
        submit=words.gettext("Work it out"),
    )

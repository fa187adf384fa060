"""What changes a campaign for people: publish, pause, resume, stop, delete. Each asks first, and says what will happen."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import InFlight, Problem, StoredCampaign, Timers
from beleef.campaigns.pages.parts import LIST, CampaignRoom, crumbs, href
from beleef.kernel.errors import Conflict, InvalidInput
from beleef.ui.components import Link
from beleef.ui.forms import Choices, Fieldset, Form, Option
from beleef.ui.page import Confirm
from beleef.ui.words import N_, Words

Do = Callable[[CampaignRoom, sa.Connection, str, Answers], object]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changes a campaign.

    Attributes:
        ask: The question, with the campaign's name in it.
        submit: On the button.
        done: What is said afterwards.
        consequences: What will happen, in words.
        do: Does it.
        fields: What is asked besides.
        is_danger: Whether it cannot be undone.
        states: In which states of a campaign it can be asked for; empty for all.
    """

    ask: str
    submit: str
    done: str
    consequences: Callable[[StoredCampaign, Words], tuple[str, ...]]
    do: Do
    fields: Callable[[StoredCampaign, Words], tuple[Fieldset, ...]] = lambda _, __: ()
    is_danger: bool = False
    states: frozenset[str] = frozenset()


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the pages that ask, and what does it."""
    return [handler for name in ACTS for handler in _act_routes(room, name)]


def _act_routes(room: CampaignRoom, action: str) -> list[HTTPRouteHandler]:
    act = ACTS[action]

    @get(f"/campaigns/{{name:str}}/{action}", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            found = room.campaigns.campaign(connection, name)
            problems = room.campaigns.check(connection, found.campaign) if action == "publish" else ()
        if act.states and found.state not in act.states:
            return room.desk.redirect(href(name), flash=visit.words.gettext(_BY_NOW), tone="warn")
        return room.desk.html("ui/confirm.html", _page(visit, found, action, problems))

    @post(f"/campaigns/{{name:str}}/{action}")
    async def do(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)

        def act_on() -> str:
            with room.database.write() as connection:
                label = room.campaigns.campaign(connection, name).campaign.label
                act.do(room, connection, name, given)
            room.record(visit.actor, f"campaign.{action}", name, {})
            return label

        try:
            label = await asyncio.to_thread(act_on)
        except (Conflict, InvalidInput) as error:
            said = visit.words.refusal(error)
            there = "/edit" if action == "publish" else ""
            return room.desk.redirect(href(name, there), flash=said, tone="bad")
        to = LIST if action == "delete" else href(name)
        return room.desk.redirect(to, flash=visit.words.gettext(act.done, name=label))

    return [ask, do]


def _page(visit: Visit, found: StoredCampaign, action: str, problems: tuple[Problem, ...]) -> Confirm:
    words, act, campaign = visit.words, ACTS[action], found.campaign
    back = href(campaign.name, "/edit" if action == "publish" else "")
    second_looks = tuple(one.message for one in problems)
    return Confirm(
        page=visit.page(
            words.gettext(act.ask, name=campaign.label), active="campaigns", crumbs=crumbs(words, found)
        ),
        consequences=(*act.consequences(found, words), *second_looks),
        form=Form(
            name=action,
            action=href(campaign.name, f"/{action}"),
            sections=act.fields(found, words),
            submit=words.gettext(act.submit),
            tone="danger" if act.is_danger else "accent",
            cancel=Link(text=words.gettext("Leave it as it is"), href=back),
        ),
    )


def _under_way(found: StoredCampaign, words: Words) -> str:
    return words.ngettext("%(num)s person is under way.", "%(num)s people are under way.", found.active)


def _publishing(found: StoredCampaign, words: Words) -> tuple[str, ...]:
    if not found.version:
        return (
            words.gettext("From now on people enter it, and get what it sends."),
            words.gettext("The contact gate still decides about every single message."),
        )
    return (
        words.gettext(
            "Who enters from now on goes through version %(number)s.", number=words.number(found.version + 1)
        ),
        _under_way(found, words),
    )


def _in_flight(found: StoredCampaign, words: Words) -> tuple[Fieldset, ...]:
    if not found.active:
        return ()
    choice = Choices(
        name="in_flight",
        label=words.gettext("What becomes of people who are under way"),
        options=(
            Option(
                value="finish",
                label=words.gettext("They finish on the version they are on"),
            ),
            Option(
                value="move",
                label=words.gettext("They move on in the new version"),
                help=words.gettext("At the same step; whose step is gone leaves the campaign."),
            ),
        ),
        values=("finish",),
    )
    return (Fieldset(fields=(choice,)),)


def _timers(_: StoredCampaign, words: Words) -> tuple[Fieldset, ...]:
    choice = Choices(
        name="timers",
        label=words.gettext("What becomes of the waiting times"),
        options=(
            Option(
                value="shift",
                label=words.gettext("They stood still"),
                help=words.gettext("Who had two days to go has two days to go."),
            ),
            Option(
                value="catch_up",
                label=words.gettext("They ran on"),
                help=words.gettext("Who would have gone on during the pause goes on at once."),
            ),
        ),
        values=("shift",),
    )
    return (Fieldset(fields=(choice,)),)


def _publish(room: CampaignRoom, connection: sa.Connection, name: str, given: Answers) -> object:
    in_flight: InFlight = "move" if given.get("in_flight") == "move" else "finish"
    return room.campaigns.publish(connection, name, room.now(), in_flight=in_flight)


def _resume(room: CampaignRoom, connection: sa.Connection, name: str, given: Answers) -> object:
    timers: Timers = "catch_up" if given.get("timers") == "catch_up" else "shift"
    return room.campaigns.resume(connection, name, room.now(), timers=timers)


_BY_NOW: Final = N_("That does not fit how the campaign stands: see here.")

ACTS: Final[dict[str, Act]] = {
    "publish": Act(
        ask=N_("Publish “%(name)s”?"),
        submit=N_("Publish it"),
        done=N_("“%(name)s” runs."),
        consequences=_publishing,
        do=_publish,
        fields=_in_flight,
    ),
    "pause": Act(
        ask=N_("Pause “%(name)s”?"),
        submit=N_("Pause it"),
        done=N_("“%(name)s” is paused."),
        consequences=lambda found, words: (
            _under_way(found, words),
            words.gettext("Nobody enters, nobody goes on, and messages that are not sent yet wait."),
        ),
        do=lambda room, connection, name, _: room.campaigns.pause(connection, name, room.now()),
        states=frozenset({"active"}),
    ),
    "resume": Act(
        ask=N_("Let “%(name)s” go on?"),
        submit=N_("Let it go on"),
        done=N_("“%(name)s” goes on."),
        consequences=lambda found, words: (
            _under_way(found, words),
            words.gettext("What happened during the pause brought nobody in."),
        ),
        do=_resume,
        fields=_timers,
        states=frozenset({"paused"}),
    ),
    "stop": Act(
        ask=N_("Stop “%(name)s”?"),
        submit=N_("Stop it"),
        done=N_("“%(name)s” is stopped."),
        consequences=lambda found, words: (
            _under_way(found, words),
            words.gettext("All of them leave it now, and messages that are not sent yet are cancelled."),
            words.gettext("Its figures stay. You can publish it again later."),
        ),
        do=lambda room, connection, name, _: room.campaigns.stop(connection, name, room.now()),
        is_danger=True,
        states=frozenset({"active", "paused"}),
    ),
    "delete": Act(
        ask=N_("Delete “%(name)s”?"),
        submit=N_("Delete it"),
        done=N_("“%(name)s” is deleted."),
        consequences=lambda _, words: (
            words.gettext("Its flow and all its figures are gone for good."),
            words.gettext("What was sent stays on each person's page."),
        ),
        do=lambda room, connection, name, _: room.campaigns.delete(connection, name),
        is_danger=True,
        states=frozenset({"draft", "stopped"}),
    ),
}

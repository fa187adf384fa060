"""A campaign's page: its figures, the flow with what is counted in it, its experiments in words, and why messages were kept back."""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import Campaign, Results, StoredCampaign, Version, steps_of
from beleef.campaigns.pages import figures
from beleef.campaigns.pages.flow import Drawn, FlowView, StepFigure, steps_view
from beleef.campaigns.pages.parts import CampaignRoom, crumbs, href, state_badge, tabs, teller
from beleef.campaigns.pages.verdicts import Experiment, experiment
from beleef.campaigns.pages.wording import entry_sentence, exit_sentence, goal_sentence, title_of
from beleef.ui.components import Badge, Callout, Known, Link, Stat, Table, TabLink, Text, Time
from beleef.ui.page import Page
from beleef.ui.words import Words


class CampaignPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/campaign.html``: how a campaign goes.

    Attributes:
        page: The frame.
        tab_links: The campaign's tabs.
        state: Its state in a word.
        note: What to know first; None for nothing.
        tiles: Its figures.
        experiments: What is compared, and what can be said.
        flow: The version in force with its figures.
        goals: What counts as success.
        exits: When people leave early.
        versions: What was in force since when.
        reasons: Why messages were held or skipped.
        endings: Why people left.
    """

    page: Page
    tab_links: tuple[TabLink, ...]
    state: Badge
    note: Callout | None
    tiles: tuple[Stat, ...]
    experiments: tuple[Experiment, ...]
    flow: FlowView
    goals: tuple[Known, ...]
    exits: tuple[Known, ...]
    versions: tuple[Known, ...]
    reasons: Table
    endings: Table


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the campaign's page."""

    @get("/campaigns/{name:str}", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.campaigns.campaign(connection, name)
            page = _page(room, connection, visit, stored)
        return room.desk.html("campaigns/campaign.html", page)

    return [show]


def _page(
    room: CampaignRoom, connection: sa.Connection, visit: Visit, stored: StoredCampaign
) -> CampaignPage:
    words, name = visit.words, stored.campaign.name
    versions = room.campaigns.versions(connection, name)
    running = versions[0].definition if versions else stored.campaign
    found = room.campaigns.results(connection, name)
    labels = {one.draft.name: one.draft.label for one in room.campaigns.content.messages(connection)}
    tell = teller(words)
    return CampaignPage(
        page=visit.page(
            running.label,
            active="campaigns",
            crumbs=crumbs(words),
            actions=_actions(visit, stored),
            lead=running.description or None,
        ),
        tab_links=tabs(name, "", words, editor=visit.may(Role.editor)),
        state=state_badge(stored, words),
        note=_note(visit, stored),
        tiles=figures.tiles(found, words) if versions else (),
        experiments=_experiments(found, running, words),
        flow=FlowView(
            label=words.gettext("The flow"),
            entry=entry_sentence(running.entry, words, tell),
            figures=_entry_figures(found, words) if versions else (),
            steps=steps_view(running.flow, _drawn(found, running, words, labels, has_run=bool(versions))),
            end=words.gettext("Whoever comes here is through"),
        ),
        goals=tuple(
            Known(name=one.name, value=Text(text=goal_sentence(one, words))) for one in running.goals
        ),
        exits=tuple(
            Known(name=one.reason, value=Text(text=exit_sentence(one, words, tell))) for one in running.exits
        ),
        versions=_versions(versions, words),
        reasons=figures.reasons(found, words),
        endings=figures.endings(found, words),
    )


def _drawn(
    found: Results,
    running: Campaign,
    words: Words,
    labels: dict[str, str],
    *,
    has_run: bool,
) -> Drawn:
    if not has_run:
        return Drawn(words=words, tell=teller(words), messages=labels)
    return Drawn(
        words=words,
        tell=teller(words),
        figures=figures.step_figures(found, words),
        way_figures=figures.way_figures(found, running, words),
        messages=labels,
    )


def _entry_figures(found: Results, words: Words) -> tuple[StepFigure, ...]:
    kept_out = found.endings.get("control", 0)
    entered = StepFigure(label=words.gettext("Entered"), figure=words.number(found.entered))
    if not kept_out:
        return (entered,)
    return (
        entered,
        StepFigure(
            label=words.gettext("Kept out, to compare with"),
            figure=words.number(kept_out),
            basis=words.percent(kept_out / found.entered) if found.entered else "",
        ),
    )


def _experiments(found: Results, running: Campaign, words: Words) -> tuple[Experiment, ...]:
    titles = {step.id: title_of(step, words) for step in steps_of(running.flow)}
    currency = figures.currency_of(found)

    def title(step: str, goal: str) -> str:
        what = titles.get(step, step) if step else words.gettext("Does the campaign help?")
        return words.gettext("%(what)s (goal: %(goal)s)", what=what, goal=goal)

    return tuple(
        experiment(one.analysis, title(one.step, one.analysis.goal), currency, words)
        for one in found.variants
    )


def _actions(visit: Visit, stored: StoredCampaign) -> list[Link]:
    words, name = visit.words, stored.campaign.name
    if not visit.may(Role.editor):
        return []
    by_state = {
        "draft": (("publish", words.gettext("Publish")), ("delete", words.gettext("Delete"))),
        "active": (("pause", words.gettext("Pause")), ("stop", words.gettext("Stop"))),
        "paused": (("resume", words.gettext("Let it go on")), ("stop", words.gettext("Stop"))),
        "stopped": (("publish", words.gettext("Publish")), ("delete", words.gettext("Delete"))),
    }
    actions = [Link(text=text, href=href(name, f"/{rest}")) for rest, text in by_state[stored.state]]
    return [Link(text=words.gettext("Change it"), href=href(name, "/edit")), *actions]


def _note(visit: Visit, stored: StoredCampaign) -> Callout | None:
    words, name = visit.words, stored.campaign.name
    if stored.state == "paused":
        return Callout(
            title=words.gettext("This campaign is paused"),
            text=words.gettext("Nobody enters, nobody goes on, and messages that are not sent yet wait."),
            tone="warn",
        )
    if not stored.version:
        return Callout(
            title=words.gettext("This campaign does not run yet"),
            text=words.gettext("Try it out on past facts, and publish it when you are content."),
            action=Link(text=words.gettext("Try it out"), href=href(name, "/simulate")),
        )
    if stored.is_changed:
        return Callout(
            title=words.gettext("The draft differs from what runs"),
            text=words.gettext("The page shows what runs. The draft takes effect when it is published."),
            action=Link(text=words.gettext("To the draft"), href=href(name, "/edit"))
            if visit.may(Role.editor)
            else None,
        )
    return None


def _versions(versions: list[Version], words: Words) -> tuple[Known, ...]:
    said = {
        "finish": words.gettext("who was under way finished on the earlier one"),
        "move": words.gettext("who was under way moved on in it"),
    }
    return tuple(
        Known(
            name=words.gettext("Version %(number)s", number=words.number(one.version)),
            value=Time(moment=one.published_at),
            source=said[one.in_flight] if one.version > 1 else None,
        )
        for one in versions[:10]
    )

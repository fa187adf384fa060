"""Trying a draft out on past facts: who would have got what and when, who not and why, and how much it adds to what people get."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import Campaign, Simulated, StoredCampaign, broken, check_given, steps_of
from beleef.campaigns.pages.expected import expectations
from beleef.campaigns.pages.figures import ending_words
from beleef.campaigns.pages.flow import Drawn, FlowView, StepFigure, steps_view
from beleef.campaigns.pages.parts import CampaignRoom, Question, crumbs, href, person_href, tabs, teller
from beleef.campaigns.pages.wording import entry_sentence, title_of
from beleef.contact.api import reason_sentence
from beleef.kernel.clock import DAY, from_datetime
from beleef.kernel.errors import InvalidInput
from beleef.ui.charts import Bar, Chart, Series, bar_list, stacked_bars
from beleef.ui.components import (
    Callout,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
    Tone,
    channel_mark,
)
from beleef.ui.forms import Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_DAYS_BACK: Final = 28
_LONGEST: Final = 200
_SAMPLES: Final = (500, 2_000, 10_000)
_EPOCH: Final = date(1970, 1, 1)


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would have happened to a person: when, what, and how it is meant."""

    moment: int
    text: str
    tone: Tone


class PersonStory(msgspec.Struct, frozen=True, kw_only=True):
    """What would have happened to one person."""

    person: Link
    happened: tuple[Happened, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation showed.

    Attributes:
        basis: Over whom and when it was run.
        entered: How many runs began.
        tiles: Its figures.
        per_day: Messages per day.
        pressure: Messages in people's busiest week.
        flow: The flow with what each step would have sent.
        reasons: Who would have been held or skipped, and why.
        endings: How it would have ended for people.
        people: The first people.
        expected: What its author expects, with whether it holds; None where nothing is written down.
    """

    basis: Callout
    entered: int
    tiles: tuple[Stat, ...]
    per_day: Chart
    pressure: Chart
    flow: FlowView
    reasons: Table
    endings: Table
    people: tuple[PersonStory, ...]
    expected: Table | None


class SimulationPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/simulate.html``: over which days, and what would have happened."""

    page: Page
    tab_links: tuple[TabLink, ...]
    form: Question
    wrong: Callout | None
    outcome: Outcome | None


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    since: int
    until: int
    most: int


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the page on which a draft is tried out."""

    @get("/campaigns/{name:str}/simulate", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        given = dict(request.query_params)
        with room.database.read() as connection:
            stored = room.campaigns.campaign(connection, name)
            page = _page(room, connection, visit, stored, given)
        return room.desk.html("campaigns/simulate.html", page)

    return [show]


def _page(
    room: CampaignRoom, connection: sa.Connection, visit: Visit, stored: StoredCampaign, given: dict[str, str]
) -> SimulationPage:
    words, name = visit.words, stored.campaign.name
    today = words.local_date(visit.now)
    shown = {
        "from": given.get("from") or (today - timedelta(days=_DAYS_BACK)).isoformat(),
        "to": given.get("to") or today.isoformat(),
        "most": given.get("most") or str(_SAMPLES[1]),
    }
    wrong: Callout | None = None
    outcome: Outcome | None = None
    if "from" in given:
        try:
            outcome = _outcome(room, connection, visit, stored.campaign, _asked(shown, words, visit.now))
        except InvalidInput as error:
            wrong = Callout(
                title=words.gettext("That cannot be tried out"),
                text=words.refusal(error),
                tone="warn",
            )
    return SimulationPage(
        page=visit.page(
            stored.campaign.label,
            active="campaigns",
            crumbs=crumbs(words),
            lead=words.gettext(
                "The draft in simulated time over what really happened. Nothing is sent and nothing is kept."
            ),
        ),
        tab_links=tabs(name, "/simulate", words, editor=visit.may(Role.editor)),
        form=_question(name, shown, words),
        wrong=wrong,
        outcome=outcome,
    )


def _asked(shown: Mapping[str, str], words: Words, now: int) -> _Asked:
    try:
        first, last = date.fromisoformat(shown["from"]), date.fromisoformat(shown["to"])
    except ValueError as error:
        raise InvalidInput("That is no date.", hint="Write it as 2026-05-01.") from error
    if last < first or (last - first).days > _LONGEST:
        raise InvalidInput(
            "The last day must come after the first, within two hundred days.", hint="Choose other days."
        )
    since = from_datetime(datetime.combine(first, time(), tzinfo=words.zone))
    until = from_datetime(datetime.combine(last, time(), tzinfo=words.zone)) + DAY
    most = int(shown["most"]) if shown["most"] in {str(one) for one in _SAMPLES} else _SAMPLES[0]
    return _Asked(since=since, until=min(until, now), most=most)


def _question(name: str, shown: Mapping[str, str], words: Words) -> Question:
    return Question(
        name="simulate",
        action=href(name, "/simulate"),
        fields=(
            Input(name="from", label=words.gettext("From"), type="date", value=shown["from"]),
            Input(name="to", label=words.gettext("To"), type="date", value=shown["to"]),
            Select(
                name="most",
                label=words.gettext("Over at most"),
                options=tuple(
                    Option(value=str(one), label=words.ngettext("%(num)s person", "%(num)s people", one))
                    for one in _SAMPLES
                ),
                value=shown["most"],
            ),
        ),
        submit=words.gettext("Try it out"),
    )


def _outcome(
    room: CampaignRoom, connection: sa.Connection, visit: Visit, campaign: Campaign, asked: _Asked
) -> Outcome:
    words = visit.words
    sample = room.past.sample(until=asked.until, most=asked.most, without=campaign.name)
    simulation = room.campaigns.simulation(connection, campaign)
    found = simulation.run(sample.people, since=asked.since, until=asked.until)
    wrong = (*broken(campaign.expect, found), *check_given(campaign, simulation))
    called = room.called({one.person for one in found.people})
    labels = {one.draft.name: one.draft.label for one in room.campaigns.content.messages(connection)}
    titles = {step.id: title_of(step, words) for step in steps_of(campaign.flow)}
    titles = {step: labels.get(title, title) for step, title in titles.items()}
    return Outcome(
        entered=found.entered,
        basis=_basis(found, sample.everybody, words),
        tiles=_tiles(found, words),
        per_day=_per_day(found, words),
        pressure=_pressure(found, words),
        flow=_flow(found, campaign, labels, words),
        reasons=_reasons(found, words),
        endings=_endings(found, words),
        expected=expectations(campaign, wrong, words),
        people=tuple(
            PersonStory(
                person=Link(
                    text=called.get(one.person) or words.gettext("Nameless"), href=person_href(one.person)
                ),
                happened=tuple(
                    _happened(each.at, each.what, each.step, each.detail, titles, words)
                    for each in one.happenings
                ),
            )
            for one in found.people
        ),
    )


def _basis(found: Simulated, everybody: int, words: Words) -> Callout:
    looked_at = (
        words.gettext(
            "Tried out over %(n)s of %(all)s people, drawn by chance",
            n=words.number(found.looked_at),
            all=words.number(everybody),
        )
        if found.looked_at < everybody
        else words.ngettext(
            "Tried out over everybody: %(num)s person",
            "Tried out over everybody: %(num)s people",
            found.looked_at,
        )
    )
    return Callout(
        title=looked_at,
        text=words.gettext(
            "What people would have done because of a message nobody can know; they do here what they really did."
        ),
    )


def _tiles(found: Simulated, words: Words) -> tuple[Stat, ...]:
    basis = words.gettext("n = %(n)s people looked at", n=words.number(found.looked_at))
    sent = sum(found.sent.values())
    kept_out = (
        words.gettext("%(n)s of them kept out, to compare with", n=words.number(found.kept_out))
        if found.kept_out
        else basis
    )
    return (
        Stat(label=words.gettext("Would enter"), figure=words.number(found.entered), basis=kept_out),
        Stat(label=words.gettext("Would be sent"), figure=words.number(sent), basis=basis),
        Stat(
            label=words.gettext("Would be skipped"),
            figure=words.number(sum(found.skipped.values())),
            basis=words.gettext(
                "of %(n)s meant", n=words.number(sent + sum(found.skipped.values()) + found.waiting)
            ),
        ),
        Stat(
            label=words.gettext("Still under way at the end"),
            figure=words.number(found.under_way),
            basis=basis,
        ),
    )


def _per_day(found: Simulated, words: Words) -> Chart:
    first, last = words.local_date(found.since), words.local_date(found.until - 1)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counts = tuple(float(found.by_day.get((day - _EPOCH).days, 0)) for day in days)
    channel = max(found.by_channel, key=lambda name: found.by_channel[name], default="email")
    mark = channel_mark(channel, words)
    return stacked_bars(
        name="per-day",
        title=words.gettext("Messages per day"),
        days=days,
        series=(Series(look=mark.look, label=words.gettext("Messages"), values=counts),),
        words=words,
    )


def _pressure(found: Simulated, words: Words) -> Chart:
    return bar_list(
        name="pressure",
        title=words.gettext("People by messages in their busiest week"),
        bars=[
            Bar(label=words.ngettext("%(num)s message", "%(num)s messages", messages), value=people)
            for messages, people in sorted(found.busiest_week.items())
        ],
        words=words,
        sentence=words.gettext("Of all who would enter; what they got otherwise counts too."),
    )


def _flow(found: Simulated, campaign: Campaign, labels: Mapping[str, str], words: Words) -> FlowView:
    tell = teller(words)
    figures = {
        step: (StepFigure(label=words.gettext("Would be sent"), figure=words.number(count)),)
        for step, count in found.sent.items()
    }
    return FlowView(
        label=words.gettext("The flow of the draft"),
        entry=entry_sentence(campaign.entry, words, tell),
        figures=(StepFigure(label=words.gettext("Would enter"), figure=words.number(found.entered)),),
        steps=steps_view(campaign.flow, Drawn(words=words, tell=tell, figures=figures, messages=labels)),
        end=words.gettext("Whoever comes here is through"),
    )


def _reasons(found: Simulated, words: Words) -> Table:
    rows = [
        Row(
            cells=(
                Text(text=reason_sentence(reason, words)),
                Text(text=label),
                Figure(text=words.number(count)),
            )
        )
        for label, counts in (
            (words.gettext("skipped"), found.skipped),
            (words.gettext("held for a while"), found.held),
        )
        for reason, count in Counter(counts).most_common()
    ]
    return Table(
        caption=words.gettext("Held and skipped, by reason"),
        columns=(
            Column(label=words.gettext("Why")),
            Column(label=words.gettext("What")),
            Column(label=words.gettext("Messages"), numeric=True),
        ),
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("Nothing held, nothing skipped"),
            text=words.gettext("Every message that was meant would have gone out."),
            icon="check",
        ),
    )


def _endings(found: Simulated, words: Words) -> Table:
    known = ending_words(words)
    rows = [(known.get(reason, reason), count) for reason, count in Counter(found.left).most_common(12)]
    rows += [
        (words.gettext("reached “%(goal)s”", goal=goal), count) for goal, count in sorted(found.goals.items())
    ]
    return Table(
        caption=words.gettext("How it would end"),
        columns=(Column(label=words.gettext("What")), Column(label=words.gettext("People"), numeric=True)),
        rows=tuple(Row(cells=(Text(text=label), Figure(text=words.number(count)))) for label, count in rows),
        empty=EmptyState(
            title=words.gettext("Nobody would have left it"),
            text=words.gettext("Choose a longer stretch of time."),
            icon="flag",
        ),
    )


def _happened(  # noqa: PLR0911 -- one for each kind
    moment: int, what: str, step: str, detail: str, titles: Mapping[str, str], words: Words
) -> Happened:
    title = titles.get(step, step)
    match what:
        case "entered":
            kept_out = detail == "control"
            text = (
                words.gettext("Enters, and is kept out to compare with")
                if kept_out
                else words.gettext("Enters")
            )
            return Happened(moment=moment, text=text, tone="accent")
        case "sent":
            channel = channel_mark(detail, words).label
            return Happened(
                moment=moment,
                text=words.gettext("Gets “%(what)s” by %(channel)s", what=title, channel=channel),
                tone="good",
            )
        case "held":
            said = words.gettext("“%(what)s” waits: %(why)s", what=title, why=reason_sentence(detail, words))
            return Happened(moment=moment, text=said, tone="warn")
        case "skipped":
            said = words.gettext(
                "Does not get “%(what)s”: %(why)s", what=title, why=reason_sentence(detail, words)
            )
            return Happened(moment=moment, text=said, tone="bad")
        case "goal":
            return Happened(
                moment=moment, text=words.gettext("Reaches the goal “%(goal)s”", goal=detail), tone="good"
            )
        case "left":
            why = ending_words(words).get(detail, detail)
            return Happened(moment=moment, text=words.gettext("Leaves: %(why)s", why=why), tone="neutral")
        case _:
            return Happened(moment=moment, text=title, tone="neutral")

"""The rules of the gate: readable for everybody, and changed in a form that is tried on the last month before it is saved."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.api import CapTrial, GateRules, StoredRules, check, from_yaml, to_yaml
from beleef.contact.model import EVERYWHERE, Cap
from beleef.contact.pages.parts import (
    ContactRoom,
    frame,
    kind_name,
    purpose_name,
    tabs,
    whole,
)
from beleef.contact.pages.rules_form import form
from beleef.contact.pages.rules_reading import NEEDS, changed, from_answers, to_answers
from beleef.contact.pages.trial_view import outcome_table, pressure_table, trial_figures
from beleef.contact.pages.views import FormPage, TabbedPage
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput
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
    Time,
    refusal_note,
)
from beleef.ui.forms import Fieldset, Form, Hidden
from beleef.ui.page import Page
from beleef.ui.words import Words

TRIED_DAYS = 30


class TrialPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/trial.html``: what other rules would have done, and the form that puts them in force."""

    page: Page
    note: Callout | None
    figures: tuple[Stat, ...]
    outcomes: Table
    people: Table
    form: Form


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the rules, the form, the trial, and what saves."""
    return [*_reading(room), *_changing(room)]


def _reading(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/rules", sync_to_thread=True)
    def rules(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.contact.rules(connection)
            history = room.contact.rules_history(connection)
        return room.desk.html("contact/tabbed.html", _page(visit, stored, history))

    @get("/contact/rules/edit", sync_to_thread=True)
    def edit(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            stored = room.contact.rules(connection)
        return room.desk.html("contact/form.html", _edit(visit, to_answers(stored.rules), stored.version))

    return [rules, edit]


def _changing(room: ContactRoom) -> list[HTTPRouteHandler]:
    @post("/contact/rules/try")
    async def try_out(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        version = whole(given.get("version", "")) or 0
        if given.get("change"):
            again = changed(given, given["change"])
            return room.desk.html("contact/form.html", _edit(visit, again, version))
        try:
            rules = from_answers(given)
            check(rules)
            trial = await asyncio.to_thread(_trial, room, rules, visit.now)
        except InvalidInput as error:
            page = _edit(visit, given, version, error)
            return room.desk.html("contact/form.html", page, status=400)
        return room.desk.html("contact/trial.html", _trial_page(visit, rules, version, trial))

    @post("/contact/rules/save")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        rules = from_yaml(given.get("rules", ""))
        version = whole(given.get("version", "")) or 0
        stored = await asyncio.to_thread(_save, room, visit, rules, version)
        room.record(visit.actor, "contact.rules", str(stored.version), {})
        flash = visit.words.gettext("The rules hold from now on, for what waits as well.")
        return room.desk.redirect("/contact/rules", flash=flash)

    return [try_out, save]


def _trial(room: ContactRoom, rules: GateRules, now: int) -> CapTrial:
    with room.database.read() as connection:
        return room.contact.simulate_caps(connection, rules, start=now - TRIED_DAYS * DAY, end=now)


def _save(room: ContactRoom, visit: Visit, rules: GateRules, version: int) -> StoredRules:
    with room.database.write() as connection:
        return room.contact.save_rules(connection, rules, by=visit.actor.name, now=room.now(), over=version)


def _edit(visit: Visit, given: Answers, version: int, error: InvalidInput | None = None) -> FormPage:
    words = visit.words
    up = Link(text=words.gettext("Rules"), href="/contact/rules")
    note = refusal_note(error, visit.words)
    return FormPage(
        page=frame(visit, words.gettext("Change the rules"), up=up),
        note=note,
        form=form(given, version, words),
    )


def _trial_page(visit: Visit, rules: GateRules, version: int, trial: CapTrial) -> TrialPage:
    words = visit.words
    up = Link(text=words.gettext("Rules"), href="/contact/rules")
    hidden = (
        Hidden(name="rules", value=to_yaml(rules)),
        Hidden(name="version", value=str(version)),
    )
    note = None
    if not trial.intents:
        note = Callout(
            title=words.gettext("There is nothing to try them on"),
            text=words.gettext("In the last month no message was meant for anybody."),
        )
    return TrialPage(
        page=frame(
            visit,
            words.gettext("What these rules would have done"),
            up=up,
            lead=words.ngettext(
                "Tried on %(num)s message of the last month.",
                "Tried on %(num)s messages of the last month.",
                trial.intents,
            ),
        ),
        note=note,
        figures=trial_figures(trial, words),
        outcomes=outcome_table(trial, words),
        people=pressure_table(trial, words),
        form=Form(
            name="save",
            action="/contact/rules/save",
            sections=(Fieldset(fields=hidden),),
            submit=words.gettext("Put these rules in force"),
            cancel=Link(text=words.gettext("Leave them as they are"), href="/contact/rules"),
        ),
    )


def _page(visit: Visit, stored: StoredRules, history: list[StoredRules]) -> TabbedPage:
    words, rules = visit.words, stored.rules
    actions: tuple[Link, ...] = ()
    if visit.may(Role.editor):
        actions = (Link(text=words.gettext("Change the rules"), href="/contact/rules/edit"),)
    if stored.version:
        lead = words.gettext(
            "Version %(version)s, saved by %(name)s on %(day)s.",
            version=words.number(stored.version),
            name=stored.saved_by,
            day=words.day(stored.saved_at),
        )
    else:
        lead = words.gettext("The rules that Beleef starts with: being pushy takes an effort.")
    links: tuple[TabLink, ...] = tabs(visit, "rules")
    tables = [_limits(rules, words), _needs(rules, words), _rest(rules, words)]
    if history:
        tables.append(_history(history, words))
    return TabbedPage(
        page=frame(visit, words.gettext("Rules"), actions=actions, lead=lead),
        tab_links=links,
        tables=tuple(tables),
    )


def _limits(rules: GateRules, words: Words) -> Table:
    rows = [
        Row(
            cells=(
                Text(text=cap.name),
                Text(text=_cap_sentence(cap, words)),
                Text(text=_about(cap.purposes, words)),
                Text(text=_over(cap.channels, words)),
            )
        )
        for cap in rules.caps
    ]
    rows += [
        Row(
            cells=(
                Text(text=words.gettext("Quiet hours")),
                Text(
                    text=words.gettext(
                        "from %(start)s to %(end)s where the person lives", start=one.start, end=one.end
                    )
                ),
                Text(text=_about(one.purposes, words)),
                Text(text=_over(one.channels, words)),
            )
        )
        for one in rules.quiet
    ]
    rows += [
        Row(
            cells=(
                Text(text=words.gettext("Distance")),
                Text(
                    text=words.gettext(
                        "%(hours)s hours between two messages at least", hours=words.number(one.hours)
                    )
                ),
                Text(text=_about(one.purposes, words)),
                Text(text=_over(one.channels, words)),
            )
        )
        for one in rules.distances
    ]
    return Table(
        caption=words.gettext("How often and when"),
        columns=(
            Column(label=words.gettext("Rule")),
            Column(label=words.gettext("What it says")),
            Column(label=words.gettext("What for")),
            Column(label=words.gettext("Channels")),
        ),
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("No limits"),
            text=words.gettext("Everybody can get any number of messages, day and night."),
        ),
    )


def _cap_sentence(cap: Cap, words: Words) -> str:
    count = words.ngettext("%(num)s message", "%(num)s messages", cap.at_most)
    if cap.calendar:
        days = words.ngettext("a calendar day", "%(num)s calendar days", cap.days)
    else:
        days = words.ngettext("24 hours", "%(num)s days", cap.days)
    said = words.gettext("at most %(count)s in %(days)s", count=count, days=days)
    return f"{said} ({', '.join(cap.topics)})" if cap.topics else said


def _about(purposes: tuple[str, ...], words: Words) -> str:
    if not purposes:
        return words.gettext("all that counts")
    return ", ".join(purpose_name(one, words) for one in purposes)


def _over(channels: tuple[str, ...], words: Words) -> str:
    if not channels:
        return words.gettext("all together")
    return ", ".join(kind_name(one, words) for one in channels)


def _needs(rules: GateRules, words: Words) -> Table:
    return Table(
        caption=words.gettext("What a purpose needs"),
        columns=(
            Column(label=words.gettext("What for")),
            Column(label=words.gettext("Channel")),
            Column(label=words.gettext("Needs")),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=purpose_name(one.purpose, words)),
                    Text(
                        text=words.gettext("all others")
                        if one.channel == EVERYWHERE
                        else kind_name(one.channel, words)
                    ),
                    Text(text=words.gettext(NEEDS[one.needs])),
                )
            )
            for one in rules.consent
        ),
    )


def _rest(rules: GateRules, words: Words) -> Table:
    yes_no = words.gettext("yes") if rules.transactional_counts else words.gettext("no")
    held_out = words.percent(rules.hold_out, 1 if (100 * rules.hold_out) % 1 else 0)
    said = (
        (
            words.gettext("Waits while a complaint is open"),
            _about(rules.hold_during_complaint, words)
            if rules.hold_during_complaint
            else words.gettext("nothing"),
        ),
        (
            words.gettext("Days without surveys after a complaint was closed"),
            words.number(rules.days_after_complaint),
        ),
        (
            words.gettext("Waits while the person asked for a pause"),
            _about(rules.pausable, words) if rules.pausable else words.gettext("nothing"),
        ),
        (words.gettext("Hold-out"), f"{held_out} · {_about(rules.hold_out_purposes, words)}"),
        (words.gettext("Messages about an order or contract count in limits without a purpose"), yes_no),
        (
            words.gettext("An address is left alone after"),
            words.gettext(
                "%(count)s temporary bounces in %(days)s days",
                count=words.number(rules.soft_bounces),
                days=words.number(rules.soft_bounce_days),
            ),
        ),
    )
    return Table(
        caption=words.gettext("Further rules"),
        columns=(Column(label=words.gettext("Rule")), Column(label=words.gettext("What it says"))),
        rows=tuple(Row(cells=(Text(text=name), Text(text=text))) for name, text in said),
    )


def _history(history: list[StoredRules], words: Words) -> Table:
    return Table(
        caption=words.gettext("Who changed them"),
        columns=(
            Column(label=words.gettext("Version"), numeric=True),
            Column(label=words.gettext("By")),
            Column(label=words.gettext("When")),
        ),
        rows=tuple(
            Row(
                cells=(
                    Figure(text=words.number(one.version)),
                    Text(text=one.saved_by),
                    Time(moment=one.saved_at, exact=True),
                )
            )
            for one in history[:20]
        ),
    )

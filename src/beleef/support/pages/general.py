"""The rules that are no list: tags, when closed cases open again, when a loop has to be closed; and the versions of all rules."""

from itertools import pairwise
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.support.api import ServiceRules
from beleef.support.pages.parts import (
    ListPage,
    SupportRoom,
    filled,
    frame,
    in_thread,
    to_cases,
)
from beleef.support.pages.sections import SECTIONS
from beleef.support.pages.settings import keep_rules, settings_tabs
from beleef.ui.components import Column, EmptyState, Figure, Row, Table, Text, Time, refusal_note
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, TextArea
from beleef.ui.words import N_, Words

_METRICS: Final = {
    "nps": N_("A recommendation (0 to 10) of at most"),
    "csat": N_("A satisfaction (1 to 5) of at most"),
    "ces": N_("An ease (1 to 7) of at most"),
}
_SWITCHES: Final = {
    "alarming_text": N_("An open answer that sounds unhappy opens a follow-up"),
    "broken_promises": N_("A broken promise opens a follow-up"),
    "acknowledge": N_("Customers hear that their message came in, with the promise"),
    "apologise": N_("Customers get an apology when a promise is broken"),
}


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the form, what keeps it, and the versions."""

    @get("/cases/settings/general", sync_to_thread=True)
    def general(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/list.html", _page(room, visit, None))

    @post("/cases/settings/general")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            await in_thread(_save, room, visit, given)
        except InvalidInput as error:
            view = await in_thread(_page, room, visit, given, error)
            return room.desk.html("support/list.html", view, status=400)
        flash = visit.words.gettext("It is kept, and holds from now on.")
        return room.desk.redirect("/cases/settings/general", flash=flash)

    @get("/cases/settings/versions", sync_to_thread=True)
    def versions(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/list.html", _versions(room, visit))

    return [general, save, versions]


def _page(
    room: SupportRoom, visit: Visit, given: Answers | None, error: BeleefError | None = None
) -> ListPage:
    words = visit.words
    with room.database.read() as connection:
        stored = room.support.rules(connection)
    answers = _to_answers(stored.rules) if given is None else given
    form = Form(
        name="general",
        action="/cases/settings/general",
        sections=(
            Fieldset(fields=(Hidden(name="over", value=str(stored.version)), *_fields(answers, words))),
            Fieldset(
                legend=words.gettext("When somebody is called back"), fields=_loop_fields(answers, words)
            ),
        ),
        submit=words.gettext("Save"),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext("Rules"),
            up=(to_cases(words),),
            lead=words.gettext(
                "They hold from the moment they are kept; what happened before is judged as it was."
            ),
        ),
        tab_links=settings_tabs(words, "general"),
        tabs_label=words.gettext("Settings"),
        note=refusal_note(error, visit.words),
        forms=(form,),
        form_titles=("",),
    )


def _fields(answers: Answers, words: Words) -> tuple[Field, ...]:
    return (
        TextArea(
            name="tags",
            label=words.gettext("Tags"),
            value=answers.get("tags", ""),
            help=words.gettext("One on each line."),
            required=False,
        ),
        Input(
            name="reopen_days",
            label=words.gettext("An answer opens a closed case again for days"),
            type="number",
            value=answers.get("reopen_days", ""),
            help=words.gettext("Later it opens a new case that goes on from it."),
        ),
        Input(
            name="per_sender",
            label=words.gettext("Most messages of one sender in an hour"),
            type="number",
            value=answers.get("per_sender", ""),
            help=words.gettext("More is taken for two machines that answer each other."),
        ),
    )


def _loop_fields(answers: Answers, words: Words) -> tuple[Field, ...]:
    scores = tuple(
        Input(
            name=f"threshold.{name}",
            label=words.gettext(label),
            type="number",
            value=answers.get(f"threshold.{name}", ""),
            help=words.gettext("Opens a follow-up; empty for never."),
            required=False,
        )
        for name, label in _METRICS.items()
    )
    switches = tuple(
        Checkbox(name=name, label=words.gettext(label), checked=bool(answers.get(name)))
        for name, label in _SWITCHES.items()
    )
    return (*scores, *switches)


def _to_answers(rules: ServiceRules) -> Answers:
    pairs = [
        ("tags", "\n".join(rules.tags)),
        ("reopen_days", str(rules.reopen_days)),
        ("per_sender", str(rules.per_sender)),
        *((f"threshold.{name}", f"{score:g}") for name, score in rules.thresholds.items()),
        *((name, "yes") for name in _SWITCHES if getattr(rules, name)),
    ]
    return Answers(pairs)


def _save(room: SupportRoom, visit: Visit, given: Answers) -> None:
    with room.database.read() as connection:
        stored = room.support.rules(connection)
    over = filled(given, "over")
    thresholds = {**stored.rules.thresholds}
    for name in _METRICS:
        text = filled(given, f"threshold.{name}")
        thresholds.pop(name, None)
        if text:
            thresholds[name] = _number(text)
    changed: dict[str, Any] = {
        "tags": tuple(
            dict.fromkeys(one.strip() for one in filled(given, "tags").splitlines() if one.strip())
        ),
        "reopen_days": int(_number(filled(given, "reopen_days"))),
        "per_sender": int(_number(filled(given, "per_sender"))),
        "thresholds": thresholds,
        **{name: bool(given.get(name)) for name in _SWITCHES},
    }
    rules = msgspec.structs.replace(stored.rules, **changed)
    keep_rules(room, visit, rules, "general", over=int(over) if over.isdecimal() else None)


def _number(text: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no number.", hint="Write a number.") from error
    if not 0 <= found <= 1_000:
        raise InvalidInput("That number is out of range.", hint="Write one from 0 to 1,000.")
    return found


def _versions(room: SupportRoom, visit: Visit) -> ListPage:
    words = visit.words
    with room.database.read() as connection:
        history = room.support.rules_history(connection)
    before = {one.version: other.rules for one, other in pairwise(history)}

    def parts(version: int, rules: ServiceRules) -> str:
        older = before.get(version)
        if older is None:
            return words.gettext("the first")
        names = [
            name for name in ServiceRules.__struct_fields__ if getattr(rules, name) != getattr(older, name)
        ]
        titles = [words.gettext(SECTIONS[name].title) for name in names if name in SECTIONS]
        titles += [words.gettext("Rules")] if any(name not in SECTIONS for name in names) else []
        return ", ".join(titles) or words.gettext("nothing")

    table = Table(
        caption=words.gettext("Versions of the rules"),
        columns=(
            Column(label=words.gettext("Version")),
            Column(label=words.gettext("Holds from")),
            Column(label=words.gettext("By")),
            Column(label=words.gettext("What changed")),
        ),
        rows=tuple(
            Row(
                cells=(
                    Figure(text=words.number(one.version)),
                    Time(moment=one.saved_at, exact=True),
                    Text(text=one.saved_by or "—"),
                    Text(text=parts(one.version, one.rules)),
                )
            )
            for one in history
        ),
        empty=EmptyState(
            title=words.gettext("No version yet"),
            text=words.gettext("The rules that Beleef comes with hold until somebody changes them."),
            icon="document",
        ),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext("Versions of the rules"),
            up=(to_cases(words),),
            lead=words.gettext("Each promise names the version that it was made under."),
        ),
        tab_links=settings_tabs(words, "versions"),
        tabs_label=words.gettext("Settings"),
        tables=(table,),
    )

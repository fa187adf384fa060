"""Making and changing an audience: a form that says every rule there is, or YAML, with a count of who would be in it.

All buttons submit the same form; nothing is kept before “Save the audience”.
"""

import asyncio
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import yaml
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences.api import (
    Audience,
    Rule,
    audience_from_data,
    audience_to_data,
    rule_from_data,
    rule_to_data,
)
from beleef.audiences.pages import draft as drafts
from beleef.audiences.pages.counting import Count, CountedPage, as_kept, counted
from beleef.audiences.pages.draft import Draft, Place
from beleef.audiences.pages.parts import TAKEN, AudienceRoom, audience_href, stored
from beleef.audiences.pages.rule_fields import RuleForm, RuleNode
from beleef.audiences.pages.seen import suggestions
from beleef.audiences.pages.translation import Translated, Wrong, to_draft, translate
from beleef.kernel.errors import InvalidInput
from beleef.profiles.pages.parts import filled
from beleef.ui.components import Callout, Link, refusal_note
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Suggestions, TextArea
from beleef.ui.page import Page
from beleef.ui.words import Words

PREFIX: Final = "rule"
EDIT: Final = "/audiences/edit"
_LONGEST_FILE = 100_000


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/edit.html``: the form of an audience, with its rule as fields or as YAML, and what it selects.

    Attributes:
        page: The frame.
        form: The fields above the rule, and where they are posted to.
        rule: The rule as fields; None where it is shown as YAML.
        file: The rule as YAML; None where it is shown as fields.
        offered: What is offered while one types.
        count: What the rule selects.
        problem: Why it was not saved, where no field says so.
    """

    page: Page
    form: Form
    rule: RuleNode | None
    file: TextArea | None
    offered: tuple[Suggestions, ...]
    count: Count
    problem: Callout | None = None


class _Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of what was filled in: the rule, or why there is none.

    Attributes:
        answers: What was filled in.
        draft: The rule as fields; None where it was given as YAML.
        rule: The rule; None where it is not complete.
        wrong: Why parts of it cannot work.
        refusal: Why the YAML, the name, or the rule as a whole cannot work.
        focus: The part to look at next.
    """

    answers: Answers
    draft: Draft | None
    rule: Rule | None
    wrong: dict[Place, Wrong] = {}
    refusal: InvalidInput | None = None
    focus: Place | None = None


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the pages on which an audience is made and changed."""

    @get("/audiences/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        given = _Filled(answers=Answers([]), draft=drafts.empty(), rule=None)
        return room.desk.html("audiences/edit.html", _page(visit, room, given, Count()))

    @get("/audiences/{name:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        found = stored(room, name)
        draft = to_draft(found.audience.rule, ZoneInfo(room.zone))
        given = _Filled(answers=_answers(found.audience), draft=draft, rule=found.audience.rule)
        page = _page(visit, room, given, as_kept(visit, room, found))
        return room.desk.html("audiences/edit.html", page)

    @post("/audiences/edit")
    async def save(request: AnyRequest) -> Response[str]:
        visit, answers = await room.desk.form(request, Role.editor)
        given, to_save = await asyncio.to_thread(_take, room, answers)
        if to_save is None:
            count = await asyncio.to_thread(_count, visit, room, given)
            status = 400 if given.refusal or (given.wrong and not answers.get("do")) else 200
            return room.desk.html("audiences/edit.html", _page(visit, room, given, count), status=status)
        await asyncio.to_thread(room.record, visit.actor, "audience.save", to_save.name, {})
        flash = visit.words.gettext("“%(name)s” is saved, and is being filled.", name=to_save.label)
        return room.desk.redirect(audience_href(to_save.name), flash=flash)

    @post("/audiences/count", status_code=200)
    async def count(request: AnyRequest) -> Response[str]:
        visit, answers = await room.desk.form(request, Role.editor)
        given = _read(room, answers)
        found = await asyncio.to_thread(_count, visit, room, given)
        return room.desk.fragment("audiences/counted.html", CountedPage(page=visit.frame, count=found), {})

    return [new, edit, save, count]


def _take(room: AudienceRoom, answers: Answers) -> tuple[_Filled, Audience | None]:
    """Do what the pressed button says; return what to show next, and the audience where it was saved."""
    change, do = answers.get("change", ""), answers.get("do", "")
    given = _read(room, answers)
    if change.startswith(f"{PREFIX}:") and given.draft is not None:
        return _changed(room, given, change.removeprefix(f"{PREFIX}:")), None
    if given.rule is None or do == "count":
        return given, None
    if do in {"yaml", "form"}:
        return _turned(room, given, to_file=do == "yaml"), None
    try:
        audience = _audience(room, answers, given.rule)
        with room.database.write() as connection:
            room.audiences.save(connection, audience, room.now())
    except InvalidInput as error:
        return msgspec.structs.replace(given, refusal=error), None
    return given, audience


def _read(room: AudienceRoom, answers: Answers) -> _Filled:
    if "file" not in answers:
        draft = drafts.read(answers, PREFIX)
        found: Translated = translate(draft, room.zone)
        return _Filled(answers=answers, draft=draft, rule=found.rule, wrong=found.wrong)
    try:
        return _Filled(answers=answers, draft=None, rule=read_file(answers["file"], room.zone))
    except InvalidInput as error:
        return _Filled(answers=answers, draft=None, rule=None, refusal=error)


def read_file(text: str, zone: str) -> Rule:
    """Return the rule that stands in a YAML text, also where it stands there as a whole audience.

    Raises:
        InvalidInput: it is no YAML, or no rule.
    """
    if len(text) > _LONGEST_FILE:
        raise InvalidInput("The text is too long.", hint="Make audiences of parts of the rule.")
    try:
        data: Any = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput("That is no YAML.", hint=str(error)[:200]) from error
    return rule_from_data(data["rule"] if isinstance(data, dict) and "rule" in data else data, zone=zone)


def write_file(rule: Rule) -> str:
    """Return a rule as YAML that ``read_file`` reads back."""
    return yaml.safe_dump(rule_to_data(rule), allow_unicode=True, sort_keys=False)


def _changed(room: AudienceRoom, given: _Filled, change: str) -> _Filled:
    assert given.draft is not None  # noqa: S101 -- only fields have such buttons
    _, _, written = change.partition(":")
    chosen = given.answers.get("-".join(filter(None, (PREFIX, written, "new"))), "")
    draft, focus = drafts.changed(given.draft, change, chosen)
    # What is missing in a part that was just added is no error yet.
    return _Filled(answers=given.answers, draft=draft, rule=translate(draft, room.zone).rule, focus=focus)


def _turned(room: AudienceRoom, given: _Filled, *, to_file: bool) -> _Filled:
    assert given.rule is not None  # noqa: S101 -- an incomplete one is shown as it is
    draft = None if to_file else to_draft(given.rule, ZoneInfo(room.zone))
    own = [(name, value) for name, value in given.answers.items() if name != "file"]
    file = [("file", write_file(given.rule))] if to_file else []
    return _Filled(answers=Answers([*own, *file]), draft=draft, rule=given.rule)


def _audience(room: AudienceRoom, answers: Answers, rule: Rule) -> Audience:
    label, was = filled(answers, "label"), filled(answers, "was")
    name = was or filled(answers, "name") or _name_of(label)
    if not label:
        raise InvalidInput("The audience has no name.", hint="Call it what people call it.")
    if not was:
        with room.database.read() as connection:
            taken = {one.audience.name for one in room.audiences.audiences(connection)}
        if name in taken | TAKEN:
            raise InvalidInput(
                f"The name {name} is taken.", hint="Choose another name, or change that audience."
            )
    audience = Audience(
        name=name,
        label=label,
        rule=rule,
        description=filled(answers, "description"),
        announce=bool(answers.get("announce")),
    )
    return audience_from_data(audience_to_data(audience), zone=room.zone)


def _answers(audience: Audience) -> Answers:
    pairs = [("was", audience.name), ("label", audience.label), ("description", audience.description)]
    return Answers([*pairs, ("announce", "yes")] if audience.announce else pairs)


def _name_of(label: str) -> str:
    letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in label.lower())
    name = "_".join(part for part in letters.split("_") if part)[:63]
    return name if name[:1].isalpha() else f"a_{name}"[:63]


# What a rule selects


def _count(visit: Visit, room: AudienceRoom, given: _Filled) -> Count:
    words = visit.words
    if given.rule is None:
        missing = len(given.wrong) or (1 if given.refusal is None else 0)
        note = words.ngettext(
            "One condition is not complete yet.", "%(num)s conditions are not complete yet.", missing
        )
        return Count(note=note if missing else words.gettext("The rule cannot be read."))
    return counted(visit, room, given.rule)


# The page


def _page(visit: Visit, room: AudienceRoom, given: _Filled, count: Count) -> EditPage:
    words, answers = visit.words, given.answers
    was = answers.get("was", "")
    seen = room.seen()
    crumbs = [Link(text=words.gettext("Audiences"), href="/audiences")]
    title = words.gettext("New audience")
    if was:
        title = words.gettext("Change an audience")
        crumbs.append(Link(text=answers.get("label", was), href=audience_href(was)))
    rule = None
    if given.draft is not None:
        form = RuleForm(prefix=PREFIX, seen=seen, words=words, wrong=given.wrong, focus=given.focus)
        rule = form.draw(given.draft)
    return EditPage(
        page=visit.page(title, active="audiences", crumbs=crumbs),
        form=_form(answers, words),
        rule=rule,
        file=None if rule else _file(given, words),
        offered=suggestions(seen),
        count=count,
        problem=_problem(given, words),
    )


def _problem(given: _Filled, words: Words) -> Callout | None:
    error = given.refusal
    if given.draft is None and given.rule is None:
        return None
    return refusal_note(error, words)


def _file(given: _Filled, words: Words) -> TextArea:
    error = given.refusal if given.rule is None else None
    return TextArea(
        name="file",
        label=words.gettext("The rule as YAML"),
        value=given.answers.get("file", ""),
        rows=18,
        machine=True,
        error=None if error is None else words.refusal(error),
    )


def _form(answers: Answers, words: Words) -> Form:
    was = answers.get("was", "")
    name: Field = (
        Hidden(name="was", value=was)
        if was
        else Input(
            name="name",
            label=words.gettext("Name for programs"),
            value=answers.get("name", ""),
            help=words.gettext("Small letters, digits and _; made from the name if you leave it empty."),
            required=False,
        )
    )
    fields = (
        Input(name="label", label=words.gettext("Name"), value=answers.get("label", "")),
        name,
        Input(
            name="description",
            label=words.gettext("What it is for"),
            value=answers.get("description", ""),
            required=False,
        ),
        Checkbox(
            name="announce",
            label=words.gettext("Those who are in it from the start count as entering now"),
            checked=bool(answers.get("announce")),
            help=words.gettext(
                "Campaigns that begin with entering would then begin for all of them at once."
            ),
        ),
    )
    return Form(
        name="audience",
        action=EDIT,
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Save the audience"),
        cancel=Link(text=words.gettext("Cancel"), href=audience_href(was) if was else "/audiences"),
    )

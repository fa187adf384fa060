"""The forms of what belongs to a campaign as a whole: who comes in, goals, ways out, its name; and the campaign as YAML."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
import yaml
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences.pages.ruling import suggestions
from beleef.campaigns.api import StoredCampaign, to_data
from beleef.campaigns.pages import ends_form, entry_form, rule_parts
from beleef.campaigns.pages.drafting import change, draft, stored, told
from beleef.campaigns.pages.fields import Choosable, Data
from beleef.campaigns.pages.parts import CampaignRoom, choosable, crumbs, href, tabs
from beleef.campaigns.pages.steps import Kind, StepPage
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import CodeBlock, Icon, Link, TabLink
from beleef.ui.forms import DefinitionEditor, Fieldset, Form, TextArea
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

LONGEST_FILE = 400_000
"""Letters of a campaign as YAML."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a campaign that has a form.

    Attributes:
        title: What the form is about.
        answers: Makes answers of the draft and of a way in.
        sections: Makes the form's sections; called with answers, words, what can be chosen, what is wrong, and a way in.
        read: Changes the draft by the answers; called with the draft, the answers and a way in.
    """

    title: str
    answers: Callable[[Data, str], Answers]
    sections: Callable[[Answers, Words, Choosable, str | None, str], tuple[Fieldset | DefinitionEditor, ...]]
    read: Callable[[Data, Answers, str], Any]


def _read_entry(data: Data, given: Answers, kind: str) -> None:
    data["entry"] = entry_form.read(kind, given)


def _read_goals(data: Data, given: Answers, _: str) -> None:
    data["goals"] = ends_form.read_goals(given, data.get("goals", []))


def _read_exits(data: Data, given: Answers, _: str) -> None:
    data["exit"] = ends_form.read_exits(given, data.get("exit", []))


PARTS: Final[dict[str, Part]] = {
    "entry": Part(
        title=N_("Who comes in"),
        answers=lambda data, kind: entry_form.to_answers(data["entry"], kind),
        sections=lambda given, words, choice, error, kind: entry_form.sections(
            kind, given, words, choice, error
        ),
        read=_read_entry,
    ),
    "goals": Part(
        title=N_("Goals"),
        answers=lambda data, _: ends_form.goal_answers(data.get("goals", [])),
        sections=lambda given, words, _, error, __: ends_form.goal_sections(given, words, error),
        read=_read_goals,
    ),
    "exits": Part(
        title=N_("Leaving early"),
        answers=lambda data, _: ends_form.exit_answers(data.get("exit", [])),
        sections=lambda given, words, choice, error, _: ends_form.exit_sections(given, words, choice, error),
        read=_read_exits,
    ),
    "settings": Part(
        title=N_("The campaign itself"),
        answers=lambda data, _: Answers(
            [
                ("label", data.get("label", "")),
                ("description", data.get("description", "")),
                ("control", f"{data.get('control', 0):g}"),
            ]
        ),
        sections=lambda given, words, _, error, __: ends_form.settings_fields(given, words, error),
        read=lambda data, given, _: data.update(ends_form.read_settings(given, data)),
    ),
}

_WAY_ICONS: Final[dict[str, Icon]] = {
    "fact": "live",
    "audience": "people",
    "schedule": "calendar",
    "call": "code",
}


class YamlPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/yaml.html``: the draft as a file, and the way to bring one in."""

    page: Page
    tab_links: tuple[TabLink, ...]
    code: CodeBlock
    form: Form | None


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the pages of the parts, and of the file."""
    return [
        *(handler for name in PARTS for handler in _part_routes(room, name)),
        *_yaml_routes(room),
    ]


def _part_routes(room: CampaignRoom, part: str) -> list[HTTPRouteHandler]:
    form = PARTS[part]

    @get(f"/campaigns/{{name:str}}/{part}", sync_to_thread=True)
    def show(request: AnyRequest, name: str, kind: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        found, choice = _read(room, name)
        way = _way(found, kind)
        page = _part_page(visit, found, choice, part, _answers(form, found, way, choice), way)
        return room.desk.html("campaigns/form.html", page)

    @post(f"/campaigns/{{name:str}}/{part}")
    async def save(request: AnyRequest, name: str, kind: str = "") -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        found, choice = await asyncio.to_thread(_read, room, name)
        way = _way(found, kind)
        if given.get("change"):
            page = _part_page(visit, found, choice, part, rule_parts.changed(given), way)
            return room.desk.html("campaigns/form.html", page)
        try:
            filled_in = rule_parts.closed(given, choice.zone)
            await asyncio.to_thread(
                change, room, visit.actor, name, lambda data: form.read(data, filled_in, way)
            )
        except InvalidInput as error:
            page = _part_page(visit, found, choice, part, given, way, error=told(error, visit.words))
            return room.desk.html("campaigns/form.html", page, status=400)
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The draft is changed."))

    return [show, save]


def _answers(form: Part, found: StoredCampaign, way: str, choice: Choosable) -> Answers:
    return rule_parts.opened(form.answers(draft(found), way), choice.zone)


def _read(room: CampaignRoom, name: str) -> tuple[StoredCampaign, Choosable]:
    with room.database.read() as connection:
        found = room.campaigns.campaign(connection, name)
        return found, choosable(room, connection, found)


def _way(found: StoredCampaign, kind: str) -> str:
    return kind if kind in entry_form.WAYS_IN else entry_form.way_in(draft(found)["entry"])


def _part_page(
    visit: Visit,
    found: StoredCampaign,
    choice: Choosable,
    part: str,
    given: Answers,
    way: str,
    *,
    error: str | None = None,
) -> StepPage:
    words, name, form = visit.words, found.campaign.name, PARTS[part]
    is_entry = part == "entry"
    kinds = tuple(
        Kind(label=words.gettext(label), icon=_WAY_ICONS[kind], href=href(name, "/entry", kind=kind))
        for kind, label in entry_form.WAYS_IN.items()
        if is_entry and kind != way
    )
    title = words.gettext(form.title)
    return StepPage(
        page=visit.page(
            title,
            active="campaigns",
            crumbs=(*crumbs(words, found), Link(text=words.gettext("Draft"), href=href(name, "/edit"))),
            lead=words.gettext(entry_form.WAYS_IN[way]) if is_entry else None,
        ),
        kinds=kinds,
        form=Form(
            name=part,
            action=href(name, f"/{part}", kind=way if is_entry else None),
            sections=form.sections(given, words, choice, error, way),
            submit=words.gettext("Keep it in the draft"),
            cancel=Link(text=words.gettext("Cancel"), href=href(name, "/edit")),
        ),
        offered=suggestions(choice.seen) if part in {"entry", "exits"} else (),
    )


def _yaml_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/{name:str}/yaml", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        found = stored(room, name)
        return room.desk.html("campaigns/yaml.html", _yaml_page(visit, found, as_yaml(found), None))

    @get("/campaigns/{name:str}/export", sync_to_thread=True)
    def export(request: AnyRequest, name: str) -> Response[str]:
        room.desk.open(request, Role.reader)
        return Response(
            as_yaml(stored(room, name)),
            media_type="application/yaml",
            headers={"Content-Disposition": f'attachment; filename="{name}.yaml"'},
        )

    @post("/campaigns/{name:str}/yaml")
    async def bring_in(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        try:
            data = _of_campaign(read_yaml(text), name)

            def edit(before: Data) -> None:
                before.clear()
                before.update(data)

            await asyncio.to_thread(change, room, visit.actor, name, edit)
        except InvalidInput as error:
            found = await asyncio.to_thread(stored, room, name)
            page = _yaml_page(visit, found, text, visit.words.refusal(error))
            return room.desk.html("campaigns/yaml.html", page, status=400)
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The draft is changed."))

    return [show, export, bring_in]


def _of_campaign(data: Data, name: str) -> Data:
    if data.get("name") != name:
        raise InvalidInput(
            f"This is a file of the campaign {data.get('name')!r}.",
            hint=f"Its name must stay {name}; make another campaign for another name.",
        )
    return data


def as_yaml(found: StoredCampaign) -> str:
    """Return a campaign's draft as a file."""
    return yaml.safe_dump(to_data(found.campaign), allow_unicode=True, sort_keys=False)


def read_yaml(text: str) -> Data:
    """Return the data of a file.

    Raises:
        InvalidInput: it is no file of a campaign.
    """
    if len(text) > LONGEST_FILE:
        raise InvalidInput("The file is too long.", hint="A campaign has fewer steps.")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput("That is no YAML.", hint=" ".join(str(error).split())[:300]) from error
    if not isinstance(data, dict):
        raise InvalidInput("That is no campaign.", hint="Begin with name, label, entry and flow.")
    return data


def _yaml_page(visit: Visit, found: StoredCampaign, text: str, error: str | None) -> YamlPage:
    words, name = visit.words, found.campaign.name
    may = visit.may(Role.editor)
    field = TextArea(
        name="text",
        label=words.gettext("The campaign as YAML"),
        value=text,
        rows=24,
        machine=True,
        help=words.gettext("It becomes the draft; people under way notice nothing until you publish it."),
        error=error,
    )
    form = Form(
        name="yaml",
        action=href(name, "/yaml"),
        sections=(Fieldset(fields=(field,)),),
        submit=words.gettext("Take it as the draft"),
    )
    actions = (Link(text=words.gettext("Export"), href=href(name, "/export")),)
    return YamlPage(
        page=visit.page(found.campaign.label, active="campaigns", crumbs=crumbs(words), actions=actions),
        tab_links=tabs(name, "/yaml", words, editor=may),
        code=CodeBlock(name="campaign", label=f"{name}.yaml", code=as_yaml(found)),
        form=form if may else None,
    )

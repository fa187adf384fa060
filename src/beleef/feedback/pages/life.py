"""How surveys begin, ask and end: a new one, one from a file, publishing, pausing, closing; and the survey as YAML."""

import asyncio
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import StoredSurvey, surveys_from_yaml, surveys_to_yaml
from beleef.feedback.pages.drafting import Data, change, create, draft_of, name_of, told
from beleef.feedback.pages.parts import KINDS, PROMISES, FeedbackRoom, crumbs, href, options, tabs
from beleef.kernel.errors import Conflict, InvalidInput
from beleef.ui.components import Callout, CodeBlock, Link, TabLink
from beleef.ui.forms import Choices, Fieldset, Form, Input, TextArea
from beleef.ui.page import Confirm, Page
from beleef.ui.words import N_, Words

_BEGINNINGS: Final = {
    "nps": ("nps", {"en": "How likely are you to recommend us to a friend?", "nl": "Hoe waarschijnlijk is het dat u ons aanbeveelt bij een vriend?"}),
    "csat": ("csat", {"en": "How satisfied are you with how this went?", "nl": "Hoe tevreden bent u over hoe dit ging?"}),
    "ces": ("ces", {"en": "It was easy to get done what I came for.", "nl": "Het was makkelijk om te regelen waarvoor ik kwam."}),
    "recovery": ("csat", {"en": "How satisfied are you with how we put it right?", "nl": "Hoe tevreden bent u over hoe wij het hebben rechtgezet?"}),
}  # fmt: skip
"""The first question of a new survey, in both languages, so that it can be answered at once."""
_WHY: Final = {
    "en": "What is the main reason for your score?",
    "nl": "Wat is de belangrijkste reden voor uw score?",
}
_STARTS: Final = {
    "nps": N_("Would they recommend us? (NPS)"),
    "csat": N_("Were they satisfied? (CSAT)"),
    "ces": N_("Was it easy? (CES)"),
    "recovery": N_("Did we put it right? (CSAT, a day after a follow-up was closed)"),
}
_AFTER_FOLLOW_UP: Final = {
    "event": "Case Closed",
    "where": {"kind": "follow_up", "outcome": ["solved", "explained", "compensated"]},
    "delay_hours": 24,
}
"""Closes the loop: who was followed up is asked whether it helped."""


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/form.html``: one form."""

    page: Page
    form: Form
    note: Callout | None = None


class YamlPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/yaml.html``: the draft as a file, and the way to bring one in."""

    page: Page
    tab_links: tuple[TabLink, ...]
    code: CodeBlock
    form: Form | None


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the pages on which surveys begin and end."""
    return [
        *_new_routes(room),
        *_import_routes(room),
        *_yaml_routes(room),
        *(handler for act in _ACTS for handler in _act_routes(room, act)),
    ]


def _new_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("feedback/form.html", _new_page(visit, Answers(), None))

    @post("/surveys/new")
    async def begin(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            data = _beginning(given)
            await asyncio.to_thread(create, room, visit.actor, data)
        except (InvalidInput, Conflict) as error:
            page = _new_page(visit, given, told(error, visit.words))
            return room.desk.html("feedback/form.html", page, status=400)
        flash = visit.words.gettext("The draft is there. Look at it, and publish it when you are content.")
        return room.desk.redirect(href(data["name"], "/edit"), flash=flash)

    return [new, begin]


def _beginning(given: Answers) -> Data:
    label = given.get("label", "").strip()
    start = given.get("start", "nps")
    kind, text = _BEGINNINGS.get(start, _BEGINNINGS["nps"])
    is_recovery = start == "recovery"
    return {
        "name": name_of(label),
        "label": label,
        "kind": "transactional" if is_recovery else given.get("kind", "transactional"),
        **({"trigger": _AFTER_FOLLOW_UP} if is_recovery else {}),
        "anonymity": given.get("anonymity", "none"),
        "title": {"nl": label, "en": label},
        "languages": ["nl", "en"],
        "default_language": "nl",
        "blocks": [
            {
                "id": "score",
                "questions": [{"id": kind, "kind": kind, "text": text, "is_required": True}],
            },
            {"id": "reason", "questions": [{"id": "why", "kind": "open", "text": _WHY}]},
        ],
    }


def _new_page(visit: Visit, given: Answers, error: str | None) -> FormPage:
    words = visit.words
    label = Input(
        name="label", label=words.gettext("What to call it"), value=given.get("label", ""), error=error
    )
    kind = Choices(
        name="kind",
        label=words.gettext("When it asks"),
        options=options(KINDS, words),
        values=(given.get("kind", "transactional"),),
    )
    start = Choices(
        name="start",
        label=words.gettext("What it asks first"),
        options=options(_STARTS, words),
        values=(given.get("start", "nps"),),
    )
    promise = Choices(
        name="anonymity",
        label=words.gettext("What you promise those who answer"),
        options=options(PROMISES, words),
        values=(given.get("anonymity", "none"),),
        help=words.gettext("This cannot change any more once somebody has answered."),
    )
    return FormPage(
        page=visit.page(
            words.gettext("New survey"),
            active="surveys",
            crumbs=crumbs(words),
            actions=(Link(text=words.gettext("Begin with a file"), href="/surveys/import"),),
        ),
        form=Form(
            name="survey",
            action="/surveys/new",
            sections=(Fieldset(fields=(label, kind, start, promise)),),
            submit=words.gettext("Begin"),
            cancel=Link(text=words.gettext("Cancel"), href="/surveys"),
        ),
    )


def _import_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/import", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("feedback/form.html", _import_page(visit, "", None))

    @post("/surveys/import")
    async def bring_in(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        try:
            data = _only(text)
            await asyncio.to_thread(create, room, visit.actor, data)
        except (InvalidInput, Conflict) as error:
            page = _import_page(visit, text, told(error, visit.words))
            return room.desk.html("feedback/form.html", page, status=400)
        return room.desk.redirect(
            href(data["name"], "/edit"), flash=visit.words.gettext("The draft is there.")
        )

    return [ask, bring_in]


def _only(text: str) -> Data:
    found = surveys_from_yaml(text)
    if len(found) != 1:
        raise InvalidInput("Give one survey.", hint="`beleef apply` takes files with several.")
    return draft_of(found[0])


def _of(name: str, text: str) -> Data:
    data = _only(text)
    if data["name"] != name:
        raise InvalidInput("The file is of another survey.", hint="Keep the name as it is.")
    return data


def _import_page(visit: Visit, text: str, error: str | None) -> FormPage:
    words = visit.words
    return FormPage(
        page=visit.page(words.gettext("A survey from a file"), active="surveys", crumbs=crumbs(words)),
        form=Form(
            name="import",
            action="/surveys/import",
            sections=(Fieldset(fields=(_yaml_field(text, error, words),)),),
            submit=words.gettext("Take it as a draft"),
            cancel=Link(text=words.gettext("Cancel"), href="/surveys"),
        ),
    )


def _yaml_field(text: str, error: str | None, words: Words) -> TextArea:
    return TextArea(
        name="text",
        label=words.gettext("The survey as YAML"),
        value=text,
        rows=24,
        machine=True,
        error=error,
    )


def _yaml_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/{name:str}/yaml", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
        return room.desk.html("feedback/yaml.html", _yaml_page(visit, stored, None, None))

    @post("/surveys/{name:str}/yaml")
    async def bring_in(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        try:
            data = _of(name, text)
            await asyncio.to_thread(change, room, visit.actor, name, lambda old: _replace(old, data))
        except (InvalidInput, Conflict) as error:
            with room.database.read() as connection:
                stored = room.feedback.survey(connection, name)
            page = _yaml_page(visit, stored, text, told(error, visit.words))
            return room.desk.html("feedback/yaml.html", page, status=400)
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The draft is there."))

    return [show, bring_in]


def _replace(old: Data, new: Data) -> None:
    old.clear()
    old.update(new)


def _yaml_page(visit: Visit, stored: StoredSurvey, text: str | None, error: str | None) -> YamlPage:
    words, name = visit.words, stored.survey.name
    written = surveys_to_yaml([stored.survey])
    form = Form(
        name="yaml",
        action=href(name, "/yaml"),
        sections=(Fieldset(fields=(_yaml_field(written if text is None else text, error, words),)),),
        submit=words.gettext("Take it as the draft"),
    )
    return YamlPage(
        page=visit.page(stored.survey.label, active="surveys", crumbs=crumbs(words)),
        tab_links=tabs(stored, "/yaml", visit),
        code=CodeBlock(name="survey", label=words.gettext("The draft, for `beleef apply`"), code=written),
        form=form if visit.may(Role.editor) else None,
    )


class _Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changes whether a survey asks.

    Attributes:
        name: Part of the address and the audit log.
        title: The question asked before.
        button: What its button says.
        flash: What is said after.
        consequences: What will happen.
    """

    name: str
    title: str
    button: str
    flash: str
    consequences: tuple[str, ...]


_ACTS: Final = (
    _Act(
        name="publish",
        title=N_("Publish “%(survey)s”?"),
        button=N_("Publish"),
        flash=N_("The survey is published."),
        consequences=(
            N_("From now on it asks with these questions; this version never changes any more."),
            N_("Whoever was invited before answers the version of their invitation."),
            N_("What you promised those who answer is fixed from the first answer on."),
        ),
    ),
    _Act(
        name="pause",
        title=N_("Pause “%(survey)s”?"),
        button=N_("Pause"),
        flash=N_("The survey pauses."),
        consequences=(
            N_("Nobody is asked any more until you publish it again."),
            N_("Links that were sent still work."),
        ),
    ),
    _Act(
        name="close",
        title=N_("Close “%(survey)s”?"),
        button=N_("Close it"),
        flash=N_("The survey is closed."),
        consequences=(
            N_("Nobody is asked any more, and links say kindly that it is closed."),
            N_("Its answers and figures stay."),
        ),
    ),
)


def _act_routes(room: FeedbackRoom, act: _Act) -> list[HTTPRouteHandler]:
    @get(f"/surveys/{{name:str}}/{act.name}", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
        return room.desk.html("ui/confirm.html", _confirm(visit, stored, act))

    @post(f"/surveys/{{name:str}}/{act.name}")
    async def do(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_do, room, act.name, name)
        room.record(visit.actor, f"survey.{act.name}", name, {})
        return room.desk.redirect(href(name), flash=visit.words.gettext(act.flash))

    return [ask, do]


def _do(room: FeedbackRoom, act: str, name: str) -> None:
    with room.database.write() as connection:
        if act == "publish":
            stored = room.feedback.survey(connection, name)
            if stored.is_changed or not stored.version:
                room.feedback.publish(connection, name, room.now())
            if stored.state == "paused":
                room.feedback.resume(connection, name)
        elif act == "pause":
            room.feedback.pause(connection, name)
        else:
            room.feedback.close(connection, name)


def _confirm(visit: Visit, stored: StoredSurvey, act: _Act) -> Confirm:
    words, name = visit.words, stored.survey.name
    return Confirm(
        page=visit.page(
            words.gettext(act.title, survey=stored.survey.label),
            active="surveys",
            crumbs=crumbs(words, stored),
        ),
        consequences=tuple(words.gettext(one) for one in act.consequences),
        form=Form(
            name=act.name,
            action=href(name, f"/{act.name}"),
            sections=(),
            submit=words.gettext(act.button),
            tone="danger" if act.name == "close" else "accent",
            cancel=Link(text=words.gettext("Back"), href=href(name)),
        ),
    )

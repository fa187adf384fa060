"""The forms of what belongs to a survey as a whole: its promise and languages, who is asked and when, the invitation, the thanks."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import StoredSurvey
from beleef.feedback.pages import asking_form, widget_form
from beleef.feedback.pages.drafting import Data, draft_of, free
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.parts import PROMISES, FeedbackRoom, crumbs, href, options
from beleef.feedback.pages.rows import (
    Pairs,
    changed,
    count_of,
    filled,
    number_of,
    put,
    read_texts,
    row_editor,
    row_pairs,
    text_fields,
    text_pairs,
)
from beleef.feedback.pages.saving import keep
from beleef.ui.components import Link
from beleef.ui.forms import (
    Checkbox,
    Choices,
    DefinitionEditor,
    Field,
    Fieldset,
    Form,
    Input,
    Option,
    Select,
)
from beleef.ui.words import LANGUAGES, N_, NAMES, Words

Sections = tuple[Fieldset | DefinitionEditor, ...]

_GROUPS: Final = {
    "delivery": N_("How they came"),
    "touchpoint": N_("Touchpoint"),
    "product": N_("Product"),
    "language": N_("Language"),
    "stratum": N_("Stratum"),
}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a survey that has a form.

    Attributes:
        title: What the form is about.
        answers: Makes answers of the draft.
        sections: Makes the form's sections; called with answers, the survey, words, audiences, and what is wrong.
        read: Changes the draft by the answers.
    """

    title: str
    answers: Callable[[Data], Pairs]
    sections: Callable[[Answers, StoredSurvey, Words, list[tuple[str, str]], str | None], Sections]
    read: Callable[[Data, Answers], Any]


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the pages of the parts."""
    return [handler for name in _PARTS for handler in _part_routes(room, name)]


def _part_routes(room: FeedbackRoom, part: str) -> list[HTTPRouteHandler]:
    form = _PARTS[part]

    @get(f"/surveys/{{name:str}}/{part}", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        stored, audiences = _look(room, name)
        given = Answers(form.answers(draft_of(stored.survey)))
        page = _page(visit, stored, part, form.sections(given, stored, visit.words, audiences, None))
        return room.desk.html("feedback/form.html", page)

    @post(f"/surveys/{{name:str}}/{part}")
    async def save(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        stored, audiences = await asyncio.to_thread(_look, room, name)
        if given.get("change"):
            sections = form.sections(changed(given), stored, visit.words, audiences, None)
            return room.desk.html("feedback/form.html", _page(visit, stored, part, sections))

        def again(error: str) -> FormPage:
            return _page(visit, stored, part, form.sections(given, stored, visit.words, audiences, error))

        return await keep(room, visit, name, lambda data: form.read(data, given), again)

    return [show, save]


def _look(room: FeedbackRoom, name: str) -> tuple[StoredSurvey, list[tuple[str, str]]]:
    with room.database.read() as connection:
        return room.feedback.survey(connection, name), room.audiences(connection)


def _page(visit: Visit, stored: StoredSurvey, part: str, sections: Sections) -> FormPage:
    words, name = visit.words, stored.survey.name
    return FormPage(
        page=visit.page(words.gettext(_PARTS[part].title), active="surveys", crumbs=crumbs(words, stored)),
        form=Form(
            name=part,
            action=href(name, f"/{part}"),
            sections=sections,
            submit=words.gettext("Save in the draft"),
            cancel=Link(text=words.gettext("Cancel"), href=href(name, "/edit")),
        ),
    )


def _settings_answers(data: Data) -> Pairs:
    pairs: Pairs = [("label", data["label"]), *text_pairs("title", data.get("title"))]
    pairs += [("languages", code) for code in data.get("languages", ("en",))]
    pairs += [
        ("default_language", data.get("default_language", "en")),
        ("anonymity", data.get("anonymity", "none")),
        ("group_by", data.get("group_by", "")),
        ("threshold", str(data.get("threshold", 5))),
        ("touchpoint", data.get("touchpoint", "")),
    ]
    return [*pairs, ("alarm", "yes")] if data.get("alarm") else pairs


def _settings(
    given: Answers, stored: StoredSurvey, words: Words, _: list[tuple[str, str]], error: str | None
) -> Sections:
    label = Input(
        name="label", label=words.gettext("What to call it"), value=given.get("label", ""), error=error
    )
    languages = tuple(Option(value=code, label=NAMES[code]) for code in LANGUAGES)
    fields: tuple[Field, ...] = (
        label,
        *text_fields(given, "title", words.gettext("What respondents read above it")),
        Choices(
            name="languages",
            label=words.gettext("Languages"),
            type="checkbox",
            options=languages,
            values=tuple(given.every("languages")),
        ),
        Select(
            name="default_language",
            label=words.gettext("Where a text is missing"),
            options=languages,
            value=given.get("default_language", "en"),
        ),
        Input(
            name="touchpoint",
            label=words.gettext("Touchpoint it asks about"),
            value=given.get("touchpoint", ""),
            help=words.gettext("Where the occasion does not say it."),
            required=False,
        ),
        Checkbox(
            name="alarm",
            label=words.gettext("Negative words ask for a follow-up"),
            checked=given.get("alarm") == "yes",
        ),
    )
    return (Fieldset(fields=fields), _promise(given, stored, words))


def _promise(given: Answers, stored: StoredSurvey, words: Words) -> Fieldset:
    locked = words.gettext("Somebody answered, so this cannot change any more.")
    fields: tuple[Field, ...] = (
        Choices(
            name="anonymity",
            label=words.gettext("What you promise those who answer"),
            options=options(PROMISES, words),
            values=(given.get("anonymity", "none"),),
        ),
        Input(
            name="threshold",
            label=words.gettext("Smallest group that is shown"),
            type="number",
            value=given.get("threshold", "5"),
        ),
        Select(
            name="group_by",
            label=words.gettext("Groups of an anonymous survey are told apart by"),
            options=options(_GROUPS, words, empty=words.gettext("nothing")),
            value=given.get("group_by", ""),
            required=False,
        ),
    )
    return Fieldset(
        legend=words.gettext("The promise"), help=locked if stored.has_answers else None, fields=fields
    )


def _read_settings(data: Data, given: Answers) -> None:
    data["label"] = filled(given, "label")
    data["title"] = read_texts(given, "title")
    data["languages"] = given.every("languages")
    data["default_language"] = given.get("default_language", "en")
    put(data, "touchpoint", filled(given, "touchpoint"))
    put(data, "alarm", given.get("alarm") == "yes")
    put(data, "anonymity", "" if given.get("anonymity") == "none" else given.get("anonymity", ""))
    put(data, "group_by", given.get("group_by", ""))
    data["threshold"] = number_of(given, "threshold") or 0


def _invitation_answers(data: Data) -> Pairs:
    invitation = data.get("invitation", {})
    pairs: Pairs = [
        ("reminder_days", f"{data.get('reminder_days', 0)}"),
        ("open_days", f"{data.get('open_days', 21)}"),
    ]
    for name in ("subject", "text", "reminder"):
        pairs += text_pairs(name, invitation.get(name))
    return pairs


def _invitation(
    given: Answers, _: StoredSurvey, words: Words, __: list[tuple[str, str]], error: str | None
) -> Sections:
    own = words.gettext("Leave empty for Beleef's own words.")
    fields: tuple[Field, ...] = (
        *text_fields(given, "subject", words.gettext("Subject"), error=error, help=own),
        *text_fields(given, "text", words.gettext("What it says"), rows=4),
        *text_fields(given, "reminder", words.gettext("What the reminder says"), rows=3),
        Input(
            name="reminder_days",
            label=words.gettext("Remind after how many days"),
            type="number",
            value=given.get("reminder_days", "0"),
            help=words.gettext("Once, and only who did not answer; 0 for never."),
        ),
        Input(
            name="open_days",
            label=words.gettext("How many days a personal link works"),
            type="number",
            value=given.get("open_days", "21"),
        ),
    )
    return (Fieldset(fields=fields),)


def _read_invitation(data: Data, given: Answers) -> None:
    found = {name: read_texts(given, name) for name in ("subject", "text", "reminder")}
    put(data, "invitation", {name: texts for name, texts in found.items() if texts})
    put(data, "reminder_days", number_of(given, "reminder_days"))
    data["open_days"] = number_of(given, "open_days") or 0


def _ending_answers(data: Data) -> Pairs:
    found = []
    for one in data.get("endings", ()):
        pairs: Pairs = [("id", one["id"]), ("link", one.get("link", ""))]
        for name in ("title", "text", "link_label"):
            pairs += text_pairs(name, one.get(name))
        found.append(pairs)
    return row_pairs("endings", found)


def _endings(
    given: Answers, _: StoredSurvey, words: Words, __: list[tuple[str, str]], error: str | None
) -> Sections:
    def draw(start: str) -> tuple[Field, ...]:
        return (
            Input(
                name=f"{start}id",
                label=words.gettext("Lasting name"),
                value=given.get(f"{start}id", ""),
                error=error if start == "endings-0-" else None,
                required=False,
            ),
            *text_fields(given, f"{start}title", words.gettext("Title")),
            *text_fields(given, f"{start}text", words.gettext("Text")),
            Input(
                name=f"{start}link",
                label=words.gettext("Leads on to"),
                value=given.get(f"{start}link", ""),
                required=False,
            ),
            *text_fields(given, f"{start}link_label", words.gettext("What the link says")),
        )

    return (
        row_editor(
            given,
            "endings",
            draw,
            legend=words.gettext("What comes at the end"),
            row_label=words.gettext("Ending"),
            add_label=words.gettext("Add an ending"),
            empty=words.gettext("A plain word of thanks."),
            help=words.gettext("The first one is the usual one; pages can lead to the others."),
        ),
    )


def _read_endings(data: Data, given: Answers) -> None:
    found: list[Data] = []
    for number in range(count_of(given, "endings")):
        start = f"endings-{number}-"
        one: Data = {}
        for name in ("title", "text", "link_label"):
            put(one, name, read_texts(given, f"{start}{name}"))
        put(one, "link", filled(given, f"{start}link"))
        wanted = filled(given, f"{start}id")
        if one or wanted:
            found.append({"id": wanted or free("thanks", {old["id"] for old in found}), **one})
    put(data, "endings", found)


_PARTS: Final[dict[str, Part]] = {
    "settings": Part(
        title=N_("The survey itself"), answers=_settings_answers, sections=_settings, read=_read_settings
    ),
    "asking": Part(
        title=N_("Who is asked, and when"),
        answers=asking_form.to_answers,
        sections=asking_form.sections,
        read=asking_form.read,
    ),
    "invitation": Part(
        title=N_("The invitation"),
        answers=_invitation_answers,
        sections=_invitation,
        read=_read_invitation,
    ),
    "widget": Part(
        title=N_("On your own pages"),
        answers=widget_form.to_answers,
        sections=widget_form.sections,
        read=widget_form.read,
    ),
    "endings": Part(
        title=N_("The word of thanks"), answers=_ending_answers, sections=_endings, read=_read_endings
    ),
}

"""A preview on a real person: who and which fact was chosen, what the message becomes, and what is missing for it."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Visit
from beleef.content.examples import PastFact, nobody
from beleef.content.model import LANGUAGES, Block, Message, Rendered
from beleef.content.pages.parts import ContentRoom, Section, href, parts_of
from beleef.content.wording import PART_NAMES
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import Callout, Code, Known, Text
from beleef.ui.forms import Field, FilterBar, Hidden, Input, Option, Select
from beleef.ui.words import Words

_SHOWN_MISSING = 20


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the address: language, number of a person, number of a fact, and what people were searched by."""

    language: str = ""
    person: str = ""
    fact: str = ""
    search: str = ""

    def language_of(self, one: Message | Block) -> str:
        """Return the language to show: the one chosen, else the first that something is written in."""
        if self.language in LANGUAGES:
            return self.language
        return next((language for language in LANGUAGES if one.texts.get(language)), LANGUAGES[0])


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a message becomes.

    Attributes:
        chooser: The form that chooses a person and a fact.
        frame: Address of the mail itself, for frames; None where the message is no mail.
        lines: The other parts, or subject and preheader of a mail.
        text: The text part of a mail.
        missing: Paths of values that this person lacks.
        trouble: Why there is nothing to see.
    """

    chooser: FilterBar
    frame: str | None = None
    lines: tuple[Known, ...] = ()
    text: str | None = None
    missing: tuple[Code, ...] = ()
    trouble: Callout | None = None


def make_preview(
    room: ContentRoom,
    connection: sa.Connection,
    visit: Visit,
    section: Section,
    draft: Message | Block,
    chosen: Chosen,
) -> Preview | None:
    """Return the preview of a draft in the language chosen; None where nothing is written in it."""
    language = chosen.language_of(draft)
    trial = as_message(draft, language)
    if trial is None:
        return None
    chooser, fact = _chooser(room, connection, visit, section, draft, chosen)
    try:
        rendered = rendered_for(room, connection, visit, trial, language, chosen, fact)
    except (InvalidInput, NotFound) as error:
        trouble = Callout(
            title=visit.words.gettext("There is nothing to see yet"),
            text=visit.words.refusal(error),
            tone="bad",
        )
        return Preview(chooser=chooser, trouble=trouble)
    return _shown(section, draft, rendered, chooser, chosen, visit.words)


def as_message(one: Message | Block, language: str) -> Message | None:
    """Return a message of which only this language is left; a block as the body of a mail, or as a text.

    None where nothing is written in the language.
    """
    texts = one.texts.get(language, {})
    if not any(text.strip() for text in texts.values()):
        return None
    if isinstance(one, Message):
        return msgspec.structs.replace(one, texts={language: texts})
    if texts.get("mail", "").strip():
        parts = {"subject": one.label, "body": texts["mail"]}
        return Message(
            name=one.name, label=one.label, channel="email", purpose="service", texts={language: parts}
        )
    return Message(
        name=one.name,
        label=one.label,
        channel="sms",
        purpose="service",
        texts={language: {"text": texts["text"]}},
    )


def rendered_for(
    room: ContentRoom,
    connection: sa.Connection,
    visit: Visit,
    message: Message,
    language: str,
    chosen: Chosen,
    fact: PastFact | None,
    *,
    marked: bool = True,
) -> Rendered:
    """Return a message for the person chosen, or for nobody.

    Raises:
        InvalidInput: a template is broken.
        NotFound: there is nobody of that number.
    """
    number = ids.from_text(chosen.person)
    known: dict[str, Any] = (
        nobody() if number is None else room.examples.variables(connection, number, visit.now, fact)
    )
    return room.content.render_draft(connection, message, person=known, language=language, marked=marked)


def fact_of(room: ContentRoom, chosen: Chosen) -> PastFact | None:
    """Return the fact chosen, of those that the person has; None where none is."""
    number = ids.from_text(chosen.person)
    if number is None or not chosen.fact:
        return None
    return next((one for one in room.examples.facts(number) if one.id == chosen.fact), None)


def _chooser(
    room: ContentRoom,
    connection: sa.Connection,
    visit: Visit,
    section: Section,
    draft: Message | Block,
    chosen: Chosen,
) -> tuple[FilterBar, PastFact | None]:
    words, number = visit.words, ids.from_text(chosen.person)
    people = {
        one.number: one.called for one in room.examples.somebody(connection, chosen.search[:100], visit.now)
    }
    facts: Sequence[PastFact] = ()
    if number is not None:
        try:
            people[number] = room.examples.one(connection, number, visit.now).called
            facts = room.examples.facts(number)
        except NotFound:
            number = None
    fields: list[Field] = [
        Hidden(name="language", value=chosen.language_of(draft)),
        Input(name="q", label=words.gettext("Search people"), type="search", value=chosen.search),
        Select(
            name="person",
            label=words.gettext("For whom"),
            options=(
                Option(value="", label=words.gettext("Nobody in particular")),
                *(Option(value=ids.to_text(one), label=called) for one, called in people.items()),
            ),
            value=chosen.person,
        ),
    ]
    if facts:
        fields.append(_fact_field(facts, chosen, words))
    bar = FilterBar(name="preview", action=href(section, draft.name) + "#preview", fields=tuple(fields))
    return bar, next((one for one in facts if one.id == chosen.fact), None)


def _fact_field(facts: Sequence[PastFact], chosen: Chosen, words: Words) -> Select:
    told = (Option(value=one.id, label=f"{one.name}, {words.moment(one.occurred_at)}") for one in facts)
    return Select(
        name="fact",
        label=words.gettext("After which fact"),
        options=(Option(value="", label=words.gettext("None")), *told),
        value=chosen.fact,
    )


def _shown(
    section: Section,
    draft: Message | Block,
    rendered: Rendered,
    chooser: FilterBar,
    chosen: Chosen,
    words: Words,
) -> Preview:
    is_mail = rendered.channel == "email"
    of_mail = ("subject", "preheader") if isinstance(draft, Message) else ()
    names = of_mail if is_mail else tuple(part.name for part in parts_of(draft))
    frame = href(
        section,
        draft.name,
        "/preview",
        language=chosen.language_of(draft),
        person=chosen.person,
        fact=chosen.fact,
    )
    return Preview(
        chooser=chooser,
        frame=frame if is_mail else None,
        lines=tuple(
            Known(name=words.gettext(PART_NAMES[name]), value=Text(text=rendered.parts[name]))
            for name in names
            if rendered.parts.get(name)
        ),
        text=rendered.parts["text"] if is_mail else None,
        missing=tuple(Code(text=path) for path in rendered.missing[:_SHOWN_MISSING]),
    )

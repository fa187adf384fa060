"""Makes a message for one person: the language they read, every part filled in, what is missing told or refused."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from beleef.content.filters import localised
from beleef.content.mail import to_html, unmarked
from beleef.content.model import LANGUAGES, PARTS, Block, Message, Organisation, Part, Rendered, Variables
from beleef.content.plain import text_of
from beleef.content.templating import Templates
from beleef.content.variables import language_of
from beleef.kernel.errors import InvalidInput

Marking = Literal["none", "shown", "raw"]

_SPACE: Final = re.compile(r"\s+")
_ADDRESS: Final = re.compile(r"^(https?://|/(?!/)|mailto:|tel:)", re.IGNORECASE)


class Composer:
    """Makes messages with the blocks and the organisation of one moment; made anew when these change.

    Args:
        blocks: The published blocks, by name.
        organisation: Who sends.
        language: The organisation's own language, for people whose language is unknown.
        zone: IANA name of the zone in which days and hours are told.
    """

    def __init__(
        self, blocks: Mapping[str, Block], *, organisation: Organisation, language: str, zone: str
    ) -> None:
        self._organisation = organisation
        self._language = language
        self._facts = {name: getattr(organisation, name) for name in organisation.__struct_fields__}
        self._html: dict[str, Templates] = {
            one: Templates(
                _written(blocks, one, "mail", language), escaped=True, filters=_localised(one, zone)
            )
            for one in LANGUAGES
        }
        self._text: dict[str, Templates] = {
            one: Templates(
                _written(blocks, one, "text", language), escaped=False, filters=_localised(one, zone)
            )
            for one in LANGUAGES
        }

    def templates(self, language: str, part: Part) -> Templates:
        """Return what reads and fills in the templates of a part."""
        return (self._html if part.kind == "mail" else self._text)[language]

    def compose(
        self,
        message: Message,
        variables: Variables,
        *,
        version: int,
        language: str = "",
        strict: bool = True,
        marking: Marking = "none",
    ) -> Rendered:
        """Return a message for one person.

        Args:
            message: The message.
            variables: What it may use, by root.
            version: Its number, to be told.
            language: The language wished for; empty for the person's own.
            strict: Whether to refuse where a value is missing that has no ``default``.
            marking: What stands where a value is missing: nothing, its path where it can be seen (``shown``, for a preview),
                or its path between ``MARK_START`` and ``MARK_END`` (``raw``, for the checks).

        Raises:
            InvalidInput: a value is missing (code ``missing_value``), or a template is broken (``template_error``,
                ``mjml_error``); it says where.
        """
        chosen = self.choose(message, language or language_of(variables))
        given = {**variables, "organisation": self._facts}
        parts, missing = self._fill(message, chosen, given, marking)
        if strict:
            _must_be_whole(missing)
        if message.channel == "email":
            self._finish_mail(parts, chosen, shown=marking == "shown")
        return Rendered(
            name=message.name,
            version=version,
            channel=message.channel,
            purpose=message.purpose,
            language=chosen,
            parts=parts,
            missing=tuple(sorted(missing)),
        )

    def fill(self, parts: Mapping[str, str], variables: Variables, language: str = "") -> dict[str, str]:
        """Return texts filled in for one person, each under its name.

        Raises:
            InvalidInput: a value is missing (code ``missing_value``), or a template is broken (``template_error``).
        """
        templates = self._text[language if language in LANGUAGES else self._language]
        given = {**variables, "organisation": self._facts}
        filled = {name: templates.fill(text, given) for name, text in parts.items()}
        _must_be_whole({path for one in filled.values() for path in one.missing})
        return {name: one.text for name, one in filled.items()}

    def read(self, text: str) -> None:
        """Refuse a text that is no Liquid.

        Raises:
            InvalidInput: so it is; code ``template_error``.
        """
        self._text[self._language].read(text)

    def _fill(
        self, message: Message, language: str, given: Variables, marking: Marking
    ) -> tuple[dict[str, str], set[str]]:
        texts, missing = message.texts[language], set[str]()
        parts: dict[str, str] = {}
        for part in PARTS[message.channel]:
            templates = self.templates(language, part)
            try:
                filled = templates.fill(texts.get(part.name, ""), given, marked=marking != "none")
                parts[part.name] = filled.text if part.kind == "mail" else _tidy(part, filled.text, marking)
            except InvalidInput as error:
                raise _placed(error, part.name, language) from error
            missing |= filled.missing
        return parts, missing

    def choose(self, message: Message, wish: str) -> str:
        """Return the language a message is sent in: the one wished for, else the organisation's, else any that is complete.

        Raises:
            InvalidInput: it is complete in no language; code ``no_text``.
        """
        for language in dict.fromkeys((wish, self._language, *LANGUAGES)):
            if is_complete(message, language):
                return language
        raise InvalidInput(
            f"The message “{message.label}” is complete in no language.",
            hint="Fill in the parts that it cannot do without.",
            code="no_text",
        )

    def _finish_mail(self, parts: dict[str, str], language: str, *, shown: bool) -> None:
        try:
            parts["body"] = to_html(
                parts["body"],
                subject=parts["subject"],
                preheader=parts["preheader"],
                language=language,
                organisation=self._organisation,
                marked=shown,
            )
        except InvalidInput as error:
            raise _placed(error, "body", language) from error
        if not parts["text"]:
            parts["text"] = text_of(parts["body"])


def _must_be_whole(missing: set[str]) -> None:
    if missing:
        raise InvalidInput(
            f"The message needs {', '.join(sorted(missing))}, and that is not known of this person.",
            hint="Give it a default in the template, or send it to people of whom it is known.",
            code="missing_value",
        )


def is_complete(message: Message, language: str) -> bool:
    """Return whether a message has all parts in a language that it cannot do without."""
    texts = message.texts.get(language, {})
    return language in LANGUAGES and all(
        texts.get(part.name, "").strip() for part in PARTS[message.channel] if part.required
    )


def _written(blocks: Mapping[str, Block], language: str, form: str, own: str) -> dict[str, str]:
    """Return each block's template: in the language, else in the organisation's, else in any."""
    found = {}
    for name, block in blocks.items():
        for one in dict.fromkeys((language, own, *LANGUAGES)):
            text = block.texts.get(one, {}).get(form, "")
            if text.strip():
                # The line feed that ends a block's file is none of the message's.
                found[name] = text.removesuffix("\n")
                break
    return found


@lru_cache
def _localised(language: str, zone: str) -> dict[str, Any]:
    return localised(language, zone)


def _tidy(part: Part, text: str, marking: Marking) -> str:
    shown = unmarked(text) if marking == "shown" else text
    if part.kind == "line":
        # A line feed in a subject would begin another header.
        return _SPACE.sub(" ", shown).strip()
    if part.kind == "address":
        address = shown.strip()
        # A mark is no address, and the checks look for it.
        safe = marking == "raw" or (_ADDRESS.match(address) and not _SPACE.search(address))
        return address if safe else ""
    if part.kind == "json" and marking == "none":
        try:
            msgspec.json.decode(shown)
        except msgspec.DecodeError as error:
            raise InvalidInput(
                f"What it becomes is no JSON: {error}.",
                hint="Write values with the filter json: {{ person.name | json }}.",
                code="template_error",
            ) from error
    return shown.strip()


def _placed(error: InvalidInput, part: str, language: str) -> InvalidInput:
    return InvalidInput(f"{part} ({language}): {error.message}", hint=error.hint, code=error.code)

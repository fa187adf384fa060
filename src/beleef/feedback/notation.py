"""Surveys as YAML and JSON, and back: what a person writes becomes a ``Survey``, or a refusal that names the place.

A text may be given as a plain line: it is then the text in the survey's default language.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import yaml

from beleef.feedback.model import Survey
from beleef.kernel.errors import InvalidInput

_TEXTS: Final = frozenset(
    {"title", "text", "help", "label", "low_label", "high_label", "link_label", "subject", "reminder"}
)
_DEEPEST: Final = 20


def from_data(data: object) -> Survey:
    """Return a survey from plain data.

    Raises:
        InvalidInput: it cannot be read; the message names the place; code ``invalid_survey``.
    """
    if not isinstance(data, Mapping):
        raise invalid("A survey is a mapping.", "Begin with `name:`, `label:` and `kind:`.")
    language = data.get("default_language", "en")
    given = {
        name: value if name == "label" else _with_language(value, str(language), name, 0)
        for name, value in data.items()
    }
    try:
        return msgspec.convert(given, Survey)
    except msgspec.ValidationError as error:
        name = data.get("name")
        where = f"Survey {name!r}: " if isinstance(name, str) else ""
        raise invalid(f"{where}{error}", "docs/reference/surveys.md lists what there is.") from error


def _with_language(value: object, language: str, name: str, depth: int) -> object:
    """Return plain texts at places for texts as texts by language."""
    if depth > _DEEPEST:
        raise invalid("The survey is nested too deep.", "Write it flatter.")
    if isinstance(value, str):
        return {language: value} if name in _TEXTS else value
    if isinstance(value, Mapping):
        if name in _TEXTS or name == "where":
            return value
        return {key: _with_language(one, language, str(key), depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        # YAML reads 2026-03-01 and yes as a date and a truth; those are left for the conversion to refuse.
        return [_with_language(one, language, "", depth + 1) for one in value]
    return value


def to_data(survey: Survey) -> dict[str, Any]:
    """Return a survey as plain data, as it stands in YAML and JSON: what is as usual is left out."""
    data: dict[str, Any] = msgspec.to_builtins(survey)
    return data


def surveys_to_yaml(surveys: Iterable[Survey]) -> str:
    """Return surveys as YAML, under ``surveys:``."""
    data = {"surveys": [to_data(survey) for survey in surveys]}
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110))


def surveys_from_yaml(text: str) -> list[Survey]:
    """Return the surveys of a file with ``surveys:``.

    Raises:
        InvalidInput: it is no YAML, or a survey cannot be read; code ``invalid_survey``.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise invalid(
            f"This is no YAML: {error}", "Indent with spaces, and quote what has a colon."
        ) from error
    if not isinstance(data, Mapping) or not isinstance(data.get("surveys"), list):
        raise invalid("There are no `surveys:`.", "Begin the file with `surveys:` and a list.")
    return [from_data(one) for one in data["surveys"]]


def invalid(message: str, hint: str) -> InvalidInput:
    """Return the refusal of a survey."""
    return InvalidInput(message, hint=hint, code="invalid_survey")

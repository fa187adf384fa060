"""Conditions on earlier answers as rows of a form: a question, an operator, a value."""

from collections.abc import Mapping
from typing import Any

from beleef.feedback.api import Survey
from beleef.feedback.pages.parts import question_text
from beleef.feedback.pages.rows import Pairs, count_of, filled
from beleef.feedback.pages.telling import OPERATORS
from beleef.ui.forms import Field, Input, Option, Select
from beleef.ui.words import Words


def pairs_of(conditions: list[dict[str, Any]]) -> list[Pairs]:
    """Return conditions as the answers of their rows."""
    found = []
    for one in conditions:
        value = one.get("value", "")
        listed = value if isinstance(value, list | tuple) else [value]
        found.append(
            [
                ("question", one["question"]),
                ("operator", one.get("operator", "is")),
                ("value", ", ".join(_written(part) for part in listed)),
            ]
        )
    return found


def fields(given: Mapping[str, str], start: str, survey: Survey, words: Words) -> tuple[Field, ...]:
    """Return the fields of one condition."""
    return (
        Select(
            name=f"{start}question",
            label=words.gettext("Question"),
            options=_questions(survey, words),
            value=given.get(f"{start}question", ""),
        ),
        Select(
            name=f"{start}operator",
            label=words.gettext("How"),
            options=tuple(Option(value=one, label=words.gettext(label)) for one, label in OPERATORS.items()),
            value=given.get(f"{start}operator", "is"),
        ),
        Input(
            name=f"{start}value",
            label=words.gettext("Answer"),
            value=given.get(f"{start}value", ""),
            help=words.gettext("A number, yes or no, or the name of a choice; several with commas."),
            required=False,
        ),
    )


def read(given: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    """Return the conditions that were filled in, as files have them."""
    found = []
    for number in range(count_of(given, name)):
        start = f"{name}-{number}-"
        question, operator = filled(given, f"{start}question"), filled(given, f"{start}operator") or "is"
        if not question:
            continue
        one: dict[str, Any] = {"question": question, "operator": operator}
        values = [_value(part) for part in filled(given, f"{start}value").split(",") if part.strip()]
        if values and not operator.endswith("answered"):
            one["value"] = values[0] if len(values) == 1 else values
        found.append(one)
    return found


def _questions(survey: Survey, words: Words) -> tuple[Option, ...]:
    found = []
    for question in survey.questions.values():
        text = question_text(survey, question, words)
        if question.kind == "matrix":
            found += [
                Option(
                    value=f"{question.id}.{row.id}", label=f"{text}: {row.label.get(words.language, row.id)}"
                )
                for row in question.rows
            ]
        else:
            found.append(Option(value=question.id, label=text))
    return tuple(found)


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(text: str) -> float | str:
    text = text.strip()
    try:
        return float(text)
    except ValueError:
        return text

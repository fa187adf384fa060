"""What happens while somebody answers: which questions show, what may be an answer, which page is next, what texts pipe in.

Pure: the same answers always take the same way, so that pages, the widget, an import and a test agree.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from beleef.content.api import Templates
from beleef.feedback.model import (
    Answer,
    Block,
    Condition,
    Ending,
    Option,
    Piping,
    Question,
    Survey,
    said,
)
from beleef.kernel.errors import InvalidInput

THANKS: Final = Ending(
    id="thanks",
    title={"en": "Thank you", "nl": "Dank u wel"},
    text={"en": "Your answers have been received.", "nl": "Uw antwoorden zijn ontvangen."},
)
"""The ending of a survey that has none of its own."""
YES: Final = frozenset({"yes", "true", "on", "1"})
"""How a yes is written."""

Answers = Mapping[str, Answer]


def key_of(answer: Answer) -> str:
    """Return the name of the field that an answer is to: the question's id, with the row of a matrix."""
    return f"{answer.question}.{answer.row}" if answer.row else answer.question


def keyed(answers: Iterable[Answer]) -> dict[str, Answer]:
    """Return answers by field."""
    return {key_of(answer): answer for answer in answers}


def holds(conditions: Iterable[Condition], answers: Answers) -> bool:
    """Return whether all conditions hold for some answers."""
    return all(_holds(condition, answers) for condition in conditions)


def _holds(condition: Condition, answers: Answers) -> bool:
    answer = answers.get(condition.question)
    operator = condition.operator
    if operator in {"is_answered", "is_not_answered"}:
        given = answer is not None or any(key.startswith(f"{condition.question}.") for key in answers)
        return given == (operator == "is_answered")
    if answer is None:
        return operator == "is_not"
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if operator in {"is", "is_not"}:
        return any(_equals(answer, one) for one in wanted) == (operator == "is")
    if operator == "includes":
        return any(one in answer.options or _equals(answer, one) for one in wanted)
    bound = wanted[0]
    if answer.value is None or not isinstance(bound, int | float):
        return False
    return answer.value <= bound if operator == "at_most" else answer.value >= bound


def _equals(answer: Answer, wanted: float | str | None) -> bool:
    if isinstance(wanted, str):
        if answer.kind in {"consent", "contact_me"}:
            return answer.value == float(wanted.lower() in YES)
        return wanted in (answer.option, answer.text)
    return wanted is not None and answer.value == wanted


def shown(block: Block, answers: Answers) -> tuple[Question, ...]:
    """Return the questions of a page that are asked, given the answers of pages before it."""
    return tuple(question for question in block.questions if holds(question.show_if, answers))


def next_place(survey: Survey, block: str, answers: Answers) -> Block | Ending:
    """Return what comes after a page: the next with something to ask, or an ending. An empty id asks for the first.

    A page on which nothing is asked is passed over, with its jumps.
    """
    place: Block | Ending = _first(survey) if not block else _after(survey, block, answers)
    while isinstance(place, Block) and not shown(place, answers):
        place = _after(survey, place.id, answers)
    return place


def _first(survey: Survey) -> Block | Ending:
    return survey.blocks[0] if survey.blocks else _usual_ending(survey)


def _usual_ending(survey: Survey) -> Ending:
    return survey.endings[0] if survey.endings else THANKS


def _after(survey: Survey, block: str, answers: Answers) -> Block | Ending:
    ids = [one.id for one in survey.blocks]
    if block not in ids:
        return _first(survey)
    index = ids.index(block)
    jump = next((one for one in survey.blocks[index].jumps if holds(one.when, answers)), None)
    if jump is not None:
        later: tuple[Block | Ending, ...] = (*survey.blocks[index + 1 :], *survey.endings)
        found = next((one for one in later if one.id == jump.to), None)
        if found is not None:
            return found
    return survey.blocks[index + 1] if index + 1 < len(survey.blocks) else _usual_ending(survey)


def path(survey: Survey, answers: Answers) -> list[Block]:
    """Return the pages on the way that the answers take, to the end."""
    found: list[Block] = []
    place = next_place(survey, "", answers)
    while isinstance(place, Block):
        found.append(place)
        place = next_place(survey, place.id, answers)
    return found


def ending(survey: Survey, answers: Answers) -> Ending:
    """Return the ending that the answers lead to."""
    place = next_place(survey, "", answers)
    while isinstance(place, Block):
        place = next_place(survey, place.id, answers)
    return place


def reachable(survey: Survey, answers: Answers) -> dict[str, Answer]:
    """Return the answers to what is still asked: whoever changes an answer may leave others behind."""
    kept: dict[str, Answer] = {}
    place = next_place(survey, "", {})
    while isinstance(place, Block):
        for question in place.questions:
            if holds(question.show_if, kept):
                kept.update({key: one for key, one in answers.items() if one.question == question.id})
        place = next_place(survey, place.id, kept)
    return kept


def order_of(question: Question, response: str) -> tuple[Option, ...]:
    """Return the options in the order of one response: the same whenever it is opened again; an own option stays last."""
    if not question.is_shuffled:
        return question.options
    seed = f"{response}:{question.id}:".encode()
    return tuple(
        sorted(
            question.options,
            key=lambda one: (one.is_other, hashlib.blake2b(seed + one.id.encode(), digest_size=8).digest()),
        )
    )


def piping(
    survey: Survey,
    answers: Answers,
    language: str,
    *,
    person: Mapping[str, Any] | None = None,
    hidden: Mapping[str, str] | None = None,
) -> Piping:
    """Return what texts may use: answers as the respondent reads them, in their language."""
    spoken: dict[str, Any] = {}
    for answer in answers.values():
        question = survey.questions.get(answer.question)
        if question is not None and not answer.row:
            spoken[answer.question.replace("-", "_")] = _spoken(
                question, answer, language, survey.default_language
            )
    return Piping(answers=spoken, person=dict(person or {}), hidden=dict(hidden or {}))


def _spoken(question: Question, answer: Answer, language: str, fallback: str) -> Any:
    labels = {option.id: said(option.label, language, fallback) for option in question.options}
    if answer.kind in {"one", "matrix"}:
        return answer.text or labels.get(answer.option, answer.option)
    if answer.options:
        return ", ".join(labels.get(one, one) for one in answer.options)
    if answer.value is not None:
        return int(answer.value) if answer.value == int(answer.value) else answer.value
    return answer.text


_templates = Templates({}, escaped=False)


def read(text: str, given: Piping) -> str:
    """Return a text as respondents read it, in a mail as on a page; one that cannot be filled in as it was written.

    A mistake of ours in a text must keep nobody from answering.
    """
    try:
        return fill(text, given)
    except InvalidInput:
        return text


def fill(text: str, given: Piping) -> str:
    """Return a text with what it pipes in, as plain text.

    Raises:
        InvalidInput: it is no Liquid; code ``template_error``.
    """
    if "{" not in text:
        return text
    return _templates.fill(
        text, {"answers": given.answers, "person": given.person, "hidden": given.hidden}
    ).text

"""What happens while somebody answers: which questions show, what may be an answer, which page is next, what texts pipe in.

Pure: the same answers always take the same way, so that pages, the widget, an import and a test agree.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from beleef.content.api import Templates
from beleef.feedback.model import (
    AGREED,
    OTHER,
    SCORED,
    Answer,
    Block,
    Condition,
    Ending,
    Option,
    Piping,
    Question,
    Refused,
    Survey,
    Validated,
    said,
)
from beleef.ui.words import N_

THANKS: Final = Ending(
    id="thanks",
    title={"en": "Thank you", "nl": "Dank u wel"},
    text={"en": "Your answers have been received.", "nl": "Uw antwoorden zijn ontvangen."},
)
"""The ending of a survey that has none of its own."""
_YES: Final = frozenset({"yes", "true", "on", "1"})
_NO: Final = frozenset({"no", "false", "off", "0", ""})
_LONGEST_OTHER: Final = 500

Answers = Mapping[str, Answer]


class _Bad(Exception):
    def __init__(self, code: str, message: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.message, self.values = code, message, values


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
            return answer.value == float(wanted.lower() in _YES)
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


def validate(block: Block, given: Mapping[str, object], answers: Answers) -> Validated:
    """Return what may be kept of what was given on a page.

    Args:
        block: The page.
        given: By question id: a text, a list of texts (``many``; ``ranking`` in order), a mapping of rows to options
            (``matrix``), or numbers and truths as JSON has them; the text of an own option under ``<id>.other``.
        answers: What was accepted on pages before, by field.
    """
    accepted: dict[str, Answer] = {}
    problems: list[Refused] = []
    for question in block.questions:
        if not holds(question.show_if, {**answers, **accepted}):
            continue
        try:
            found = list(_read(question, given.get(question.id), given.get(f"{question.id}.{OTHER}")))
            if question.is_required and _is_incomplete(question, found):
                raise _Bad("required", N_("Please answer this question."))  # noqa: TRY301 -- refused like the rest
            accepted.update(keyed(found))
        except _Bad as bad:
            problems.append(
                Refused(question=question.id, code=bad.code, message=bad.message, values=bad.values)
            )
    return Validated(answers=tuple(accepted.values()), problems=tuple(problems))


def _is_incomplete(question: Question, found: list[Answer]) -> bool:
    if question.kind == "matrix":
        return len(found) < len(question.rows)
    if question.kind == "consent":
        return not found or not found[0].value
    return not found


def _read(question: Question, given: object, other: object) -> Iterator[Answer]:
    reader = _READERS[question.kind]
    yield from reader(question, given, other)


def _text_of(given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, str):
        # What no database can keep, and what nobody sees.
        return given.replace("\x00", "").replace("\r\n", "\n").strip()
    if isinstance(given, int | float):
        return f"{given:.15g}"
    raise _Bad("wrong_kind", N_("This is no answer to this question."))


def _number(question: Question, given: object, _other: object) -> Iterator[Answer]:
    text = _text_of(given).replace(",", ".")
    if not text:
        return
    try:
        value = float(text)
    except ValueError:
        raise _Bad("no_number", N_("Please give a number.")) from None
    lowest, highest = question.scale
    if not math.isfinite(value) or (question.kind != "number" and value != int(value)):
        raise _Bad("no_number", N_("Please give a whole number."))
    if (lowest is not None and value < lowest) or (highest is not None and value > highest):
        ends = {"lowest": _plain(lowest), "highest": _plain(highest)}
        raise _Bad("out_of_range", N_("Please give a number from %(lowest)s to %(highest)s."), **ends)
    yield Answer(question=question.id, kind=question.kind, value=value)


def _plain(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"


def _open(question: Question, given: object, _other: object) -> Iterator[Answer]:
    text = _text_of(given)
    if len(text) > question.longest:
        raise _Bad("too_long", N_("Please use at most %(most)s letters."), most=str(question.longest))
    if text:
        yield Answer(question=question.id, kind="open", text=text)


def _own_words(question: Question, chosen: Iterable[str], other: object) -> str:
    if OTHER not in chosen or not any(option.is_other for option in question.options):
        return ""
    text = _text_of(other)
    if len(text) > _LONGEST_OTHER:
        raise _Bad("too_long", N_("Please use at most %(most)s letters."), most=str(_LONGEST_OTHER))
    return text


def _known(question: Question, option: str) -> str:
    if option not in {one.id for one in question.options}:
        raise _Bad("unknown_option", N_("Please choose one of the options."))
    return option


def _one(question: Question, given: object, other: object) -> Iterator[Answer]:
    option = _text_of(given)
    if option:
        text = _own_words(question, [_known(question, option)], other)
        yield Answer(question=question.id, kind="one", option=option, text=text)


def _list_of(given: object) -> list[str]:
    found = [_text_of(one) for one in (given if isinstance(given, list | tuple) else [given])]
    return list(dict.fromkeys(one for one in found if one))


def _many(question: Question, given: object, other: object) -> Iterator[Answer]:
    chosen = set(_list_of(given))
    for one in chosen:
        _known(question, one)
    if not chosen:
        return
    if len(chosen) < question.at_least:
        raise _Bad("too_few", N_("Please choose at least %(least)s."), least=str(question.at_least))
    if question.at_most and len(chosen) > question.at_most:
        raise _Bad("too_many", N_("Please choose at most %(most)s."), most=str(question.at_most))
    ordered = tuple(option.id for option in question.options if option.id in chosen)
    yield Answer(
        question=question.id, kind="many", options=ordered, text=_own_words(question, ordered, other)
    )


def _ranking(question: Question, given: object, _other: object) -> Iterator[Answer]:
    raw = [] if not isinstance(given, list | tuple) else [_text_of(one) for one in given]
    ranked = [_known(question, one) for one in raw if one]
    if not ranked:
        return
    if len(set(ranked)) < len(ranked):
        raise _Bad("twice", N_("Please give each place to another option."))
    places = question.at_most or len(question.options)
    if len(ranked) != min(places, len(question.options)):
        raise _Bad("incomplete", N_("Please give each of the %(places)s places."), places=str(places))
    yield Answer(question=question.id, kind="ranking", options=tuple(ranked))


def _matrix(question: Question, given: object, _other: object) -> Iterator[Answer]:
    if given is None or given == "":
        return
    if not isinstance(given, Mapping):
        raise _Bad("wrong_kind", N_("This is no answer to this question."))
    rows = {row.id for row in question.rows}
    for row in question.rows:
        option = _text_of(given.get(row.id))
        if option:
            value = float(option) if option.isdigit() else None
            yield Answer(
                question=question.id, kind="matrix", row=row.id, option=_known(question, option), value=value
            )
    if not set(given) <= rows:
        raise _Bad("unknown_option", N_("Please choose one of the options."))


def _date(question: Question, given: object, _other: object) -> Iterator[Answer]:
    text = _text_of(given)
    if not text:
        return
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _Bad("no_date", N_("Please give a day, for example 2026-03-01.")) from None
    if (question.earliest and day < date.fromisoformat(question.earliest)) or (
        question.latest and day > date.fromisoformat(question.latest)
    ):
        raise _Bad("out_of_range", N_("Please give a day within the limits of this question."))
    yield Answer(question=question.id, kind="date", text=day.isoformat())


def _file(question: Question, given: object, _other: object) -> Iterator[Answer]:
    name = _text_of(given)
    if not name:
        return
    accepted = {one.lower().lstrip(".") for one in question.accepts}
    if accepted and name.rpartition(".")[2].lower() not in accepted:
        raise _Bad(
            "wrong_file",
            N_("Please choose a file of this kind: %(kinds)s."),
            kinds=", ".join(sorted(accepted)),
        )
    yield Answer(question=question.id, kind="file", text=name[:_LONGEST_OTHER])


def _yes_or_no(question: Question, given: object, other: object) -> Iterator[Answer]:
    text = _text_of(given).lower()
    if given is None or text == "":
        return
    agrees = text == AGREED and question.kind == "contact_me"
    if text not in _YES | _NO and not agrees:
        raise _Bad("wrong_kind", N_("This is no answer to this question."))
    # How to reach somebody whom nobody knows stands beside the yes.
    words = _text_of(other) if question.kind == "contact_me" else ""
    yield Answer(
        question=question.id,
        kind=question.kind,
        value=float(agrees or text in _YES),
        option=AGREED if agrees else "",
        text=words[:_LONGEST_OTHER],
    )


_Reader = Callable[[Question, object, object], Iterator[Answer]]
_READERS: Final[dict[str, _Reader]] = {
    **dict.fromkeys(SCORED, _number),
    "open": _open,
    "one": _one,
    "many": _many,
    "ranking": _ranking,
    "matrix": _matrix,
    "date": _date,
    "file": _file,
    "consent": _yes_or_no,
    "contact_me": _yes_or_no,
}


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

"""What may be an answer: a page as it was filled in, read question by question into answers, or into what is wrong.

Pure, and the same for pages, the widget, programs and files.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from beleef.feedback.answering import YES, Answers, holds, keyed
from beleef.feedback.model import (
    AGREED,
    OTHER,
    SCORED,
    Answer,
    Block,
    Question,
    Refused,
    Validated,
)
from beleef.ui.words import N_

_NO: Final = frozenset({"no", "false", "off", "0", ""})
_LONGEST_OTHER: Final = 500


class _Bad(Exception):
    def __init__(self, code: str, message: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.message, self.values = code, message, values


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
    if text not in YES | _NO and not agrees:
        raise _Bad("wrong_kind", N_("This is no answer to this question."))
    # How to reach somebody whom nobody knows stands beside the yes.
    words = _text_of(other) if question.kind == "contact_me" else ""
    yield Answer(
        question=question.id,
        kind=question.kind,
        value=float(agrees or text in YES),
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

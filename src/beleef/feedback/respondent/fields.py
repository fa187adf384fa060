"""A survey's questions as they are drawn: texts in the respondent's language, what is filled in, and what needs another look."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from beleef.feedback.answering import order_of, read
from beleef.feedback.model import AGREED, OTHER, Answer, Option, Piping, Question, Refused, Texts
from beleef.feedback.respondent.forms import Given, field_of
from beleef.feedback.respondent.ranking import MOVE, places_of
from beleef.ui.words import Words

Look = Literal["scale", "choices", "matrix", "ranking", "line", "area", "file", "tick"]

_FACES: Final = 5
_MOST_IN_A_ROW: Final = 11


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """A text of the survey, and its language where that is not the page's."""

    text: str
    lang: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A box or a button to choose: ``mark`` is drawn above its label, ``field`` and ``value`` are what the form sends.

    ``own`` is what was written into the field below it, which ``own_label`` explains; None where there is no such field.
    """

    field: str
    value: str
    label: Phrase
    mark: str = ""
    chosen: bool = False
    own: str | None = None
    own_label: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a matrix with its choices, or an option to be ranked with its places.

    ``up`` and ``down`` are what its buttons send; empty where it cannot move there.
    """

    field: str
    label: Phrase
    choices: tuple[Choice, ...]
    up: str = ""
    down: str = ""


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        id: Its id on the page.
        field: Name of its field.
        look: How it is drawn.
        type: Of its ``input``: ``radio``, ``checkbox``, ``text``, ``number`` or ``date``.
        text: The question.
        help: A sentence more; None for none.
        required: Whether it has to be answered.
        error: What needs another look; empty for nothing.
        choices: What to choose from.
        rows: Rows of a matrix, or options to rank.
        ends: What the lower and the upper end of a scale mean; empty for none.
        shape: ``numbers``, ``stars`` or ``smileys``.
        value: What is filled in.
        lowest: Least value of the field; empty for none.
        highest: Most; the same.
        longest: Most letters.
        accept: Files to choose from, as ``input`` takes it.
        own_field: Name of the field for the respondent's own words.
        note: A sentence about what happens with the answer; empty for none.
    """

    id: str
    field: str
    look: Look
    type: str
    text: Phrase
    help: Phrase | None
    required: bool
    error: str
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    ends: tuple[Phrase, ...] = ()
    shape: str = "numbers"
    value: str = ""
    lowest: str = ""
    highest: str = ""
    longest: int = 0
    accept: str = ""
    own_field: str = ""
    note: str = ""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """In which language texts are read: the respondent's, else the survey's own, else any; and what they pipe in.

    ``may_agree``: whether a wish to be contacted may take the answers along.
    """

    words: Words
    language: str
    fallback: str
    piping: Piping
    response: str
    may_agree: bool = False

    def phrase(self, texts: Mapping[str, str]) -> Phrase:
        """Return a text as it is read; one that cannot be filled in is shown as it was written."""
        chosen = next(
            (one for one in (self.language, self.fallback, *texts) if texts.get(one, "").strip()), ""
        )
        text = read(texts.get(chosen, ""), self.piping)
        return Phrase(text=text, lang="" if chosen == self.words.language else chosen)


def given_before(question: Question, answers: Mapping[str, Answer]) -> Given:
    """Return an earlier answer as the form would send it."""
    found = [answer for answer in answers.values() if answer.question == question.id]
    given: Given = {}
    for answer in found:
        given[f"{question.id}.{OTHER}"] = answer.text
        if question.kind == "matrix":
            rows = given.setdefault(question.id, {})
            if isinstance(rows, dict):
                rows[answer.row] = answer.option
        elif question.kind in {"many", "ranking"}:
            given[question.id] = list(answer.options)
        elif question.kind == "one":
            given[question.id] = answer.option
        elif question.kind in {"consent", "contact_me"}:
            given[question.id] = (answer.option or "yes") if answer.value else "no"
        elif answer.value is not None:
            given[question.id] = f"{answer.value:g}"
        else:
            given[question.id] = answer.text
    return given


def view_of(question: Question, reader: Reader, given: Given, problem: Refused | None) -> QuestionView:
    """Return a question as it is drawn."""
    words = reader.words
    plain = QuestionView(
        id=f"q-{question.id}",
        field=field_of(question.id),
        look="line",
        type="text",
        text=reader.phrase(question.text),
        help=reader.phrase(question.help) if question.help else None,
        required=question.is_required,
        error="" if problem is None else words.gettext(problem.message, **problem.values),
        own_field=field_of(question.id, OTHER),
    )
    draw = _DRAWN.get(question.kind, _line)
    return msgspec.structs.replace(plain, **draw(question, reader, given))


_Drawn = dict[str, Any]


def _scale(question: Question, reader: Reader, given: Given) -> _Drawn:
    lowest, highest = question.scale
    ends = tuple(reader.phrase(one) for one in _ends(question) if one)
    if lowest is None or highest is None or highest - lowest >= _MOST_IN_A_ROW:
        return _line(question, reader, given) | {"ends": ends}
    first, last = int(lowest), int(highest)
    chosen = str(given.get(question.id, ""))
    smileys = question.shape == "smileys" and last - first + 1 == _FACES
    stars = question.shape == "stars"
    choices = tuple(
        Choice(
            field=field_of(question.id),
            value=str(value),
            label=Phrase(text=reader.words.number(value)),
            mark=f"face-{value - first}" if smileys else "star" if stars else "",
            chosen=chosen == str(value),
        )
        for value in range(first, last + 1)
    )
    shape = "smileys" if smileys else "stars" if stars else "numbers"
    return {"look": "scale", "type": "radio", "choices": choices, "ends": ends, "shape": shape}


def _ends(question: Question) -> tuple[Texts, Texts]:
    usual = _USUAL_ENDS.get(question.kind, ({}, {}))
    return (question.low_label or usual[0], question.high_label or usual[1])


_USUAL_ENDS: Final[Mapping[str, tuple[Texts, Texts]]] = {
    "nps": (
        {"en": "not at all likely", "nl": "zeer onwaarschijnlijk"},
        {"en": "extremely likely", "nl": "zeer waarschijnlijk"},
    ),
    "ces": (
        {"en": "strongly disagree", "nl": "helemaal mee oneens"},
        {"en": "strongly agree", "nl": "helemaal mee eens"},
    ),
    "csat": (
        {"en": "very dissatisfied", "nl": "zeer ontevreden"},
        {"en": "very satisfied", "nl": "zeer tevreden"},
    ),
}
"""What the ends of the known scales mean where the survey does not say it in words of its own."""


def _choices(question: Question, reader: Reader, given: Given) -> _Drawn:
    said = given.get(question.id, "")
    chosen = set(said) if isinstance(said, list | tuple) else {said}
    own = str(given.get(f"{question.id}.{OTHER}", ""))
    choices = tuple(
        Choice(
            field=field_of(question.id),
            value=option.id,
            label=reader.phrase(option.label),
            chosen=option.id in chosen,
            own=own if option.is_other else None,
            own_label=reader.words.gettext("In your own words"),
        )
        for option in order_of(question, reader.response)
    )
    return {
        "look": "choices",
        "type": "checkbox" if question.kind == "many" else "radio",
        "choices": choices,
        "note": _how_many(question, reader.words),
    }


def _how_many(question: Question, words: Words) -> str:
    if question.kind != "many":
        return ""
    if question.at_least and question.at_most:
        return words.gettext(
            "Choose %(least)s to %(most)s.",
            least=words.number(question.at_least),
            most=words.number(question.at_most),
        )
    if question.at_most:
        return words.gettext("Choose at most %(most)s.", most=words.number(question.at_most))
    if question.at_least > 1:
        return words.gettext("Choose at least %(least)s.", least=words.number(question.at_least))
    return words.gettext("You may choose more than one.")


def _matrix(question: Question, reader: Reader, given: Given) -> _Drawn:
    said = given.get(question.id)
    chosen = said if isinstance(said, dict) else {}
    rows = tuple(
        Row(
            field=field_of(question.id, row.id),
            label=reader.phrase(row.label),
            choices=tuple(
                _cell(question, row, option, reader, chosen=chosen.get(row.id) == option.id)
                for option in question.options
            ),
        )
        for row in question.rows
    )
    return {"look": "matrix", "type": "radio", "rows": rows}


def _cell(question: Question, row: Option, option: Option, reader: Reader, *, chosen: bool) -> Choice:
    return Choice(
        field=field_of(question.id, row.id),
        value=option.id,
        label=reader.phrase(option.label),
        chosen=chosen,
    )


def _ranking(question: Question, reader: Reader, given: Given) -> _Drawn:
    said = given.get(question.id)
    ranked = list(said) if isinstance(said, list | tuple) else []
    places = places_of(question)
    rows = []
    shown = order_of(question, reader.response)
    # What has a place stands in its place, the others below.
    for option in sorted(shown, key=lambda one: ranked.index(one.id) if one.id in ranked else len(ranked)):
        field = field_of(question.id, option.id)
        place = ranked.index(option.id) + 1 if option.id in ranked else 0
        button = f"{MOVE}{question.id}:{option.id}:"
        rows.append(
            Row(
                field=field,
                label=reader.phrase(option.label),
                up=f"{button}up" if place != 1 else "",
                down=f"{button}down" if 0 < place < len(ranked) else "",
                choices=(
                    Choice(field=field, value="", label=Phrase(text="-"), chosen=place == 0),
                    *(
                        Choice(
                            field=field,
                            value=str(one),
                            label=Phrase(text=reader.words.number(one)),
                            chosen=place == one,
                        )
                        for one in range(1, places + 1)
                    ),
                ),
            )
        )
    note = reader.words.gettext("1 is the most important. Give each place once.")
    return {"look": "ranking", "rows": tuple(rows), "note": note}


def _line(question: Question, _reader: Reader, given: Given) -> _Drawn:
    lowest, highest = question.scale
    types = {"number": "number", "date": "date", "nps": "number", "rating": "number"}
    ends = (
        (question.earliest, question.latest) if question.kind == "date" else (_plain(lowest), _plain(highest))
    )
    return {
        "look": "line",
        "type": types.get(question.kind, "text"),
        "value": str(given.get(question.id, "")),
        "lowest": ends[0],
        "highest": ends[1],
    }


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _area(question: Question, reader: Reader, given: Given) -> _Drawn:
    return {
        "look": "area",
        "value": str(given.get(question.id, "")),
        "longest": question.longest,
        "note": reader.words.gettext("Please leave out names, addresses and numbers of people."),
    }


def _file(question: Question, reader: Reader, given: Given) -> _Drawn:
    kinds = ", ".join(one.lstrip(".").upper() for one in question.accepts)
    note = (
        reader.words.gettext("At most 5 MB: %(kinds)s.", kinds=kinds)
        if kinds
        else reader.words.gettext("At most 5 MB.")
    )
    return {
        "look": "file",
        "accept": ",".join("." + one.lstrip(".").lower() for one in question.accepts),
        "value": str(given.get(question.id, "")),
        "note": note,
    }


def _tick(question: Question, _reader: Reader, given: Given) -> _Drawn:
    return {"look": "tick", "type": "checkbox", "value": "yes" if given.get(question.id) == "yes" else ""}


def _contact(question: Question, reader: Reader, given: Given) -> _Drawn:
    words, said = reader.words, given.get(question.id)
    own = str(given.get(f"{question.id}.{OTHER}", ""))
    labels = {"yes": words.gettext("Yes, please contact me")}
    if reader.may_agree:
        labels[AGREED] = words.gettext("Yes, and look at my answers first")
    last = next(reversed(labels))
    labels["no"] = words.gettext("No, that is not needed")
    return {
        "look": "choices",
        "type": "radio",
        "choices": tuple(
            Choice(
                field=field_of(question.id),
                value=value,
                label=Phrase(text=label),
                chosen=said == value,
                own=own if value == last else None,
                own_label=words.gettext(
                    "Your e-mail address, if we do not know it, and your number if you like"
                ),
            )
            for value, label in labels.items()
        ),
    }


_DRAWN: Final[Mapping[str, Callable[[Question, Reader, Given], _Drawn]]] = {
    "nps": _scale,
    "ces": _scale,
    "csat": _scale,
    "rating": _scale,
    "one": _choices,
    "many": _choices,
    "matrix": _matrix,
    "ranking": _ranking,
    "open": _area,
    "number": _line,
    "date": _line,
    "file": _file,
    "consent": _tick,
    "contact_me": _contact,
}

"""What a survey must be before it may ask anybody: ids that are there and unique, logic that leads somewhere, scales that make sense.

Pure: what needs the database (an audience that exists) the door adds.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from beleef.feedback.model import (
    OTHER,
    SCALES,
    WITH_OPTIONS,
    Block,
    Condition,
    Ending,
    Option,
    Problem,
    Question,
    Survey,
    Texts,
    Where,
)
from beleef.feedback.notation import invalid
from beleef.ui.words import N_

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_LANGUAGES: Final = frozenset({"nl", "en"})
_MOST_QUESTIONS, _MOST_OPTIONS, _WIDEST_RATING = 200, 100, 11
_LEAST_THRESHOLD, _MOST_HOLD_OUT = 3, 0.5
_LONGEST_TEXT: Final = 10_000
_LONGEST_PAUSE, _LONGEST_WAIT_S = 730, 3_600


def must_be_keepable(survey: Survey) -> None:
    """Pass where a draft can be kept: its names can be used, and no two things share an id.

    Raises:
        InvalidInput: it cannot; code ``invalid_survey``.
    """
    if not _NAME.fullmatch(survey.name):
        raise invalid(
            f"“{survey.name[:60]}” can be no survey's name.",
            "Use small letters, digits, - and _, and begin with a letter.",
        )
    every = [block.id for block in survey.blocks] + [ending.id for ending in survey.endings]
    questions = [question.id for block in survey.blocks for question in block.questions]
    _must_differ("pages and endings", every)
    _must_differ("questions", questions)
    for question in survey.questions.values():
        _must_differ(f"options of {question.id!r}", [option.id for option in question.options])
        _must_differ(f"rows of {question.id!r}", [row.id for row in question.rows])
    wrong = [name for name in (*every, *questions) if not _NAME.fullmatch(name)]
    if wrong:
        raise invalid(f"“{wrong[0][:60]}” can be no id.", "Use small letters, digits, - and _.")
    if len(questions) > _MOST_QUESTIONS:
        raise invalid(f"There are more than {_MOST_QUESTIONS} questions.", "Ask less: people stop after ten.")


def _must_differ(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise invalid(f"Two {what} are called “{twice[0]}”.", "Give each an id of its own.")


def problems(survey: Survey) -> tuple[Problem, ...]:
    """Return what keeps a survey from being published, and what deserves a second look."""
    return tuple(_problems(survey))


def _problems(survey: Survey) -> Iterator[Problem]:
    if not survey.questions:
        yield Problem(place="blocks", message=N_("There is no question yet."))
    if survey.default_language not in survey.languages:
        yield Problem(place="languages", message=N_("The default language is not among the languages."))
    for language in survey.languages:
        if language not in _LANGUAGES:
            yield Problem(
                place="languages",
                message=N_("Beleef's own words are in Dutch and English, not in “%(language)s”."),
                values={"language": language},
            )
    yield from _asking(survey)
    yield from _on_pages(survey)
    yield from _anonymity(survey)
    for place, texts in _texts(survey):
        yield from _spoken(survey, place, texts)
    for block in survey.blocks:
        for question in block.questions:
            yield from _question(f"blocks.{block.id}.{question.id}", question)
    yield from _logic(survey)


def _asking(survey: Survey) -> Iterator[Problem]:
    if survey.trigger is not None and survey.kind != "transactional":
        yield Problem(place="trigger", message=N_("Only a transactional survey is asked after a fact."))
    if survey.spread is not None and survey.kind != "relation":
        yield Problem(place="spread", message=N_("Only a relation survey is spread over days."))
    if survey.trigger is not None and (
        not survey.trigger.event.strip() or survey.trigger.delay_hours < 0 or survey.trigger.within_days <= 0
    ):
        yield Problem(place="trigger", message=N_("A trigger has an event, a delay from 0 and a time limit."))
    if survey.spread is not None and not (
        7 <= survey.spread.every_days <= 730 and 0 <= survey.spread.hour <= 23
    ):
        yield Problem(place="spread", message=N_("Ask every 7 to 730 days, at an hour from 0 to 23."))
    sampling = survey.sampling
    if not (0 <= sampling.share <= 1 and 0 <= sampling.hold_out <= _MOST_HOLD_OUT):
        yield Problem(place="sampling", message=N_("A share is from 0 to 1, a hold-out from 0 to 0.5."))
    if sampling.quota < 0 or sampling.quota_days < 1:
        yield Problem(place="sampling", message=N_("A quota is 0 or more, over 1 day or more."))
    strata = sampling.strata
    if strata is not None and not (
        strata.by and strata.least >= 0 and 0 <= strata.share <= 1 and strata.days >= 1
    ):
        yield Problem(
            place="sampling.strata", message=N_("Strata need what they go by, and a share from 0 to 1.")
        )
    days = survey.eligibility
    if (
        min(days.same_survey_days or 0, days.same_kind_days or 0, days.any_days, days.after_complaint_days)
        < 0
    ):
        yield Problem(place="eligibility", message=N_("People are left in peace for 0 days or more."))
    if days.a_year < 1:
        yield Problem(place="eligibility", message=N_("At least one survey a year has to be allowed."))
    if not 1 <= survey.open_days <= 365 or not 0 <= survey.reminder_days < survey.open_days:
        yield Problem(
            place="open_days",
            message=N_("A link works 1 to 365 days, and a reminder comes before it ends."),
        )


def _on_pages(survey: Survey) -> Iterator[Problem]:
    widget = survey.widget
    if widget is None:
        return
    if not survey.frames:
        yield Problem(
            place="frames",
            message=N_("The widget needs to know on which pages it may show it."),
            is_error=False,
        )
    if not 0 < widget.share <= 1 or not 0 <= widget.pause_days <= _LONGEST_PAUSE:
        yield Problem(
            place="widget",
            message=N_("The widget asks a share above 0 and up to 1, and pauses for 0 to 730 days."),
        )
    for one in widget.moments:
        if not (0 <= one.share <= 1 and 0 <= one.after_s <= _LONGEST_WAIT_S):
            yield Problem(
                place="widget.moments",
                message=N_("A page is scrolled by from 0 to 1, and waited on for 0 to 3,600 seconds."),
            )
        if one.trigger == "click" and not one.selector.strip():
            yield Problem(place="widget.moments", message=N_("Say what is clicked, as a CSS selector."))
        if any(not rule.value.strip() or not _is_pattern(rule) for rule in one.where):
            yield Problem(place="widget.moments", message=N_("A rule about a page's address cannot be read."))


def _is_pattern(rule: Where) -> bool:
    if rule.match != "regex":
        return True
    try:
        re.compile(rule.value)
    except re.error:
        return False
    return True


def _anonymity(survey: Survey) -> Iterator[Problem]:
    if survey.threshold < _LEAST_THRESHOLD or survey.comments_threshold < survey.threshold:
        yield Problem(
            place="threshold",
            message=N_("A group has at least 3 answers, and comments need at least as many as scores."),
        )
    if survey.anonymity != "none" and any(one.kind == "file" for one in survey.questions.values()):
        yield Problem(
            place="anonymity",
            message=N_("A file often says whose it is: leave it out, or do not promise anonymity."),
        )
    if survey.anonymity == "none" and survey.group_by:
        yield Problem(
            place="group_by",
            message=N_("Only an anonymous survey has to say beforehand by what it is grouped."),
            is_error=False,
        )


def _texts(survey: Survey) -> Iterator[tuple[str, Texts]]:
    yield "title", survey.title
    for block in survey.blocks:
        yield f"blocks.{block.id}.title", block.title
        for question in block.questions:
            place = f"blocks.{block.id}.{question.id}"
            for name in ("text", "help", "low_label", "high_label"):
                yield f"{place}.{name}", getattr(question, name)
            for one in (*question.options, *question.rows):
                yield f"{place}.{one.id}", one.label
    for ending in survey.endings:
        yield f"endings.{ending.id}.title", ending.title
        yield f"endings.{ending.id}.text", ending.text


def _spoken(survey: Survey, place: str, texts: Texts) -> Iterator[Problem]:
    if not texts:
        if place.endswith(".text") and place.startswith("blocks."):
            yield Problem(place=place, message=N_("The question has no text."))
        return
    if any(len(text) > _LONGEST_TEXT for text in texts.values()):
        yield Problem(place=place, message=N_("This text is too long."))
    missing = [language for language in survey.languages if not texts.get(language, "").strip()]
    if missing and survey.default_language in missing:
        yield Problem(place=place, message=N_("The text in the default language is missing."))
    elif missing:
        yield Problem(
            place=place,
            message=N_("The text in “%(language)s” is missing; the default language stands in."),
            values={"language": missing[0]},
            is_error=False,
        )


def _question(place: str, question: Question) -> Iterator[Problem]:
    yield from _choices(place, question)
    lowest, highest = question.scale
    if question.kind == "rating" and not (
        lowest is not None
        and highest is not None
        and 0 <= lowest < highest <= 10
        and highest - lowest < _WIDEST_RATING
        and lowest == int(lowest)
        and highest == int(highest)
    ):
        yield Problem(place=place, message=N_("A rating is in whole numbers, from 0 to 10 at most."))
    if question.kind in SCALES and (question.lowest is not None or question.highest is not None):
        yield Problem(place=place, message=N_("This metric has a scale of its own: leave the ends out."))
    if question.kind == "number" and lowest is not None and highest is not None and lowest > highest:
        yield Problem(place=place, message=N_("The lowest number is above the highest."))
    if question.kind == "open" and not 1 <= question.longest <= _LONGEST_TEXT:
        yield Problem(place=place, message=N_("An open answer has room for 1 to 10,000 letters."))
    if question.kind == "date" and not (_is_day(question.earliest) and _is_day(question.latest)):
        yield Problem(place=place, message=N_("A day is written as 2026-03-01."))


def _choices(place: str, question: Question) -> Iterator[Problem]:
    needed = 1 if question.kind == "many" else 2
    if question.kind in WITH_OPTIONS and len(question.options) < needed:
        yield Problem(place=place, message=N_("There is nothing to choose from yet."))
    if question.kind == "matrix" and not (question.rows and len(question.options) > 1):
        yield Problem(place=place, message=N_("A matrix has rows, and at least two columns."))
    if len(question.options) > _MOST_OPTIONS or len(question.rows) > _MOST_OPTIONS:
        yield Problem(place=place, message=N_("There are more than 100 options."))
    if any(not _NAME.fullmatch(one.id) and not one.id.isdigit() for one in _all(question)):
        yield Problem(place=place, message=N_("The id of an option has small letters, digits, - and _."))
    if sum(option.is_other for option in question.options) > 1 or any(
        option.is_other != (option.id == OTHER) and (option.is_other or option.id == OTHER)
        for option in question.options
    ):
        yield Problem(place=place, message=N_("The one option with room for own words is called “other”."))
    if question.kind == "many" and question.at_most and question.at_least > question.at_most:
        yield Problem(place=place, message=N_("More choices are needed than are allowed."))


def _all(question: Question) -> tuple[Option, ...]:
    return question.options + question.rows


def _is_day(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _logic(survey: Survey) -> Iterator[Problem]:
    every: tuple[Block | Ending, ...] = (*survey.blocks, *survey.endings)
    places = {one.id: index for index, one in enumerate(every)}
    asked: set[str] = set()
    for index, block in enumerate(survey.blocks):
        for question in block.questions:
            place = f"blocks.{block.id}.{question.id}.show_if"
            yield from _conditions(survey, place, question.show_if, asked)
            asked.add(question.id)
        for jump in block.jumps:
            place = f"blocks.{block.id}.jumps"
            if places.get(jump.to, -1) <= index:
                yield Problem(
                    place=place,
                    message=N_("“%(to)s” is no later page and no ending: nobody goes round in circles."),
                    values={"to": jump.to},
                )
            yield from _conditions(survey, place, jump.when, asked)
    yield from _unreachable(survey.blocks, survey.endings)


def _conditions(
    survey: Survey, place: str, conditions: Iterable[Condition], asked: set[str]
) -> Iterator[Problem]:
    questions = survey.questions
    for one in conditions:
        name, _, row = one.question.partition(".")
        if name not in asked:
            yield Problem(
                place=place,
                message=N_("“%(question)s” is not asked before this."),
                values={"question": one.question},
            )
            continue
        question = questions[name]
        if row and row not in {option.id for option in question.rows}:
            yield Problem(
                place=place, message=N_("“%(question)s” has no such row."), values={"question": name}
            )
        wanted = one.value if isinstance(one.value, tuple) else (one.value,)
        known = {option.id for option in question.options}
        unknown = [value for value in wanted if isinstance(value, str) and known and value not in known]
        if unknown:
            yield Problem(
                place=place,
                message=N_("“%(question)s” has no option “%(option)s”."),
                values={"question": name, "option": str(unknown[0])},
            )
        if one.operator not in {"is_answered", "is_not_answered"} and one.value is None:
            yield Problem(place=place, message=N_("A condition says what the answer must be."))


def _unreachable(blocks: tuple[Block, ...], endings: tuple[Ending, ...]) -> Iterator[Problem]:
    """Yield pages that no way leads to: all ways from the page before jump over them."""
    reached = {blocks[0].id} if blocks else set()
    for index, block in enumerate(blocks):
        if block.id not in reached:
            yield Problem(
                place=f"blocks.{block.id}", message=N_("No way leads to this page."), is_error=False
            )
        reached.update(jump.to for jump in block.jumps)
        # A jump without conditions always leads away.
        if all(jump.when for jump in block.jumps) and index + 1 < len(blocks):
            reached.add(blocks[index + 1].id)
    for ending in endings[1:]:
        if ending.id not in reached:
            yield Problem(
                place=f"endings.{ending.id}", message=N_("No way leads to this ending."), is_error=False
            )

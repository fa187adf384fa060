"""A survey's logic and asking in sentences, as staff read them: conditions, jumps, triggers, sampling."""

from collections.abc import Sequence
from typing import Final

from beleef.feedback.api import Condition, Jump, Question, Survey, said
from beleef.feedback.pages.parts import question_text
from beleef.ui.components import Known, Text
from beleef.ui.words import N_, Words

OPERATORS: Final = {
    "is": N_("is"),
    "is_not": N_("is not"),
    "at_most": N_("is at most"),
    "at_least": N_("is at least"),
    "includes": N_("includes"),
    "is_answered": N_("is answered"),
    "is_not_answered": N_("is not answered"),
}


def condition_sentence(survey: Survey, conditions: Sequence[Condition], words: Words) -> str:
    """Return when a question is shown; empty for always."""
    if not conditions:
        return ""
    return words.gettext("Only if %(conditions)s", conditions=_all(survey, conditions, words))


def jump_sentence(survey: Survey, jump: Jump, words: Words) -> str:
    """Return where a page leads, and when."""
    to = _place(survey, jump.to, words)
    if not jump.when:
        return words.gettext("Goes on to %(place)s", place=to)
    return words.gettext(
        "If %(conditions)s: goes on to %(place)s", conditions=_all(survey, jump.when, words), place=to
    )


def asking_sentence(survey: Survey, words: Words) -> tuple[Known, ...]:
    """Return who is asked, when and how often, as known things."""
    found = [Known(name=words.gettext("When"), value=Text(text=_when(survey, words)))]
    sampling = survey.sampling
    if sampling.share < 1:
        found.append(Known(name=words.gettext("Sample"), value=Text(text=words.percent(sampling.share))))
    if sampling.hold_out:
        found.append(
            Known(name=words.gettext("Never asked"), value=Text(text=words.percent(sampling.hold_out)))
        )
    if survey.eligibility.audience:
        found.append(
            Known(name=words.gettext("Only members of"), value=Text(text=survey.eligibility.audience))
        )
    if survey.reminder_days:
        reminder = words.ngettext("after %(num)s day", "after %(num)s days", survey.reminder_days)
        found.append(Known(name=words.gettext("One reminder"), value=Text(text=reminder)))
    return tuple(found)


def _when(survey: Survey, words: Words) -> str:
    if survey.trigger is not None:
        hours = survey.trigger.delay_hours
        return words.gettext(
            "%(hours)s hours after “%(event)s”", hours=words.number(hours), event=survey.trigger.event
        )
    if survey.spread is not None:
        return words.gettext(
            "everybody once in %(days)s days, each on a day of their own", days=survey.spread.every_days
        )
    if survey.kind == "open":
        return words.gettext("whoever comes by a link or on a page")
    return words.gettext("when a campaign asks for it")


def _all(survey: Survey, conditions: Sequence[Condition], words: Words) -> str:
    word = words.gettext("and")
    return f" {word} ".join(_one(survey, condition, words) for condition in conditions)


def _one(survey: Survey, condition: Condition, words: Words) -> str:
    name, _, row = condition.question.partition(".")
    question = survey.questions.get(name)
    shown = f"“{question_text(survey, question, words)}”" if question else name
    if row and question:
        shown = f"{shown} ({_label(question, row, survey, words)})"
    operator = words.gettext(OPERATORS[condition.operator])
    if condition.value is None:
        return f"{shown} {operator}"
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    word = words.gettext("or")
    told = f" {word} ".join(_value(question, one, survey, words) for one in values)
    return f"{shown} {operator} {told}"


def _value(question: Question | None, value: float | str, survey: Survey, words: Words) -> str:
    if isinstance(value, float | int):
        return words.number(value)
    if value in {"yes", "no"}:
        return words.gettext("Yes") if value == "yes" else words.gettext("No")
    return _label(question, value, survey, words) if question else value


def _label(question: Question, option: str, survey: Survey, words: Words) -> str:
    for one in (*question.options, *question.rows):
        if one.id == option:
            return said(one.label, words.language, survey.default_language) or option
    return option


def _place(survey: Survey, place: str, words: Words) -> str:
    for number, block in enumerate(survey.blocks, start=1):
        if block.id == place:
            return words.gettext("page %(number)s", number=number)
    return words.gettext("the end “%(ending)s”", ending=place)

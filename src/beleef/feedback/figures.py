"""Figures of surveys: which question measures what, over which answers, told apart by what; every one comes from the metrics slice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from beleef.feedback.api import Asked, Feedback, Filter, Group, GroupBy, Question, StoredSurvey, Survey
from beleef.metrics import api as metrics
from beleef.metrics.api import Figure, PostStratified

METRIC_KINDS: Final = ("nps", "csat", "ces")
"""Scores whose scale is fixed, so that those of several surveys may be put together."""

SOLVED: Final = "fcr_asked"
"""Metric of a choice between ``yes`` and ``no``, and perhaps something in between: whether it was solved in one go."""

_MAIN: Final = ("nps", "csat", "ces", "rating")


def scored(survey: Survey, metric: str) -> list[Question]:
    """Return a survey's questions that measure something, in their order."""
    return [question for question in survey.questions.values() if metric_of(question) == metric]


def main_question(survey: Survey) -> Question | None:
    """Return the question whose figure stands for the survey; None where it scores nothing."""
    return next((found[0] for metric in _MAIN if (found := scored(survey, metric))), None)


def metric_of(question: Question) -> str:
    """Return the metric that a scored question's answers are counted as; empty where it scores nothing."""
    named = question.measures
    return named if named in metrics.METRICS else question.kind if question.kind in metrics.METRICS else ""


def figure_of(question: Question, group: Group) -> Figure | None:
    """Return the figure of answers to a question; None where it measures nothing."""
    metric = metric_of(question)
    if metric == SOLVED:
        yes = group.options.get("yes", 0)
        return metrics.share(SOLVED, yes, yes + group.options.get("no", 0))
    return metrics.figure(metric, group.histogram) if metric else None


def solved(feedback: Feedback, connection: sa.Connection, where: Filter) -> Figure:
    """Return which share of customers said that it was solved in one go: ``yes`` or ``no`` to choices that measure that."""
    options: Counter[str] = Counter()
    for stored in feedback.surveys(connection):
        for question in scored(stored.published, SOLVED) if stored.published else ():
            for group in feedback.counts(connection, stored.survey.name, question.id, where=where).groups:
                options.update(group.options)
    return metrics.share(SOLVED, options["yes"], options["yes"] + options["no"])


def response_rate(asked: Asked) -> Figure:
    """Return which share of those who were asked finished."""
    return metrics.share("response_rate", asked.finished, asked.asked)


def main(
    feedback: Feedback, connection: sa.Connection, stored: StoredSurvey, where: Filter | None = None
) -> Figure | None:
    """Return the figure that stands for a survey; None where it scores nothing."""
    survey = stored.published or stored.survey
    question = main_question(survey)
    if question is None:
        return None
    counted = histogram(feedback, connection, ((survey.name, question.id),), where or Filter())
    return metrics.figure(metric_of(question), counted)


Asking = Sequence[tuple[str, str]]
"""Questions that measure the same: survey and question."""


def asking(stored: Sequence[StoredSurvey], metric: str, survey: str = "") -> list[tuple[str, str]]:
    """Return the questions of published surveys that measure something, of one survey or of all."""
    return [
        (one.survey.name, question.id)
        for one in stored
        if one.published is not None and survey in {"", one.survey.name}
        for question in scored(one.published, metric)
    ]


def histogram(
    feedback: Feedback, connection: sa.Connection, questions: Asking, where: Filter
) -> dict[int, int]:
    """Return how often each score was given."""
    return groups(feedback, connection, questions, None, where).get("", {})


def groups(
    feedback: Feedback,
    connection: sa.Connection,
    questions: Asking,
    by: GroupBy | None,
    where: Filter,
) -> dict[str, dict[int, int]]:
    """Return how often each score was given in each group.

    Surveys put together are counted together: a score of one is a score of the other, because the scale is the same.

    Raises:
        InvalidInput: an anonymous survey among them keeps these groups together; code ``anonymous``.
    """
    found: dict[str, dict[int, int]] = {}
    for survey, question in questions:
        for group in feedback.counts(connection, survey, question, by=by, where=where).groups:
            counts = found.setdefault(group.key, {})
            for value, count in group.histogram.items():
                counts[value] = counts.get(value, 0) + count
    return found


def post_stratified(
    feedback: Feedback, connection: sa.Connection, survey: str, question: Question, where: Filter
) -> PostStratified | None:
    """Return the figure as it would be had every stratum answered alike; None where there are no strata."""
    strata = {name: eligible for name, (eligible, _) in feedback.strata(connection, survey).items() if name}
    if len(strata) < 2:
        return None
    counts = groups(feedback, connection, ((survey, question.id),), "stratum", where)
    known: Mapping[str, Mapping[int, int]] = {name: counts.get(name, {}) for name in strata}
    if not any(known.values()):
        return None
    return metrics.post_stratified(metric_of(question), known, strata)

"""A figure weighted to the people it stands for: beside the one as answered, and what each stratum weighs in it."""

import msgspec
import sqlalchemy as sa

from beleef.feedback import figures
from beleef.feedback.api import Filter, Question, Survey
from beleef.feedback.pages.parts import FeedbackRoom
from beleef.metrics.api import Figure, PostStratified
from beleef.ui import figures as drawn
from beleef.ui.components import Column, Row, Table, Text
from beleef.ui.components import Figure as Written
from beleef.ui.figures import FigureRow
from beleef.ui.words import Words


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/weighing.html``: both figures, what weighting cost, and the mix of the people and of the answers."""

    title: str
    note: str
    figures: Table
    mix: Table


def weighed(
    room: FeedbackRoom,
    connection: sa.Connection,
    survey: Survey,
    question: Question | None,
    where: Filter,
    raw: Figure | None,
    words: Words,
) -> Weighed | None:
    """Return a survey's figure weighted to its strata; None where it has no strata, or may not be told apart by them.

    Args:
        room: What pages work with.
        connection: To read from.
        survey: The definition in force.
        question: The question whose figure it is.
        where: Which answers.
        raw: The figure as answered.
        words: The reader's language.
    """
    if question is None or raw is None or survey.anonymity == "anonymous":
        return None
    found = figures.post_stratified(room.feedback, connection, survey.name, question, where)
    if found is None:
        return None
    return Weighed(
        title=words.gettext("Would it be different, had everybody answered alike?"),
        note=_note(found, words),
        figures=_both(found, raw, words),
        mix=_mix(found, words),
    )


def _both(found: PostStratified, raw: Figure, words: Words) -> Table:
    rows = [
        FigureRow(label=words.gettext("As answered"), figures=(raw,)),
        FigureRow(label=words.gettext("Weighted to everybody who could be asked"), figures=(found.figure,)),
    ]
    return drawn.figures_table(
        caption=words.gettext("Would it be different, had everybody answered alike?"),
        of=words.gettext("Figure"),
        rows=rows,
        words=words,
    )


def _note(found: PostStratified, words: Words) -> str:
    said = words.gettext(
        "Each stratum counts as much as its share of the people: strata with answers hold %(covered)s of them.",
        covered=words.percent(found.covered),
    )
    effect = found.design_effect
    if effect is None:
        return said
    return f"{said} " + words.gettext(
        "Because the weights differ, %(effect)s answers say as much as one would without them (design effect).",
        effect=words.number(effect, 2),
    )


def _mix(found: PostStratified, words: Words) -> Table:
    return Table(
        caption=words.gettext("Who could be asked, and who answered"),
        columns=(
            Column(label=words.gettext("Stratum")),
            Column(label=words.gettext("Of the people"), numeric=True),
            Column(label=words.gettext("Of the answers"), numeric=True),
            Column(label=words.gettext("Each answer counts as"), numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=one.name),
                    Written(text=words.percent(one.population)),
                    Written(text=words.percent(one.answered)),
                    Written(text=words.number(one.weight, 2)),
                )
            )
            for one in found.mix
        ),
    )

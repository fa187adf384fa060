"""SQL of comments, as they were said and read."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.feedback.answer_queries import SINGLE
from beleef.feedback.tables import survey_answers
from beleef.feedback.voices.model import Mention, Place, Reading, Said, ThemeCount, ToneWord, Wanted
from beleef.feedback.voices.tables import feedback_comment_themes, feedback_comments, feedback_labels
from beleef.kernel.clock import from_datetime
from beleef.store.records.database import insert, is_any_of

_c = feedback_comments.c
_m = feedback_comment_themes.c
_a = survey_answers.c

_ENDS: Final = {"nps": (6, 9), "ces": (3, 6), "csat": (2, 5)}
"""Up to which score somebody is dissatisfied, and from which on satisfied: detractors and promoters, and their like."""
_CLEAR: Final = 0.2
"""A tone weaker than this says too little to contradict anything."""
WAITS: Final = -1
"""Moment of an anonymous comment whose answer is not sealed yet: before every moment that can be asked for, so that nobody sees it."""


def save(connection: sa.Connection, read: Sequence[tuple[Said, Reading]], reading: int) -> None:
    """Write comments with what was read in them; what was read before goes."""
    if not read:
        return
    rows = [_row(said, found, reading) for said, found in read]
    statement = insert(feedback_comments, connection)
    changed = {
        name: statement.excluded[name]
        for name in ("language", "tone", "score", "words", "by_model", "reading", "text")
    }
    connection.execute(statement.on_conflict_do_update(index_elements=[_c.fact], set_=changed), rows)
    connection.execute(
        sa.delete(feedback_comment_themes).where(is_any_of(_m.fact, [said.fact for said, _ in read]))
    )
    mentions = [_mention_row(said.fact, one) for said, found in read for one in found.mentions]
    if mentions:
        connection.execute(sa.insert(feedback_comment_themes), mentions)


def replace_earlier(connection: sa.Connection, said: Sequence[Said]) -> list[Said]:
    """Remove what these comments take the place of: the same question of the same response, said before.

    Returns:
        The comments that are the last word; one that came late, behind a newer one, is left out.
    """
    last: dict[tuple[str, str], Said] = {}
    for one in said:
        key = (one.response, one.question)
        if key not in last or (last[key].at, last[key].fact) < (one.at, one.fact):
            last[key] = one
    chosen = sa.select(_c.fact, _c.response, _c.question, _c.at).where(
        is_any_of(_c.response, list({one.response for one in said}))
    )
    gone = []
    for row in connection.execute(chosen):
        new = last.get((row.response, row.question))
        if new is None or new.fact == row.fact:
            continue
        if (row.at, row.fact) > (new.at, new.fact):
            del last[row.response, row.question]
        else:
            gone.append(row.fact)
    if gone:
        connection.execute(sa.delete(feedback_comment_themes).where(is_any_of(_m.fact, gone)))
        connection.execute(sa.delete(feedback_comments).where(is_any_of(_c.fact, gone)))
    return list(last.values())


def sealed_or_waiting(connection: sa.Connection, numbers: Collection[int]) -> dict[int, int]:
    """Return, by number, the fact of those answers that nobody may see one by one."""
    chosen = sa.select(_a.number, _a.fact).where(is_any_of(_a.number, list(numbers)), _a.atom != SINGLE)
    return {row.number: row.fact for row in connection.execute(chosen)}


def show_sealed(connection: sa.Connection) -> None:
    """Let anonymous comments be seen whose answers were sealed: with the month and what else their group is told apart by."""
    same = sa.and_(_a.response == _c.response, _a.question == _c.question, _a.fact == _c.fact)
    chosen = (
        sa.select(_c.fact, _a.month, _a.told_apart, _a.delivery, _a.touchpoint)
        .select_from(feedback_comments.join(survey_answers, same))
        .where(_c.at == WAITS, _a.atom > 0)
    )
    rows = [
        {
            "of": row.fact,
            "since": from_datetime(datetime.fromisoformat(f"{row.month}-01")),
            "by": row.delivery if row.told_apart == row.delivery else "",
            "about": row.touchpoint if row.told_apart == row.touchpoint else "",
        }
        for row in connection.execute(chosen)
    ]
    if rows:
        changed: dict[str, Any] = {
            "at": sa.bindparam("since"),
            "channel": sa.bindparam("by"),
            "touchpoint": sa.bindparam("about"),
        }
        statement = sa.update(feedback_comments).where(_c.fact == sa.bindparam("of")).values(changed)
        connection.execute(statement, rows)


def with_waiting(connection: sa.Connection) -> set[str]:
    """Return the surveys with comments that wait for others, to be shown with them."""
    return set(connection.execute(sa.select(_c.survey).distinct().where(_c.at == WAITS)).scalars())


def read_otherwise(connection: sa.Connection, reading: int, *, limit: int) -> list[Said]:
    """Return comments that were read with other themes or models than the present ones, the latest first."""
    chosen = sa.select(feedback_comments).where(_c.reading != reading).order_by(_c.fact.desc()).limit(limit)
    return [_said(row) for row in connection.execute(chosen)]


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Forget what somebody wrote who is erased."""
    gone = sa.select(_c.fact).where(is_any_of(_c.subject, list(subjects)))
    connection.execute(sa.delete(feedback_comment_themes).where(_m.fact.in_(gone)))
    connection.execute(sa.delete(feedback_comments).where(is_any_of(_c.subject, list(subjects))))


def one(connection: sa.Connection, fact: int) -> tuple[Said, Reading] | None:
    """Return a comment by the number of its fact."""
    row = connection.execute(sa.select(feedback_comments).where(_c.fact == fact)).first()
    return None if row is None else (_said(row), _reading(row, _mentions(connection, [fact]).get(fact, ())))


def many(connection: sa.Connection, facts: Collection[int]) -> list[tuple[Said, Reading]]:
    """Return comments by the numbers of their facts, the latest first."""
    chosen = sa.select(feedback_comments).where(is_any_of(_c.fact, list(facts))).order_by(_c.at.desc())
    return _read(connection, chosen)


def listed(
    connection: sa.Connection, wanted: Wanted, *, before: Place | None, limit: int
) -> list[tuple[Said, Reading]]:
    """Return comments, the latest first; those of one moment in an order that says nothing, for some have their month only.

    Args:
        connection: A transaction.
        wanted: Which.
        before: Place of the last one on the page before.
        limit: At most so many.
    """
    chosen = _where(sa.select(feedback_comments), wanted)
    if before is not None:
        same = sa.and_(_c.response == before.response, _c.question < before.question)
        later = sa.and_(_c.at == before.at, sa.or_(_c.response < before.response, same))
        chosen = chosen.where(sa.or_(_c.at < before.at, later))
    return _read(
        connection, chosen.order_by(_c.at.desc(), _c.response.desc(), _c.question.desc()).limit(limit)
    )


def of_subjects(
    connection: sa.Connection, subjects: Collection[int], *, limit: int
) -> list[tuple[Said, Reading]]:
    """Return what a person wrote, the latest first."""
    chosen = (
        sa.select(feedback_comments)
        .where(is_any_of(_c.subject, [one for one in subjects if one]))
        .order_by(_c.at.desc())
        .limit(limit)
    )
    return _read(connection, chosen)


def tones(connection: sa.Connection, wanted: Wanted) -> dict[str, int]:
    """Return how many comments there are in each tone."""
    tone = _m.tone if wanted.theme else _c.tone
    chosen = _where(sa.select(tone, sa.func.count()), wanted).group_by(tone)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def surveys(connection: sa.Connection, wanted: Wanted) -> dict[str, int]:
    """Return how many comments each survey has."""
    chosen = _where(sa.select(_c.survey, sa.func.count()), wanted).group_by(_c.survey)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def read_by(connection: sa.Connection, language: str) -> dict[bool, int]:
    """Return how many comments of a language that may be seen were read by a model, and how many were not."""
    chosen = sa.select(_c.by_model, sa.func.count()).where(_c.language == language, _c.at != WAITS)
    return {bool(row[0]): row[1] for row in connection.execute(chosen.group_by(_c.by_model))}


def places(connection: sa.Connection) -> dict[str, list[str]]:
    """Return what comments can be filtered by: each language, channel and touchpoint that occurs."""
    found = {}
    for name in ("language", "channel", "touchpoint"):
        chosen = sa.select(_c[name]).distinct().where(_c[name] != "").order_by(_c[name])
        found[name] = [row[0] for row in connection.execute(chosen)]
    return found


def counts(connection: sa.Connection, wanted: Wanted) -> list[ThemeCount]:
    """Return how many comments name each theme, and in which tone."""
    chosen = sa.select(
        _m.theme,
        sa.func.count().label("comments"),
        sa.func.sum(sa.case((_m.tone == "positive", 1), else_=0)).label("positive"),
        sa.func.sum(sa.case((_m.tone == "negative", 1), else_=0)).label("negative"),
    ).select_from(feedback_comment_themes.join(feedback_comments, _c.fact == _m.fact))
    chosen = _conditions(chosen, wanted).group_by(_m.theme)
    return [
        ThemeCount(
            theme=row.theme, comments=row.comments, positive=int(row.positive), negative=int(row.negative)
        )
        for row in connection.execute(chosen)
    ]


def by_period(
    connection: sa.Connection, wanted: Wanted, starts: Sequence[int]
) -> list[tuple[int, dict[str, ThemeCount]]]:
    """Return for each period how many comments there are, and how many name each theme.

    Args:
        connection: A transaction.
        wanted: Which comments; its own period is left out of account.
        starts: When each period begins, growing, and when the last one ends.
    """
    inside = msgspec.structs.replace(wanted, since=starts[0], until=starts[-1])
    place = sa.case(*((_c.at < end, number) for number, end in enumerate(starts[1:])), else_=-1)
    whole = _where(sa.select(place.label("place")), inside).subquery()
    totals: Counter[int] = Counter()
    for row in connection.execute(sa.select(whole.c.place, sa.func.count()).group_by(whole.c.place)):
        totals[row[0]] = row[1]
    joined = feedback_comment_themes.join(feedback_comments, _c.fact == _m.fact)
    named = _conditions(
        sa.select(place.label("place"), _m.theme, _m.tone).select_from(joined), inside
    ).subquery()
    grouped = (named.c.place, named.c.theme)
    counted = sa.select(
        *grouped,
        sa.func.count().label("comments"),
        sa.func.sum(sa.case((named.c.tone == "positive", 1), else_=0)).label("positive"),
        sa.func.sum(sa.case((named.c.tone == "negative", 1), else_=0)).label("negative"),
    ).group_by(*grouped)
    themes: list[dict[str, ThemeCount]] = [{} for _ in starts[1:]]
    for row in connection.execute(counted):
        themes[row.place][row.theme] = ThemeCount(
            theme=row.theme, comments=row.comments, positive=int(row.positive), negative=int(row.negative)
        )
    return [(totals[number], found) for number, found in enumerate(themes)]


def scores(connection: sa.Connection, responses: Collection[str]) -> dict[str, tuple[str, float]]:
    """Return for each response its first score: what it measures, and the value."""
    chosen = (
        sa.select(_a.response, _a.kind, _a.value)
        .where(is_any_of(_a.response, [one for one in responses if one]), _a.kind.in_(_ENDS))
        .where(_a.value.is_not(None))
        .order_by(_a.number.desc())
    )
    return {row.response: (row.kind, row.value) for row in connection.execute(chosen)}


def suspects(connection: sa.Connection, wanted: Wanted, *, limit: int) -> list[tuple[Said, Reading]]:
    """Return comments of satisfied people in a negative tone, and of dissatisfied ones in a positive tone, the latest first."""
    joined = feedback_comments.join(survey_answers, _a.response == _c.response)
    against = [
        sa.and_(
            _a.kind == kind,
            sa.or_(
                sa.and_(_c.tone == "negative", _a.value >= high),
                sa.and_(_c.tone == "positive", _a.value <= low),
            ),
        )
        for kind, (low, high) in _ENDS.items()
    ]
    chosen = _conditions(sa.select(feedback_comments).select_from(joined), wanted).where(
        sa.or_(*against), ~_c.score.between(-_CLEAR, _CLEAR)
    )
    return _read(connection, chosen.distinct().order_by(_c.at.desc(), _c.fact.desc()).limit(limit))


def texts(connection: sa.Connection, wanted: Wanted, *, limit: int) -> list[tuple[int, str]]:
    """Return number and text of the latest comments."""
    chosen = _where(sa.select(_c.fact, _c.text), wanted).order_by(_c.at.desc()).limit(limit)
    return [(row.fact, row.text) for row in connection.execute(chosen)]


def _where(statement: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    if wanted.theme:
        joined = feedback_comments.join(
            feedback_comment_themes, sa.and_(_m.fact == _c.fact, _m.theme == wanted.theme)
        )
        statement = statement.select_from(joined)
    return _conditions(statement, wanted)


def _conditions(statement: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    statement = statement.where(_c.at >= wanted.since, _c.at < wanted.until)
    if wanted.surveys is not None:
        statement = statement.where(is_any_of(_c.survey, list(wanted.surveys)))
    for name in ("language", "channel", "touchpoint"):
        if value := getattr(wanted, name):
            statement = statement.where(_c[name] == value)
    if wanted.touchpoints is not None:
        statement = statement.where(is_any_of(_c.touchpoint, list(wanted.touchpoints)))
    if wanted.tone:
        statement = statement.where((_m.tone if wanted.theme else _c.tone) == wanted.tone)
    if wanted.is_unreviewed:
        reviewed = sa.select(feedback_labels.c.fact).where(feedback_labels.c.about == "tone")
        statement = statement.where(_c.fact.not_in(reviewed))
    if wanted.text:
        statement = statement.where(sa.func.lower(_c.text).contains(wanted.text.lower(), autoescape=True))
    return statement


def _read(connection: sa.Connection, chosen: sa.Select[Any]) -> list[tuple[Said, Reading]]:
    rows = connection.execute(chosen).all()
    mentions = _mentions(connection, [row.fact for row in rows])
    return [(_said(row), _reading(row, mentions.get(row.fact, ()))) for row in rows]


def _mentions(connection: sa.Connection, facts: Sequence[int]) -> Mapping[int, tuple[Mention, ...]]:
    chosen = (
        sa.select(feedback_comment_themes)
        .where(is_any_of(_m.fact, list(facts)))
        .order_by(_m.fact, _m.begins, _m.theme)
    )
    found: dict[int, tuple[Mention, ...]] = {}
    for row in connection.execute(chosen):
        mention = Mention(
            theme=row.theme,
            start=row.begins,
            end=row.ends,
            words=msgspec.json.decode(row.words, type=tuple[str, ...]),
            tone=row.tone,
            score=row.score,
        )
        found[row.fact] = (*found.get(row.fact, ()), mention)
    return found


def _row(said: Said, found: Reading, reading: int) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(said),
        "language": found.language,
        "tone": found.tone,
        "score": found.score,
        "words": msgspec.json.encode(found.words).decode(),
        "by_model": found.by_model,
        "reading": reading,
    }


def _mention_row(fact: int, one: Mention) -> dict[str, Any]:
    return {
        "fact": fact,
        "theme": one.theme,
        "tone": one.tone,
        "score": one.score,
        "begins": one.start,
        "ends": one.end,
        "words": msgspec.json.encode(one.words).decode(),
    }


def _said(row: Any) -> Said:
    return Said(**{name: getattr(row, name) for name in Said.__struct_fields__})


def _reading(row: Any, mentions: tuple[Mention, ...]) -> Reading:
    return Reading(
        language=row.language,
        tone=row.tone,
        score=row.score,
        words=msgspec.json.decode(row.words, type=tuple[ToneWord, ...]),
        mentions=mentions,
        by_model=row.by_model,
    )

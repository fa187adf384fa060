"""SQL of what people decide about readings: themes, labels, suggestions, models, and how often all was read anew."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from beleef.feedback.voices.model import Label, Suggested, Theme
from beleef.feedback.voices.tables import (
    feedback_labels,
    feedback_models,
    feedback_readings,
    feedback_suggestions,
    feedback_themes,
)
from beleef.kernel.errors import NotFound
from beleef.store.records.database import insert, is_any_of

_t, _l, _s, _o, _r = (
    feedback_themes.c,
    feedback_labels.c,
    feedback_suggestions.c,
    feedback_models.c,
    feedback_readings.c,
)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """A model learned from reviewers' labels: its coefficients as JSON, since when, and whether tones are read with it."""

    language: str
    coefficients: str
    at: int
    is_used: bool


def themes(connection: sa.Connection) -> list[Theme]:
    """Return the themes that somebody added or changed."""
    return [
        Theme(
            name=row.name,
            labels=msgspec.json.decode(row.labels, type=dict[str, str]),
            words=msgspec.json.decode(row.words, type=dict[str, tuple[str, ...]]),
            parent=row.parent,
            is_used=row.is_used,
            position=row.position,
        )
        for row in connection.execute(sa.select(feedback_themes).order_by(_t.position, _t.name))
    ]


def save_theme(connection: sa.Connection, theme: Theme) -> None:
    """Write a theme."""
    changed = {
        "labels": msgspec.json.encode(theme.labels).decode(),
        "words": msgspec.json.encode(theme.words).decode(),
        "parent": theme.parent,
        "is_used": theme.is_used,
        "position": theme.position,
    }
    statement = insert(feedback_themes, connection).values(name=theme.name, **changed)
    connection.execute(statement.on_conflict_do_update(index_elements=[_t.name], set_=changed))


def reading(connection: sa.Connection) -> int:
    """Return the number of the present way of reading; 0 before anything was changed."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(_r.number), 0))).scalar_one())


def begin_reading(connection: sa.Connection, now: int, why: str) -> None:
    """Note that themes or models changed: comments are read anew."""
    connection.execute(sa.insert(feedback_readings).values(at=now, why=why))


def label(connection: sa.Connection, given: Label) -> None:
    """Write what a reviewer says; what was said before about the same goes."""
    row = msgspec.structs.asdict(given)
    statement = insert(feedback_labels, connection).values(row)
    changed = {name: row[name] for name in ("verdict", "by", "at")}
    connection.execute(statement.on_conflict_do_update(index_elements=[_l.fact, _l.about], set_=changed))


def labels_of(connection: sa.Connection, facts: Collection[int]) -> dict[int, dict[str, str]]:
    """Return, by comment, what reviewers said about what."""
    chosen = sa.select(_l.fact, _l.about, _l.verdict).where(is_any_of(_l.fact, list(facts)))
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.fact, {})[row.about] = row.verdict
    return found


def labels(connection: sa.Connection) -> list[Label]:
    """Return all that reviewers said, in the order of comments."""
    chosen = sa.select(feedback_labels).order_by(_l.fact, _l.about)
    return [Label(**dict(row._mapping)) for row in connection.execute(chosen)]


def suggest(connection: sa.Connection, found: Sequence[Suggested], language: str, now: int) -> None:
    """Write the open suggestions of a language anew."""
    connection.execute(sa.delete(feedback_suggestions).where(_s.language == language, _s.state == "open"))
    for one in found:
        connection.execute(
            sa.insert(feedback_suggestions).values(
                language=language,
                words=msgspec.json.encode(one.words).decode(),
                examples=msgspec.json.encode(one.examples).decode(),
                comments=one.comments,
                state="open",
                at=now,
            )
        )


def suggestions(connection: sa.Connection, *, state: str = "open") -> list[Suggested]:
    """Return suggestions, those that fit most comments first."""
    chosen = sa.select(feedback_suggestions).where(_s.state == state).order_by(_s.comments.desc(), _s.id)
    return [
        Suggested(
            id=row.id,
            language=row.language,
            words=msgspec.json.decode(row.words, type=tuple[str, ...]),
            examples=msgspec.json.decode(row.examples, type=tuple[int, ...]),
            comments=row.comments,
        )
        for row in connection.execute(chosen)
    ]


def settle(connection: sa.Connection, number: int, state: str) -> None:
    """Note what became of a suggestion.

    Raises:
        NotFound: it is not open.
    """
    changed = sa.update(feedback_suggestions).where(_s.id == number, _s.state == "open").values(state=state)
    if not connection.execute(changed).rowcount:
        raise NotFound("There is no such suggestion.", hint="Look at the list of suggestions.")


def learned(connection: sa.Connection) -> list[Learned]:
    """Return all models."""
    chosen = sa.select(_o.language, _o.coefficients, _o.at, _o.is_used).order_by(_o.language)
    return [Learned(**dict(row._mapping)) for row in connection.execute(chosen)]


def learn(connection: sa.Connection, model: Learned, quality: str) -> None:
    """Write a model; the one before it goes."""
    changed = {
        "coefficients": model.coefficients,
        "quality": quality,
        "at": model.at,
        "is_used": model.is_used,
    }
    statement = insert(feedback_models, connection).values(language=model.language, **changed)
    connection.execute(statement.on_conflict_do_update(index_elements=[_o.language], set_=changed))


def use(connection: sa.Connection, language: str, *, is_used: bool) -> None:
    """Switch a model on or off.

    Raises:
        NotFound: there is none of that language.
    """
    changed = sa.update(feedback_models).where(_o.language == language).values(is_used=is_used)
    if not connection.execute(changed).rowcount:
        raise NotFound("There is no model of that language yet.", hint="Let it learn first.")

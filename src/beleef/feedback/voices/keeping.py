"""What pages and commands ask of voices: comments and their themes within the promise of each survey, and the acts of reviewers.

No comment of a survey that is not by name is shown with a person, and none of an anonymous one before its group is sealed.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.feedback.model import Anonymity
from beleef.feedback.voices import queries, theme_queries
from beleef.feedback.voices.model import (
    CLEAR,
    LEAST_SHOWN,
    Comment,
    Label,
    Place,
    Reading,
    Said,
    Suggested,
    Theme,
    ThemeCount,
    Wanted,
    check,
)
from beleef.feedback.voices.reading import is_given, taxonomy_of, themes_in_force
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.text import api as text
from beleef.text.api import Emerging
from beleef.ui.words import LANGUAGES

_MOST_LOOKED_AT = 4_000
"""Comments from which new themes are suggested: the latest ones say what is new."""

Kept = Mapping[str, Anonymity]
"""What each survey promised, by its name; a survey that is not in it promised to be anonymous."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Comments counted.

    Attributes:
        comments: How many.
        tones: How many in each tone.
        themes: Per theme how many name it, and in which tone; the most named first.
        withheld: Surveys with comments that too few wrote to be shown.
    """

    comments: int
    tones: dict[str, int]
    themes: tuple[ThemeCount, ...]
    withheld: tuple[str, ...] = ()


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The comments of a period: when it begins (microseconds), how many there are, and how many name each theme."""

    begins_at: int
    comments: int
    themes: dict[str, ThemeCount]


def summary(connection: sa.Connection, wanted: Wanted, kept: Kept) -> Summary:
    """Return how many comments there are, in which tone and with which themes."""
    allowed, withheld = _allowed(connection, wanted, kept)
    tones = queries.tones(connection, allowed)
    themes = sorted(queries.counts(connection, allowed), key=lambda one: (-one.comments, one.theme))
    return Summary(comments=sum(tones.values()), tones=tones, themes=tuple(themes), withheld=withheld)


def comments(
    connection: sa.Connection,
    wanted: Wanted,
    kept: Kept,
    *,
    before: Place | None = None,
    limit: int = 30,
) -> list[Comment]:
    """Return comments, the latest first; those of surveys that are not by name without their person."""
    allowed, _ = _allowed(connection, wanted, kept)
    return _comments(connection, queries.listed(connection, allowed, before=before, limit=limit), kept)


def comment(connection: sa.Connection, fact: int, kept: Kept) -> Comment:
    """Return a comment.

    Raises:
        NotFound: there is none of that number, or it may not be seen by itself.
    """
    found = queries.one(connection, fact)
    if found is None or kept.get(found[0].survey, "anonymous") == "anonymous":
        raise NotFound("There is no such comment.", hint="Look at the list of comments.")
    return _comments(connection, [found], kept)[0]


def examples(connection: sa.Connection, facts: Collection[int], kept: Kept) -> list[Comment]:
    """Return comments by number, but for those of anonymous surveys."""
    found = [
        one for one in queries.many(connection, facts) if kept.get(one[0].survey, "anonymous") != "anonymous"
    ]
    return _comments(connection, found, kept)


def of_person(connection: sa.Connection, subjects: Collection[int], *, limit: int = 50) -> list[Comment]:
    """Return what somebody wrote, the latest first."""
    return _comments(connection, queries.of_subjects(connection, subjects, limit=limit), None)


def contradicting(connection: sa.Connection, wanted: Wanted, kept: Kept, *, limit: int = 30) -> list[Comment]:
    """Return comments whose tone contradicts the score of the same answer, the latest first."""
    named = tuple(name for name, promise in kept.items() if promise != "anonymous")
    asked = named if wanted.surveys is None else tuple(set(named) & set(wanted.surveys))
    inside = msgspec.structs.replace(wanted, surveys=asked)
    found = queries.suspects(connection, inside, limit=limit)
    return _comments(connection, found, kept)


def periods(connection: sa.Connection, wanted: Wanted, kept: Kept, starts: Sequence[int]) -> list[Period]:
    """Return the comments of each period; ``starts`` are the beginnings of all, and the end of the last."""
    allowed, _ = _allowed(connection, wanted, kept)
    found = queries.by_period(connection, allowed, starts)
    return [
        Period(begins_at=begin, comments=total, themes=themes)
        for begin, (total, themes) in zip(starts, found, strict=False)
    ]


def emerging(found: Sequence[Period]) -> tuple[Emerging, ...]:
    """Return the themes that the last period names more than the one before it, the most striking first."""
    if len(found) < 2:
        return ()
    before, now = found[-2:]
    return text.emerging(
        {name: one.comments for name, one in now.themes.items()},
        {name: one.comments for name, one in before.themes.items()},
    )


def themes(connection: sa.Connection) -> list[Theme]:
    """Return all themes, those that are switched off too."""
    return themes_in_force(connection)


def theme(connection: sa.Connection, name: str) -> Theme:
    """Return a theme.

    Raises:
        NotFound: there is none of that name.
    """
    found = next((one for one in themes_in_force(connection) if one.name == name), None)
    if found is None:
        raise NotFound(f"There is no theme {name!r}.", hint="Look at the list of themes.")
    return found


def save_theme(connection: sa.Connection, changed: Theme, now: int) -> None:
    """Write a theme; all comments are then read anew.

    Raises:
        InvalidInput: it cannot be; nothing is kept.
    """
    check(changed)
    others = [one for one in themes_in_force(connection) if one.name != changed.name]
    if changed.parent and changed.parent not in {one.name for one in others}:
        raise InvalidInput(
            "There is no such wider theme.", hint="Choose one of the list.", code="invalid_theme"
        )
    taxonomy_of([*others, changed])
    theme_queries.save_theme(connection, changed)
    theme_queries.begin_reading(connection, now, f"theme {changed.name}")


def may_be_removed(name: str) -> bool:
    """Return whether a theme is somebody's own; those that Beleef comes with can be switched off only."""
    return not is_given(name)


def label(connection: sa.Connection, given: Label, kept: Kept) -> None:
    """Write what a reviewer says about a reading.

    Raises:
        NotFound: there is no such comment, or it may not be seen by itself.
        InvalidInput: that cannot be said.
    """
    comment(connection, given.fact, kept)
    fits = given.verdict in CLEAR if given.about == "tone" else given.verdict in {"yes", "no"}
    if not fits:
        raise InvalidInput("That cannot be said about a comment.", hint="Use one of the buttons.")
    theme_queries.label(connection, given)


def look_for_themes(connection: sa.Connection, kept: Kept) -> dict[str, list[Suggested]]:
    """Return, by language, themes that the latest comments point to and that are none yet.

    Takes some seconds: call it off the event loop, and outside a write transaction.
    """
    taxonomy = taxonomy_of(themes_in_force(connection))
    named = tuple(name for name, promise in kept.items() if promise != "anonymous")
    made: dict[str, list[Suggested]] = {}
    for language in LANGUAGES:
        wanted = Wanted(surveys=named, language=language)
        found = queries.texts(connection, wanted, limit=_MOST_LOOKED_AT)
        made[language] = [
            Suggested(
                id=0,
                language=language,
                words=one.words,
                examples=tuple(found[place][0] for place in one.examples),
                comments=one.count,
            )
            for one in text.suggest([comment for _, comment in found], language, taxonomy)
        ]
    return made


def keep_suggestions(connection: sa.Connection, found: Mapping[str, Sequence[Suggested]], now: int) -> int:
    """Keep what was found, in place of what was suggested before; return how many."""
    for language, suggested in found.items():
        theme_queries.suggest(connection, suggested, language, now)
    return sum(map(len, found.values()))


def places(connection: sa.Connection) -> dict[str, list[str]]:
    """Return what comments can be filtered by: each language, channel and touchpoint that occurs."""
    return queries.places(connection)


def suggestions(connection: sa.Connection) -> list[Suggested]:
    """Return the suggested themes that nobody has decided about."""
    return theme_queries.suggestions(connection)


def accept(connection: sa.Connection, number: int, made: Theme, now: int) -> None:
    """Make a theme of a suggestion.

    Raises:
        NotFound: it is not open.
        InvalidInput: the theme cannot be, or there is one of that name.
    """
    if any(one.name == made.name for one in themes_in_force(connection)):
        raise InvalidInput("There is a theme of that name already.", hint="Choose another name.")
    theme_queries.settle(connection, number, "accepted")
    save_theme(connection, made, now)


def dismiss(connection: sa.Connection, number: int) -> None:
    """Note that a suggestion is no theme.

    Raises:
        NotFound: it is not open.
    """
    theme_queries.settle(connection, number, "dismissed")


def _allowed(connection: sa.Connection, wanted: Wanted, kept: Kept) -> tuple[Wanted, tuple[str, ...]]:
    """Narrow what is wanted to surveys of which enough comments remain, and say of which some are not shown.

    Of anonymous surveys only sealed groups are there to be found, whatever is asked. Of a survey that nobody knows nothing is sealed:
    it is left out where few comments remain, or few are left out. Were nine of ten shown, the tenth would be known as well.
    """
    inside = queries.surveys(connection, wanted)
    hidden = {name for name in inside if name not in kept}
    if hidden:
        # The same months, for a promise that held when the month was looked at holds for its parts.
        whole = queries.surveys(connection, Wanted(since=wanted.since, until=wanted.until))
        hidden = {
            name
            for name in hidden
            if inside[name] < LEAST_SHOWN or 0 < whole[name] - inside[name] < LEAST_SHOWN
        }
    allowed = tuple(sorted(set(inside) - hidden))
    waiting = queries.with_waiting(connection)
    if wanted.surveys is not None:
        waiting &= set(wanted.surveys)
    return msgspec.structs.replace(wanted, surveys=allowed), tuple(sorted(hidden | waiting))


def _comments(
    connection: sa.Connection, found: Sequence[tuple[Said, Reading]], kept: Kept | None
) -> list[Comment]:
    named = [said for said, _ in found if kept is None or kept.get(said.survey, "anonymous") != "anonymous"]
    scores = queries.scores(connection, {said.response for said in named})
    labels = theme_queries.labels_of(connection, [said.fact for said, _ in found])
    known = {said.fact for said in named}
    made = []
    for said, reading in found:
        metric, value = scores.get(said.response, ("", None)) if said.fact in known else ("", None)
        shown = said if kept is None or kept.get(said.survey) == "none" else _unnamed(said)
        if said.fact not in known:
            shown = msgspec.structs.replace(shown, fact=0)
        made.append(
            Comment(
                said=shown,
                place=Place(at=said.at, response=said.response, question=said.question),
                reading=reading,
                metric=metric,
                value=value,
                labels=labels.get(said.fact, {}),
            )
        )
    return made


def _unnamed(said: Said) -> Said:
    return msgspec.structs.replace(said, subject=0, response="")

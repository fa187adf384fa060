"""Keeps surveys: drafts and versions, whether they ask at present, and what they promised."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.feedback import checking, queries
from beleef.feedback.model import Problem, State, StoredSurvey, Survey, Version
from beleef.feedback.notation import from_data
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.ui.words import N_


class SurveyBook:
    """Keeps surveys.

    Args:
        audiences: Who is a member.
    """

    def __init__(self, audiences: Audiences) -> None:
        self._audiences = audiences

    def surveys(self, connection: sa.Connection) -> list[StoredSurvey]:
        """Return all surveys by name."""
        return queries.stored(connection)

    def survey(self, connection: sa.Connection, name: str) -> StoredSurvey:
        """Return a survey.

        Raises:
            NotFound: there is no such survey.
        """
        found = queries.stored(connection, name)
        if not found:
            raise NotFound(f"There is no survey {name!r}.", hint="Look at the list of surveys.")
        return found[0]

    def versions(self, connection: sa.Connection, name: str) -> list[Version]:
        """Return the published versions of a survey, latest first.

        Raises:
            NotFound: there is no such survey.
        """
        found = queries.versions(connection, [self.survey(connection, name).number])
        return [found[key] for key in sorted(found, reverse=True)]

    def version(self, connection: sa.Connection, name: str, number: int) -> Version:
        """Return a published version, as it will always be.

        Raises:
            NotFound: there is none of that number.
        """
        found = queries.version(connection, name, number)
        if found is None:
            raise NotFound(f"The survey {name!r} has no version {number}.", hint="Look at its versions.")
        return found

    def save(self, connection: sa.Connection, survey: Survey | Mapping[str, Any], now: int) -> StoredSurvey:
        """Save a survey's draft, new or changed; whoever answers notices nothing until it is published.

        Raises:
            InvalidInput: it cannot be read, or things share an id; code ``invalid_survey``. What else keeps it from being
                published ``check`` says: a draft grows step by step.
            Conflict: it changes what was promised about anonymity, and somebody answered already; code ``promise_given``.
        """
        new = survey if isinstance(survey, Survey) else from_data(survey)
        checking.must_be_keepable(new)
        known = queries.stored(connection, new.name)
        if known and known[0].has_answers:
            _must_keep_its_promise(known[0].published or known[0].survey, new)
        queries.save(connection, new, now)
        queries.note_change(connection)
        return self.survey(connection, new.name)

    def check(self, connection: sa.Connection, survey: Survey) -> tuple[Problem, ...]:
        """Return what keeps a survey from being published, and what deserves a second look."""
        found = checking.problems(survey)
        audience = survey.eligibility.audience
        if audience and audience not in self._audiences.sizes(connection):
            message = N_("There is no audience “%(audience)s”.")
            missing = Problem(place="eligibility.audience", message=message, values={"audience": audience})
            found = (*found, missing)
        return found

    def publish(self, connection: sa.Connection, name: str, now: int) -> StoredSurvey:
        """Put the draft in force as a new version, which never changes; from then on it asks.

        Raises:
            NotFound: there is no such survey.
            InvalidInput: something keeps it from being published; the message says what.
        """
        stored = self.survey(connection, name)
        wrong = [one for one in self.check(connection, stored.survey) if one.is_error]
        if wrong:
            raise InvalidInput(
                f"{wrong[0].place}: {wrong[0].message % wrong[0].values}",
                hint="Mend it, and publish then.",
                code="invalid_survey",
            )
        number, version = stored.number, stored.version
        if stored.is_changed:
            version = max((key[1] for key in queries.versions(connection, [number])), default=0) + 1
            queries.add_version(connection, number, version, stored.survey, now)
        since = stored.active_from if stored.state in {"active", "paused"} else now
        queries.set_state(connection, number, "active", version=version, active_from=since)
        queries.note_change(connection)
        return self.survey(connection, name)

    def pause(self, connection: sa.Connection, name: str) -> StoredSurvey:
        """Ask nobody for a while; who was asked may still answer.

        Raises:
            NotFound, Conflict: there is no such survey, or it does not ask.
        """
        return self._move(connection, name, "active", "paused")

    def resume(self, connection: sa.Connection, name: str) -> StoredSurvey:
        """Ask again.

        Raises:
            NotFound, Conflict: there is no such survey, or it is not paused.
        """
        return self._move(connection, name, "paused", "active")

    def close(self, connection: sa.Connection, name: str) -> StoredSurvey:
        """Take no more answers; it can be published again.

        Raises:
            NotFound, Conflict: there is no such survey, or it was never published.
        """
        stored = self.survey(connection, name)
        return self._move(connection, name, "paused" if stored.state == "paused" else "active", "closed")

    def _move(self, connection: sa.Connection, name: str, before: State, after: State) -> StoredSurvey:
        stored = self.survey(connection, name)
        if stored.state != before:
            raise Conflict(
                f"The survey {name!r} is {stored.state}.", hint="Look at its page: it may have changed."
            )
        queries.set_state(connection, stored.number, after)
        queries.note_change(connection)
        return self.survey(connection, name)

    def delete(self, connection: sa.Connection, name: str) -> None:
        """Remove a survey that nobody answered.

        Raises:
            NotFound, Conflict: there is no such survey, or somebody answered it, or it asks.
        """
        stored = self.survey(connection, name)
        if stored.state == "active" or stored.has_answers:
            raise Conflict(
                f"The survey {name!r} has answers, or asks at present.",
                hint="Close it: what people said stays.",
            )
        queries.delete(connection, stored.number)
        queries.note_change(connection)


def _must_keep_its_promise(known: Survey, new: Survey) -> None:
    promised = ("anonymity", "threshold", "comments_threshold", "group_by")
    if any(getattr(known, name) != getattr(new, name) for name in promised):
        raise Conflict(
            "People answered already, with a promise about anonymity.",
            hint="Make a new survey for another promise.",
            code="promise_given",
        )

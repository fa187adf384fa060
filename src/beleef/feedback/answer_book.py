"""Answers as others may see them: counted, one by one, what was written, and as files; each within what the survey promised."""

from collections.abc import Callable, Collection, Iterator, Sequence

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.feedback import answer_queries, count_queries, exporting, invitation_queries, queries
from beleef.feedback.keeping import SurveyBook
from beleef.feedback.model import Counted, Filter, Given, GroupBy, Invitation, Progress, Response, Survey
from beleef.kernel.errors import NotAllowed

Departments = Callable[[sa.Connection], Callable[[str], str]]
"""Reads which department each touchpoint belongs to; returns names, empty for none."""


class AnswerBook(SurveyBook):
    """Keeps surveys, and shows their answers.

    Args:
        audiences: Who is a member.
        departments: Which department each touchpoint belongs to.
    """

    def __init__(self, audiences: Audiences, departments: Departments) -> None:
        super().__init__(audiences)
        self._departments = departments

    def department_of(self, connection: sa.Connection) -> Callable[[str], str]:
        """Return what gives the department of a touchpoint; empty for none."""
        return self._departments(connection)

    def counts(
        self,
        connection: sa.Connection,
        name: str,
        question: str,
        *,
        by: GroupBy | None = None,
        where: Filter = Filter(),  # noqa: B008 -- it is frozen
    ) -> Counted:
        """Return answers to a question counted; those of an anonymous survey in sealed groups only.

        Args:
            connection: To read from.
            name: The survey.
            question: The question's id.
            by: What to tell apart; None for nothing. Departments are told apart by the touchpoints that are theirs now.
            where: Which answers.

        Raises:
            InvalidInput: an anonymous survey cannot be told apart by that; code ``anonymous``.
        """
        if by == "department":
            touched = self.counts(connection, name, question, by="touchpoint", where=where)
            return exporting.in_departments(touched, self._departments(connection))
        survey = self._promise(connection, name)
        if survey is None or survey.anonymity != "anonymous":
            groups = count_queries.counts(connection, name, question, by, where)
            return Counted(groups=tuple(groups))
        return exporting.sealed_counts(connection, survey, question, by, where)

    def progress(
        self,
        connection: sa.Connection,
        name: str,
        where: Filter = Filter(),  # noqa: B008
    ) -> Progress:
        """Return how many responses there are and how far they came.

        Raises:
            InvalidInput: an anonymous survey is counted as a whole only; code ``anonymous``.
        """
        survey = self._promise(connection, name)
        is_anonymous = survey is not None and survey.anonymity == "anonymous"
        if is_anonymous and (where.months != ("", "") or answer_queries.is_finer_than_months(where)):
            raise exporting.told_apart("how far responses came")
        return count_queries.progress(connection, name, where, is_anonymous=is_anonymous)

    def responses(
        self,
        connection: sa.Connection,
        name: str,
        *,
        where: Filter = Filter(),  # noqa: B008
        before: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[Response]:
        """Return single responses, latest first, before ``(started_at, id)`` of the last of the page before.

        Raises:
            NotAllowed: the survey is anonymous; code ``anonymous``.
        """
        self._must_be_single(connection, name)
        return answer_queries.responses(connection, survey=name, where=where, before=before, limit=limit)

    def answers(self, connection: sa.Connection, responses: Collection[str]) -> dict[str, list[Given]]:
        """Return the answers of single responses; those of anonymous surveys have none."""
        found: dict[str, list[Given]] = {one: [] for one in responses}
        for one in answer_queries.answers_of(connection, responses):
            found[one.response].append(one)
        return found

    def texts(
        self,
        connection: sa.Connection,
        name: str = "",
        *,
        where: Filter = Filter(),  # noqa: B008
        before: int | None = None,
        limit: int = 50,
    ) -> list[Given]:
        """Return what people wrote, below the number ``before``: anonymous comments among enough others only, by whole months."""
        return answer_queries.texts(connection, name, where, before, limit)

    def table(
        self,
        connection: sa.Connection,
        name: str,
        questions: Sequence[str],
        where: Filter = Filter(),  # noqa: B008
    ) -> list[tuple[float | None, ...]]:
        """Return one row per response with the numbers it gave to questions (``question.row`` for a matrix): for key drivers.

        Raises:
            NotAllowed: the survey is anonymous; code ``anonymous``.
        """
        self._must_be_single(connection, name)
        return exporting.table(connection, name, questions, where)

    def export_csv(
        self,
        connection: sa.Connection,
        name: str,
        where: Filter = Filter(),  # noqa: B008
    ) -> Iterator[str]:
        """Yield the answers as lines of CSV, one per answer; of an anonymous survey the counts of sealed groups and comments.

        Raises:
            NotFound: there is no such survey.
        """
        survey = self.survey(connection, name)
        return exporting.csv_lines(connection, survey.published or survey.survey, where)

    def of_person(
        self, connection: sa.Connection, subjects: Collection[int], *, limit: int = 100
    ) -> tuple[list[Response], list[Invitation]]:
        """Return what a person answered by name, and when they were asked or why not."""
        responses = answer_queries.responses(connection, subjects=subjects, limit=limit)
        invitations = invitation_queries.listed(
            connection, subjects=[one for one in subjects if one], limit=limit
        )
        return responses, invitations

    def strata(self, connection: sa.Connection, name: str) -> dict[str, tuple[int, int]]:
        """Return by stratum how many people could be asked and how many answered to the end: what weighting needs."""
        return invitation_queries.strata(connection, self.survey(connection, name).number)

    def _promise(self, connection: sa.Connection, name: str) -> Survey | None:
        found = queries.stored(connection, name)
        return (found[0].published or found[0].survey) if found else None

    def _must_be_single(self, connection: sa.Connection, name: str) -> None:
        survey = self._promise(connection, name)
        if survey is not None and survey.anonymity == "anonymous":
            raise NotAllowed(
                "This survey promised that nobody looks at single answers.",
                hint="Look at its figures, and at comments once there are enough.",
                code="anonymous",
            )

"""What others may ask of feedback: keep surveys, let somebody answer, say what they answered, see who was asked, and count answers.

Methods that write need a write connection. Everything that reads answers keeps what the survey promised about anonymity.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.contact.api import Contact
from beleef.content.api import person_variables
from beleef.feedback import (
    answer_queries,
    count_queries,
    exporting,
    invitation_queries,
    onsite,
    queries,
    recording,
    telling,
    wishing,
)
from beleef.feedback.answering import (
    THANKS,
    ending,
    fill,
    holds,
    key_of,
    keyed,
    next_place,
    order_of,
    path,
    piping,
    reachable,
    shown,
    validate,
)
from beleef.feedback.inviting import KEY, MESSAGE, REMINDER, TRAP, variables_of
from beleef.feedback.keeping import SurveyBook
from beleef.feedback.links import FirstAnswer, OpenLink, SurveyLinks
from beleef.feedback.model import (
    DELIVERIES,
    GROUPS,
    OPERATORS,
    OTHER,
    QUESTION_KINDS,
    SCALES,
    AfterFact,
    Answer,
    Asked,
    Block,
    Condition,
    Counted,
    Delivery,
    Eligibility,
    Ending,
    Filter,
    Given,
    Group,
    GroupBy,
    Invitation,
    InvitationText,
    Jump,
    Kind,
    Moment,
    Option,
    Piping,
    Problem,
    Progress,
    Question,
    Refused,
    Response,
    Sampling,
    Sitting,
    Spread,
    State,
    StoredSurvey,
    Strata,
    Survey,
    Validated,
    Version,
    Where,
    Widget,
    said,
)
from beleef.feedback.notation import from_data, surveys_from_yaml, surveys_to_yaml, to_data
from beleef.feedback.recording import quality_of
from beleef.feedback.telling import Said
from beleef.feedback.uploads import erase_uploads, uploads_of
from beleef.feedback.wording import reason_text
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import DAY
from beleef.kernel.errors import NotAllowed
from beleef.profiles.api import Profiles

__all__ = [
    "DELIVERIES",
    "GROUPS",
    "KEY",
    "MESSAGE",
    "OPERATORS",
    "OTHER",
    "QUESTION_KINDS",
    "REMINDER",
    "SCALES",
    "THANKS",
    "TRAP",
    "AfterFact",
    "Answer",
    "Asked",
    "Block",
    "Condition",
    "Counted",
    "Delivery",
    "Eligibility",
    "Ending",
    "Feedback",
    "Filter",
    "FirstAnswer",
    "Given",
    "Group",
    "GroupBy",
    "Invitation",
    "InvitationText",
    "Jump",
    "Kind",
    "Moment",
    "OpenLink",
    "Option",
    "Piping",
    "Problem",
    "Progress",
    "Question",
    "Refused",
    "Response",
    "Sampling",
    "Sitting",
    "Spread",
    "State",
    "StoredSurvey",
    "Strata",
    "Survey",
    "SurveyLinks",
    "Validated",
    "Version",
    "Where",
    "Widget",
    "ending",
    "erase_uploads",
    "fill",
    "from_data",
    "holds",
    "key_of",
    "keyed",
    "next_place",
    "order_of",
    "path",
    "piping",
    "quality_of",
    "reachable",
    "reason_text",
    "said",
    "shown",
    "surveys_from_yaml",
    "surveys_to_yaml",
    "to_data",
    "uploads_of",
    "validate",
    "variables_of",
]


Departments = Callable[[sa.Connection], Callable[[str], str]]
"""Reads which department each touchpoint belongs to; returns names, empty for none."""


class Feedback(SurveyBook):
    """Keeps surveys, their invitations and their answers.

    Args:
        audiences: Who is a member.
        contact: The contact gate.
        profiles: What is known of people.
        departments: Which department each touchpoint belongs to.
        key: The installation's key.
    """

    def __init__(
        self,
        *,
        audiences: Audiences,
        contact: Contact,
        profiles: Profiles,
        departments: Departments,
        key: bytes,
    ) -> None:
        super().__init__(audiences)
        self._departments = departments
        self._contact = contact
        self._profiles = profiles
        self._key = key

    # Answering

    def sitting(
        self, connection: sa.Connection, invitation: int, delivery: Delivery, language: str, now: int
    ) -> Sitting:
        """Return the sitting of an invited person: the same response each time, so that they go on where they stopped.

        An anonymous survey has a new response each time, and its answers are told when it is finished only.

        Raises:
            NotFound: there is no such invitation; code ``unknown_link``.
            Conflict: it is over; code ``survey_expired``, ``survey_finished`` or ``survey_closed``.
        """
        return recording.sitting(connection, self._key, invitation, delivery, language, now)

    def open_sitting(
        self,
        connection: sa.Connection,
        name: str,
        delivery: Delivery,
        language: str,
        *,
        touchpoint: str = "",
        hidden: Mapping[str, str] | None = None,
        response: str = "",
    ) -> Sitting:
        """Return the sitting of somebody who came by themselves.

        Args:
            connection: To read from.
            name: The survey.
            delivery: How they came.
            language: In which language.
            touchpoint: Where the link hangs; empty for the survey's own.
            hidden: What the address says along; names that the survey does not know are left out.
            response: Number of a response begun earlier; empty for a new one.

        Raises:
            NotFound: there is no such survey.
            Conflict: it takes no answers; code ``survey_closed``.
        """
        stored = self.survey(connection, name)
        return recording.open_sitting(
            stored, delivery, language, touchpoint=touchpoint, hidden=hidden or {}, response=response
        )

    def given(self, connection: sa.Connection, sitting: Sitting) -> dict[str, Answer]:
        """Return what was answered so far, by field; nothing for an anonymous survey."""
        return keyed(one.answer for one in answer_queries.answers_of(connection, [sitting.response]))

    def is_recorded_by_page(self, survey: Survey) -> bool:
        """Return whether answers are told page by page; those of an anonymous survey are told at the end, all at once."""
        return survey.anonymity != "anonymous"

    def messages(
        self,
        connection: sa.Connection,
        sitting: Sitting,
        answers: Iterable[Answer],
        *,
        now: int,
        revision: int = 0,
        ms: Mapping[str, int] | None = None,
        confirmed: bool = True,
        quality: Sequence[str] = (),
        cleared: Collection[str] = (),
        earlier: Iterable[Answer] = (),
    ) -> list[dict[str, Any]]:
        """Return the messages that say what was answered, for ``OwnFacts``: personal data is taken out of what was written.

        Args:
            connection: To read from.
            sitting: Whose answers.
            answers: Accepted ones.
            now: The moment.
            revision: How often the sitting was recorded before: the same answer of the same revision is one message.
            ms: By question, how long it took, in milliseconds.
            confirmed: Whether they meant it, and did not only follow a link.
            quality: Flags.
            cleared: Fields whose answer was taken back.
            earlier: What was answered on other pages: it goes along with a wish to be contacted where that was agreed to.

        Raises:
            NotFound: there is no such version.
        """
        survey = self.version(connection, sitting.survey, sitting.version).definition
        person, accepted = self._invited(connection, sitting.came_by), list(answers)
        names = self._names(connection, person, now)
        clean, sentiments = recording.redacted(accepted, survey, sitting, names)
        told = telling.answered(
            sitting,
            survey,
            clean,
            recording.who(sitting, person),
            now=now,
            revision=revision,
            ms=ms or {},
            confirmed=confirmed,
            quality=quality,
            sentiments=sentiments,
        )
        told += wishing.wishes(
            sitting,
            survey,
            accepted,
            list(earlier),
            lambda some: recording.redacted(some, survey, sitting, names)[0],
            {} if person is None else identity.naming(person),
            now=now,
            quality=quality,
            key=self._key,
        )
        return told + telling.withdrawn(
            sitting, survey, cleared, recording.who(sitting, person), now=now, revision=revision
        )

    def completed(
        self,
        connection: sa.Connection,
        sitting: Sitting,
        *,
        now: int,
        quality: Sequence[str] = (),
        answers: Iterable[Answer] = (),
        ms: Mapping[str, int] | None = None,
        revision: int = 0,
    ) -> list[dict[str, Any]]:
        """Return the messages that say that it is finished, with the answers that were not told before.

        Raises:
            NotFound: there is no such version.
        """
        survey = self.version(connection, sitting.survey, sitting.version).definition
        person = self._invited(connection, sitting.came_by)
        told = self.messages(connection, sitting, answers, now=now, revision=revision, ms=ms, quality=quality)
        return told + telling.completed(
            sitting, survey, recording.who(sitting, person), now=now, quality=quality
        )

    def happened(
        self, connection: sa.Connection, sitting: Sitting, event: Said, *, now: int
    ) -> list[dict[str, Any]]:
        """Return the message that says that a survey was shown or opened; none where nobody may know by whom."""
        person = self._invited(connection, sitting.came_by)
        if not sitting.is_personal or person is None:
            return []
        return telling.happened(sitting, event, recording.who(sitting, person), now=now)

    def note_started(self, connection: sa.Connection, invitation: int, now: int) -> None:
        """Note that the first answer to an invitation came; where nobody may know whose it is, the day only."""
        invitation_queries.note_started(connection, invitation, self._moment(connection, invitation, now))

    def note_finished(self, connection: sa.Connection, invitation: int, now: int) -> bool:
        """Note that an invitation was answered to the end; return whether it was not before: an answer counts once."""
        moment = self._moment(connection, invitation, now)
        return invitation_queries.note_finished(connection, invitation, moment)

    def _moment(self, connection: sa.Connection, invitation: int, now: int) -> int:
        found = invitation_queries.invitation(connection, invitation)
        if found is None:
            raise recording.unknown_link()
        survey = self.version(connection, found.survey, found.version).definition
        return now if survey.anonymity == "none" else now // DAY * DAY

    def person_words(self, connection: sa.Connection, invitation: int, now: int) -> dict[str, Any]:
        """Return what texts may say of an invited person (``person.first_name``); nothing for an open link."""
        person = self._invited(connection, invitation)
        if person is None:
            return {}
        profile = self._profiles.profile(connection, person.subjects, now)
        known = person_variables(profile, (), person.identifiers)["person"]
        return dict(known)

    def _invited(self, connection: sa.Connection, invitation: int) -> Person | None:
        found = invitation_queries.invitation(connection, invitation) if invitation else None
        if found is None or not found.subject:
            return None
        number = identity.persons_of(connection, [found.subject])[found.subject]
        return identity.person(connection, number)

    def _names(self, connection: sa.Connection, person: Person | None, now: int) -> tuple[str, ...]:
        if person is None:
            return ()
        profile = self._profiles.profile(connection, person.subjects, now)
        known = person_variables(profile, (), person.identifiers)["person"]
        return tuple(str(known[name]) for name in ("first_name", "last_name", "name") if known.get(name))

    # Who is asked

    def refused_on_site(
        self, connection: sa.Connection, surveys: Sequence[Survey], person: Person, now: int
    ) -> dict[str, str]:
        """Return by survey why the widget does not ask a known visitor by itself; see ``onsite.refusals``."""
        return onsite.refusals(
            connection,
            self._contact,
            surveys,
            person,
            kinds={one.survey.name: one.survey.kind for one in self.surveys(connection)},
            memberships=self._audiences.memberships(connection, [person.number]).get(
                person.number, frozenset()
            ),
            key=self._key,
            now=now,
        )

    def invitation(self, connection: sa.Connection, number: int) -> Invitation:
        """Return an invitation.

        Raises:
            NotFound: there is none of that number; code ``unknown_link``.
        """
        found = invitation_queries.invitation(connection, number)
        if found is None:
            raise recording.unknown_link()
        return found

    def asked(
        self, connection: sa.Connection, name: str, *, since: int = 0, until: int | None = None
    ) -> Asked:
        """Return what became of everybody who could be asked, with the reasons of those who were not."""
        return invitation_queries.counted(connection, self.survey(connection, name).number, since, until)

    def invitations(
        self,
        connection: sa.Connection,
        name: str,
        *,
        state: str = "",
        reason: str = "",
        before: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> list[Invitation]:
        """Return occasions, latest due first, before ``(due_at, number)`` of the last of the page before."""
        number = self.survey(connection, name).number
        return invitation_queries.listed(
            connection, survey=number, state=state, reason=reason, before=before, limit=limit
        )

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

    # Answers

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

    def forget(self, connection: sa.Connection, subjects: Collection[int]) -> None:
        """Remove what is personal about an erased person; what their answers counted stays, and belongs to nobody.

        Args:
            connection: Inside a write transaction.
            subjects: All of the person's.
        """
        count_queries.keep_remains(connection, subjects)
        answer_queries.forget(connection, subjects)
        invitation_queries.forget(connection, subjects)

    def invitation_number(self, occasion: str) -> int:
        """Return the number that the invitation of an occasion has, e.g. ``orders:fact:123``."""
        return ids.subject_id(self._key, "survey-invitation", occasion)

"""What others may ask of feedback: keep surveys, let somebody answer, say what they answered, see who was asked, and count answers.

Methods that write need a write connection. Everything that reads answers keeps what the survey promised about anonymity.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.contact.api import Contact
from beleef.feedback import (
    answer_queries,
    bringing_in,
    count_queries,
    invitation_queries,
    onsite,
    recording,
    telling,
    wishing,
)
from beleef.feedback.answer_book import AnswerBook, Departments
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
)
from beleef.feedback.bringing_in import Brought, File, LineProblem
from beleef.feedback.inviting import KEY, MESSAGE, REMINDER, TRAP, variables_of
from beleef.feedback.links import FirstAnswer, OpenLink, SurveyLinks, unknown_link
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
from beleef.feedback.recording import Respondent, newcomer, quality_of
from beleef.feedback.telling import Said
from beleef.feedback.uploads import erase_uploads, uploads_of
from beleef.feedback.validating import validate
from beleef.feedback.wording import reason_text
from beleef.identity.api import Person
from beleef.kernel import ids
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
    "Brought",
    "Condition",
    "Counted",
    "Delivery",
    "Eligibility",
    "Ending",
    "Feedback",
    "File",
    "Filter",
    "FirstAnswer",
    "Given",
    "Group",
    "GroupBy",
    "Invitation",
    "InvitationText",
    "Jump",
    "Kind",
    "LineProblem",
    "Moment",
    "OpenLink",
    "Option",
    "Piping",
    "Problem",
    "Progress",
    "Question",
    "Refused",
    "Respondent",
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
    "newcomer",
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


class Feedback(AnswerBook):
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
        super().__init__(audiences, departments)
        self._contact = contact
        self._profiles = profiles
        self._key = key

    # Answering

    def respondent(
        self, connection: sa.Connection, invitation: int, delivery: Delivery, language: str, now: int
    ) -> Respondent:
        """Return an invited person: with the same response each time, so that they go on where they stopped.

        An anonymous survey has a new response each time, and its answers are told when it is finished only.

        Raises:
            NotFound: there is no such invitation; code ``unknown_link``.
            Conflict: it is over; code ``survey_expired``, ``survey_finished`` or ``survey_closed``.
        """
        found = recording.invited(connection, self._profiles, self._key, invitation, delivery, language, now)
        return found.with_kept(connection, found.sitting.response)

    def is_recorded_by_page(self, survey: Survey) -> bool:
        """Return whether answers are told page by page; those of an anonymous survey are told at the end, all at once."""
        return survey.anonymity != "anonymous"

    def messages(
        self,
        respondent: Respondent,
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
            respondent: Who answers.
            answers: Accepted ones.
            now: The moment.
            revision: How often the sitting was recorded before: the same answer of the same revision is one message.
            ms: By question, how long it took, in milliseconds.
            confirmed: Whether they meant it, and did not only follow a link.
            quality: Flags.
            cleared: Fields whose answer was taken back.
            earlier: What was answered on other pages: it goes along with a wish to be contacted where that was agreed to.
        """
        survey, sitting, accepted = respondent.survey, respondent.sitting, list(answers)
        clean, sentiments = recording.redacted(accepted, respondent)
        told = telling.answered(
            sitting,
            survey,
            clean,
            respondent.who,
            now=now,
            revision=revision,
            ms=ms or {},
            confirmed=confirmed,
            quality=quality,
            sentiments=sentiments,
            kept=respondent.kept,
        )
        told += wishing.wishes(
            sitting,
            survey,
            accepted,
            list(earlier),
            lambda some: recording.redacted(some, respondent)[0],
            respondent.naming,
            now=now,
            quality=quality,
            key=self._key,
        )
        return told + telling.withdrawn(
            sitting, survey, cleared, respondent.who, now=now, revision=revision, kept=respondent.kept
        )

    def completed(
        self,
        respondent: Respondent,
        *,
        now: int,
        quality: Sequence[str] = (),
        answers: Iterable[Answer] = (),
        ms: Mapping[str, int] | None = None,
        revision: int = 0,
    ) -> list[dict[str, Any]]:
        """Return the messages that say that it is finished, with the answers that were not told before."""
        told = self.messages(respondent, answers, now=now, revision=revision, ms=ms, quality=quality)
        return told + telling.completed(
            respondent.sitting, respondent.survey, respondent.who, now=now, quality=quality
        )

    def happened(self, respondent: Respondent, event: Said, *, now: int) -> list[dict[str, Any]]:
        """Return the message that says that a survey was shown or opened; none where nobody may know by whom."""
        is_nobodys = respondent.sitting.came_by and not respondent.naming
        if respondent.survey.anonymity != "none" or is_nobodys:
            return []
        return telling.happened(respondent.sitting, event, respondent.who, now=now)

    def scanned(self, respondent: Respondent, *, now: int) -> list[dict[str, Any]]:
        """Return the message that says that a program followed the links of an invitation."""
        return telling.scanned(respondent.sitting, respondent.survey, respondent.who, now=now)

    def note_started(self, connection: sa.Connection, respondent: Respondent, now: int) -> None:
        """Note that the first answer to an invitation came; where nobody may know whose it is, the day only."""
        if not respondent.has_started:
            moment = respondent.moment(now)
            invitation_queries.note_started(connection, respondent.sitting.came_by, moment)

    def note_finished(
        self, connection: sa.Connection, respondents: Iterable[Respondent], now: int
    ) -> set[int]:
        """Note that invitations were answered to the end; return those that were not before: an answer counts once."""
        by_moment: dict[int, list[int]] = {}
        for one in respondents:
            by_moment.setdefault(one.moment(now), []).append(one.sitting.came_by)
        finished = (
            invitation_queries.note_finished(connection, numbers, moment)
            for moment, numbers in by_moment.items()
        )
        return set().union(*finished)

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
            raise unknown_link()
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

    # Answers that were given elsewhere

    def read_file(self, stored: StoredSurvey, text: str, now: int) -> File:
        """Return what a CSV file says about a survey that was published; see ``bringing_in.read_file``.

        Raises:
            InvalidInput: it is no such file.
        """
        survey = stored.published or stored.survey
        return bringing_in.read_file(text, survey, stored.version, key=self._key, now=now)

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

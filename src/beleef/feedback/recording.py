"""What happens when somebody answers: whose sitting it is, what is taken out of what they wrote, and to whom the answers belong.

What a survey promised decides: by name, the answers are the invited person's; else they are nobody's from the first moment.
"""

import statistics
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.content.api import person_variables
from beleef.feedback import answer_queries, invitation_queries, queries
from beleef.feedback.answer_queries import Kept
from beleef.feedback.answering import key_of
from beleef.feedback.invitation_queries import Invited
from beleef.feedback.links import unknown_link
from beleef.feedback.model import Answer, Delivery, Sitting, StoredSurvey, Survey
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, NotFound
from beleef.profiles.api import Profiles

_WRITTEN: Final = frozenset({"open", "one", "many"})
_FASTEST_MS, _LEAST_TIMED, _LEAST_ROWS = 700, 4, 4
_LONGEST_HIDDEN: Final = 200
_NAMES: Final = ("first_name", "last_name", "name")


class Respondent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers, as read once for all that one request has to know of them.

    Attributes:
        survey: The version they answer.
        sitting: What all their answers say along.
        naming: The fields of a message that name who was invited, or is signed in; empty for nobody known.
        known: What texts may say of them (``first_name``); empty for nobody known.
        has_started: Whether an answer to their invitation came before.
        kept: What they answered so far, by field; nothing for an anonymous survey.
    """

    survey: Survey
    sitting: Sitting
    naming: dict[str, Any] = {}
    known: dict[str, Any] = {}
    has_started: bool = False
    kept: dict[str, Kept] = {}

    @property
    def who(self) -> dict[str, Any]:
        """Return the fields that say whose the answers are; none where they are nobody's."""
        return self.naming if self.sitting.is_personal else {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return what they are called, which is taken out of what they write."""
        return tuple(str(self.known[name]) for name in _NAMES if self.known.get(name))

    def with_kept(self, connection: sa.Connection, response: str) -> "Respondent":
        """Return them with what was answered so far under the number of a response."""
        if self.survey.anonymity == "anonymous":
            return self
        kept = {key_of(one.answer): one for one in answer_queries.kept(connection, response)}
        return msgspec.structs.replace(self, kept=kept)

    def moment(self, now: int) -> int:
        """Return the moment that may be kept of what they do: where nobody may know whose it is, the day only."""
        return now if self.survey.anonymity == "none" else now // DAY * DAY


def invited(
    connection: sa.Connection,
    profiles: Profiles,
    key: bytes,
    number: int,
    delivery: Delivery,
    language: str,
    now: int,
) -> Respondent:
    """Return an invited person; see ``Feedback.respondent``."""
    found = invitation_queries.invited(connection, number)
    if found is None or found.state != "asked":
        raise unknown_link()
    if found.survey_state == "closed":
        raise _over("survey_closed", "This survey is closed.")
    if found.finished_at is not None:
        raise _over("survey_finished", "You answered this survey already. Thank you.")
    if found.expires_at is not None and found.expires_at <= now:
        raise _over("survey_expired", "This link does not work any more: the survey is over.")
    if found.definition is None:
        raise NotFound("This survey is not there any more.", hint="Ask who invited you.")
    survey = queries.decode(found.definition)
    person = identity.person(connection, found.subject) if found.subject else None
    return Respondent(
        survey=survey,
        sitting=_sitting(found, survey, key, number, delivery, language),
        naming={} if person is None else identity.naming(person),
        known={} if person is None else _known(connection, profiles, person, now),
        has_started=found.started_at is not None,
    )


def _known(connection: sa.Connection, profiles: Profiles, person: Person, now: int) -> dict[str, Any]:
    profile = profiles.profile(connection, person.subjects, now)
    return dict(person_variables(profile, (), person.identifiers)["person"])


def _sitting(
    found: Invited, survey: Survey, key: bytes, number: int, delivery: Delivery, language: str
) -> Sitting:
    is_personal = survey.anonymity == "none"
    return Sitting(
        survey=found.survey,
        version=found.version,
        response=_response_of(survey, key, number),
        delivery=delivery,
        language=_language(survey, language),
        invitation=number if is_personal else 0,
        came_by=number,
        touchpoint=found.touchpoint,
        product=found.product if is_personal or survey.group_by == "product" else "",
        stratum=found.stratum if is_personal or survey.group_by == "stratum" else "",
        campaign=found.campaign if is_personal else "",
        is_personal=is_personal,
    )


def _response_of(survey: Survey, key: bytes, invitation: int) -> str:
    if survey.anonymity == "none":
        return ids.to_text(invitation)
    if survey.anonymity == "pseudonymous":
        # Without the key nobody can tell which invitation it came from.
        return ids.to_text(ids.subject_id(key, "survey-pseudonym", ids.to_text(invitation)))
    return ids.new_secret()


def newcomer(
    stored: StoredSurvey,
    delivery: Delivery,
    language: str,
    *,
    touchpoint: str = "",
    hidden: Mapping[str, str] | None = None,
    response: str = "",
) -> Respondent:
    """Return somebody who came by themselves.

    Args:
        stored: The survey.
        delivery: How they came.
        language: In which language.
        touchpoint: Where the link hangs; empty for the survey's own.
        hidden: What the address says along; names that the survey does not know are left out.
        response: Number of a response begun earlier; empty for a new one.

    Raises:
        Conflict: the survey takes no answers; code ``survey_closed``.
    """
    survey = stored.published
    if survey is None or stored.state != "active":
        raise _over("survey_closed", "This survey takes no answers at present.")
    sitting = Sitting(
        survey=survey.name,
        version=stored.version,
        response=response or ids.new_secret(),
        delivery=delivery,
        language=_language(survey, language),
        touchpoint=touchpoint or survey.touchpoint,
        hidden={
            name: value[:_LONGEST_HIDDEN]
            for name, value in (hidden or {}).items()
            if name in survey.hidden and survey.anonymity != "anonymous"
        },
    )
    return Respondent(survey=survey, sitting=sitting)


def _language(survey: Survey, language: str) -> str:
    return language if language in survey.languages else survey.default_language


def _over(code: str, message: str) -> Conflict:
    return Conflict(message, hint="Nothing you have to do.", code=code)


def redacted(answers: Iterable[Answer], respondent: Respondent) -> tuple[list[Answer], dict[str, str]]:
    """Return answers without personal data in what was written, and by question what it sounds like, where the survey asks that.

    Args:
        answers: Accepted ones.
        respondent: Whose; their names are taken out too.
    """
    from beleef.text import api as text  # noqa: PLC0415 -- its words are loaded where somebody writes

    survey, sitting, names = respondent.survey, respondent.sitting, respondent.names
    clean: list[Answer] = []
    sentiments: dict[str, str] = {}
    for one in answers:
        if one.text and one.kind in _WRITTEN:
            written = text.redact(one.text, names).text
            if survey.alarm and one.kind == "open":
                sentiments[one.question] = text.analyse(written, language=sitting.language).sentiment
            clean.append(msgspec.structs.replace(one, text=written))
        elif one.kind == "contact_me" and not sitting.is_personal:
            # How to reach somebody is told apart from what they said: see ``wishing``.
            clean.append(msgspec.structs.replace(one, text="", option=""))
        else:
            clean.append(one)
    return clean, sentiments


def quality_of(survey: Survey, answers: Iterable[Answer], ms: Mapping[str, int]) -> tuple[str, ...]:
    """Return flags that the answers themselves raise.

    ``speeder``: the median time of four or more timed questions is under 0.7 seconds. ``straight_line``: all of four or more
    rows of a matrix have the same answer.
    """
    flags = []
    timed = [ms[name] for name in survey.questions if name in ms]
    if len(timed) >= _LEAST_TIMED and statistics.median(timed) < _FASTEST_MS:
        flags.append("speeder")
    chosen: dict[str, list[str]] = {}
    for one in answers:
        if one.kind == "matrix":
            chosen.setdefault(one.question, []).append(one.option)
    if any(len(rows) >= _LEAST_ROWS and len(set(rows)) == 1 for rows in chosen.values()):
        flags.append("straight_line")
    return tuple(flags)

"""What happens when somebody answers: whose sitting it is, what is taken out of what they wrote, and to whom the answers belong.

What a survey promised decides: by name, the answers are the invited person's; else they are nobody's from the first moment.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.feedback import invitation_queries, queries
from beleef.feedback.links import unknown_link
from beleef.feedback.model import Answer, Delivery, Sitting, StoredSurvey, Survey
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.errors import Conflict, NotFound

__all__ = ["open_sitting", "quality_of", "redacted", "sitting", "unknown_link", "who"]

_WRITTEN: Final = frozenset({"open", "one", "many"})
_FASTEST_MS, _LEAST_TIMED, _LEAST_ROWS = 700, 4, 4
_LONGEST_HIDDEN: Final = 200


def sitting(
    connection: sa.Connection, key: bytes, number: int, delivery: Delivery, language: str, now: int
) -> Sitting:
    """Return the sitting of an invited person; see ``Feedback.sitting``."""
    found = invitation_queries.invitation(connection, number)
    if found is None or found.state != "asked":
        raise unknown_link()
    stored = queries.stored(connection, found.survey)[0]
    if stored.state == "closed":
        raise _over("survey_closed", "This survey is closed.")
    if found.finished_at is not None:
        raise _over("survey_finished", "You answered this survey already. Thank you.")
    if found.expires_at is not None and found.expires_at <= now:
        raise _over("survey_expired", "This link does not work any more: the survey is over.")
    versions = queries.versions(connection, [stored.number])
    version = versions.get((stored.number, found.version))
    if version is None:
        raise NotFound("This survey is not there any more.", hint="Ask who invited you.")
    survey = version.definition
    return Sitting(
        survey=found.survey,
        version=found.version,
        response=_response_of(survey, key, number),
        delivery=delivery,
        language=_language(survey, language),
        invitation=number if survey.anonymity == "none" else 0,
        came_by=number,
        touchpoint=found.touchpoint,
        product=found.product if survey.anonymity == "none" or survey.group_by == "product" else "",
        stratum=found.stratum if survey.anonymity == "none" or survey.group_by == "stratum" else "",
        campaign=found.campaign if survey.anonymity == "none" else "",
        is_personal=survey.anonymity == "none",
    )


def _response_of(survey: Survey, key: bytes, invitation: int) -> str:
    if survey.anonymity == "none":
        return ids.to_text(invitation)
    if survey.anonymity == "pseudonymous":
        # Without the key nobody can tell which invitation it came from.
        return ids.to_text(ids.subject_id(key, "survey-pseudonym", ids.to_text(invitation)))
    return ids.new_secret()


def open_sitting(
    stored: StoredSurvey,
    delivery: Delivery,
    language: str,
    *,
    touchpoint: str,
    hidden: Mapping[str, str],
    response: str,
) -> Sitting:
    """Return the sitting of somebody who came by themselves; see ``Feedback.open_sitting``."""
    survey = stored.published
    if survey is None or stored.state != "active":
        raise _over("survey_closed", "This survey takes no answers at present.")
    return Sitting(
        survey=survey.name,
        version=stored.version,
        response=response or ids.new_secret(),
        delivery=delivery,
        language=_language(survey, language),
        touchpoint=touchpoint or survey.touchpoint,
        hidden={
            name: value[:_LONGEST_HIDDEN]
            for name, value in hidden.items()
            if name in survey.hidden and survey.anonymity != "anonymous"
        },
    )


def _language(survey: Survey, language: str) -> str:
    return language if language in survey.languages else survey.default_language


def _over(code: str, message: str) -> Conflict:
    return Conflict(message, hint="Nothing you have to do.", code=code)


def who(sitting_: Sitting, person: Person | None) -> dict[str, Any]:
    """Return the fields of a message that say whose it is; none where it is nobody's."""
    return identity.naming(person) if sitting_.is_personal and person is not None else {}


def redacted(
    answers: Iterable[Answer], survey: Survey, sitting_: Sitting, names: Sequence[str]
) -> tuple[list[Answer], dict[str, str]]:
    """Return answers without personal data in what was written, and by question what it sounds like, where the survey asks that.

    Args:
        answers: Accepted ones.
        survey: What is answered.
        sitting_: Whose answers.
        names: Names of the person, to be taken out.
    """
    from beleef.text import api as text  # noqa: PLC0415 -- its words are loaded where somebody writes

    clean: list[Answer] = []
    sentiments: dict[str, str] = {}
    for one in answers:
        if one.text and one.kind in _WRITTEN:
            written = text.redact(one.text, names).text
            if survey.alarm and one.kind == "open":
                sentiments[one.question] = text.analyse(written, language=sitting_.language).sentiment
            clean.append(msgspec.structs.replace(one, text=written))
        elif one.kind == "contact_me" and not sitting_.is_personal:
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

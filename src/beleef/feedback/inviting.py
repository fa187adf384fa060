"""Invitations as messages: what goes to the contact gate, and what the message's template may use."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from beleef.contact.api import Circumstances, Intent
from beleef.content.api import person_variables
from beleef.feedback.answering import read
from beleef.feedback.links import SurveyLinks
from beleef.feedback.model import Invitation, Piping, Question, Survey
from beleef.kernel import ids
from beleef.kernel.clock import DAY

KEY: Final = "survey:"
REMINDER: Final = ":reminder"
MESSAGE: Final = "survey-invitation"
"""Name of the library's message for e-mail; for other channels ``-`` and the channel follow."""
TRAP: Final = -1
"""The answer of the link that no reader sees: who follows it is a program."""
_MOST_LINKS: Final = 11


def intent_of(
    one: Invitation, survey: Survey, links: SurveyLinks, now: int, *, is_reminder: bool = False
) -> Intent:
    """Return the message that invites somebody, or reminds them; its key is the invitation, so that it is sent once.

    Args:
        one: The invitation.
        survey: The version that is asked.
        links: Makes its links.
        now: From when it may go out.
        is_reminder: Whether it is the reminder.
    """
    key = f"{KEY}{ids.to_text(one.number)}"
    message = MESSAGE if one.channel == "email" else f"{MESSAGE}-{one.channel}"
    return Intent(
        key=f"{key}{REMINDER}" if is_reminder else key,
        subject=one.subject,
        purpose="survey",
        channel=one.channel,
        topic=survey.topic,
        message=message,
        variables={"survey": variables_of(one, survey, links, is_reminder=is_reminder)},
        campaign=one.campaign,
        step=one.step,
        variant=one.variant,
        fact=one.fact,
        priority=one.priority,
        not_before=now,
        expires_at=one.expires_at or now + survey.open_days * DAY,
        is_reminder=is_reminder or survey.ends_a_loop,
    )


def addressed(intent: Intent, known: Circumstances) -> Intent:
    """Return an invitation whose texts are filled in for the person it goes to, as on the survey's own page."""
    if known.person is None:
        return intent
    person = person_variables(known.profile, (), known.person.identifiers)["person"]
    survey = _read(intent.variables["survey"], Piping(person=person))
    return msgspec.structs.replace(intent, variables={**intent.variables, "survey": survey})


def _read(given: Any, piping: Piping) -> Any:
    match given:
        case str():
            return read(given, piping)
        case Mapping():
            return {name: _read(one, piping) for name, one in given.items()}
        case _:
            return given


def variables_of(one: Invitation, survey: Survey, links: SurveyLinks, *, is_reminder: bool) -> dict[str, Any]:
    """Return what a template may use as ``survey``: texts by language, the personal link, and a link for each first answer."""
    first = next(iter(survey.questions.values()), None)
    return {
        "name": survey.name,
        "title": survey.title,
        "subject": survey.invitation.subject,
        "text": survey.invitation.reminder if is_reminder else survey.invitation.text,
        "is_reminder": is_reminder,
        "anonymity": survey.anonymity,
        "open_days": survey.open_days,
        "language": survey.default_language,
        "touchpoint": one.touchpoint,
        "product": one.product,
        "question": {} if first is None else _asked(first),
        "link": links.personal(one.number),
        "scores": [] if first is None else _scores(one.number, first, links),
        "trap": "" if first is None else links.first_answer(one.number, first.id, TRAP),
    }


def _asked(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "kind": question.kind,
        "text": question.text,
        "low_label": question.low_label,
        "high_label": question.high_label,
    }


def _scores(invitation: int, question: Question, links: SurveyLinks) -> list[dict[str, Any]]:
    """Return a link per answer where the first question is a scale that fits in a mail."""
    lowest, highest = question.scale
    if question.kind not in {"nps", "ces", "csat", "rating"} or lowest is None or highest is None:
        return []
    if highest - lowest >= _MOST_LINKS:
        return []
    return [
        {"value": value, "link": links.first_answer(invitation, question.id, value)}
        for value in range(int(lowest), int(highest) + 1)
    ]

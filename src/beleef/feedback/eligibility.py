"""Who may be asked now, and if not, why: a pure decision from the survey, the occasion and what is known of the person.

The defaults are the customer's peace: 30 days between any two surveys, 90 for the same one, 180 for the relation, 14 after a
complaint was closed and never while one is open, and four a year. A reminder is part of the survey it reminds of, and the question
how a follow-up ended of the one that opened it.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from beleef.feedback.model import Eligibility, Kind, Sampling, Survey
from beleef.kernel.clock import DAY

YEAR: Final = 365 * DAY
_SAME_SURVEY: Final[dict[Kind, int]] = {"relation": 180, "transactional": 90, "open": 90}
_SAME_KIND: Final[dict[Kind, int]] = {"relation": 180, "transactional": 30, "open": 30}


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """That a person was asked a survey before: which, of which kind, and when."""

    survey: str
    kind: Kind
    at: int


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could be asked.

    Attributes:
        number: Number of the invitation: what the random share is drawn by.
        first: Number of the identifier that the person was first met under (``Person.first``): what the hold-out is drawn by.
        at: The moment of asking.
        is_member: Whether they are in the survey's audience.
        has_open_complaint: Whether a complaint of theirs is open.
        complaint_closed_at: When the last one was closed; None for never.
        past: Surveys they were asked.
        refusal: What the contact gate would refuse it for; empty where it would not.
        stratum: Which stratum they are in.
    """

    number: int
    first: int
    at: int
    is_member: bool = True
    has_open_complaint: bool = False
    complaint_closed_at: int | None = None
    past: tuple[Past, ...] = ()
    refusal: str = ""
    stratum: str = ""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How full a survey is: invitations in the quota's days, and by stratum the finished answers (or such to come) in the strata's days."""

    asked: int = 0
    heard: dict[str, int] = {}


def why_not(survey: Survey, occasion: Occasion, room: Room, key: bytes) -> str:
    """Return why somebody is not asked now, as a code; empty where they are.

    Args:
        survey: The version in force.
        occasion: Who, and what is known of them.
        room: How full the survey is.
        key: The installation's key, for draws that nobody can foresee.
    """
    if not occasion.is_member:
        return "not_in_audience"
    if is_held_out(survey, occasion.first, key):
        return "hold_out"
    reason = _peace(survey.eligibility, survey, occasion)
    if reason:
        return reason
    if occasion.refusal:
        return f"gate_{occasion.refusal}"
    return _sampled(survey.sampling, survey, occasion, room, key)


def _peace(rules: Eligibility, survey: Survey, occasion: Occasion) -> str:
    at, past = occasion.at, occasion.past
    if survey.ends_a_loop:
        # The survey that opened the follow-up was days ago: only the question how such a thing ended can come too often.
        past = tuple(one for one in past if one.survey == survey.name)
    closed = occasion.complaint_closed_at
    lately = (
        (
            "same_survey_lately",
            [one.at for one in past if one.survey == survey.name],
            same_survey_days(survey),
        ),
        ("same_kind_lately", [one.at for one in past if one.kind == survey.kind], same_kind_days(survey)),
        ("asked_lately", [one.at for one in past], rules.any_days),
        ("complaint_closed_lately", [] if closed is None else [closed], rules.after_complaint_days),
    )
    if occasion.has_open_complaint:
        return "complaint_open"
    reason = next((why for why, moments, days in lately if _is_within(at, moments, days)), "")
    if not reason and sum(one.at > at - YEAR for one in past) >= rules.a_year:
        return "asked_often"
    return reason


def same_survey_days(survey: Survey) -> int:
    """Return for how many days nobody is asked the same survey again."""
    days = survey.eligibility.same_survey_days
    return _SAME_SURVEY[survey.kind] if days is None else days


def same_kind_days(survey: Survey) -> int:
    """Return for how many days nobody is asked a survey of the same kind again."""
    days = survey.eligibility.same_kind_days
    return _SAME_KIND[survey.kind] if days is None else days


def _is_within(at: int, moments: Iterable[int], days: int) -> bool:
    return any(at < moment + days * DAY for moment in moments)


def _sampled(sampling: Sampling, survey: Survey, occasion: Occasion, room: Room, key: bytes) -> str:
    strata, share = sampling.strata, sampling.share
    if strata is not None:
        share = 1.0 if room.heard.get(occasion.stratum, 0) < strata.least else strata.share
    if draw(key, f"share:{survey.name}", occasion.number) >= share:
        return "not_sampled"
    if sampling.quota and room.asked >= sampling.quota:
        return "quota_full"
    return ""


def is_held_out(survey: Survey, person: int, key: bytes) -> bool:
    """Return whether a person is never asked a survey, to compare with: with a larger hold-out the same and more."""
    return draw(key, f"hold-out:{survey.name}", person) < survey.sampling.hold_out


def draw(key: bytes, what: str, number: int) -> float:
    """Return a draw from 0 up to 1: always the same for one number, and unlike the draws for anything else."""
    digest = hashlib.blake2b(f"{what}:{number}".encode(), digest_size=7, key=key).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def day_in_cycle(key: bytes, survey: str, person: int, days: int) -> int:
    """Return on which day of a cycle of so many days somebody is asked: evenly spread over people, the same in every cycle."""
    return int(draw(key, f"day:{survey}", person) * days)

"""What the demo's customers answer: scores that follow from what happened to them, and comments that say why, in Dutch and English."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from beleef.demo.reactions import chance
from beleef.kernel.clock import DAY, HOUR, MINUTE, to_text

_HERE: Final = Path(__file__).parent
_WRITES: Final = 0.62
"""Share of those who answer that write something too."""
_ENGLISH: Final = 0.18
_MOST_RESPONSES: Final = 2_400
_MOST_ANSWER: Final = 0.6
_ABOUT_ALL: Final = 0.55
_SLOW_REFUNDS: Final = 100 * DAY
"""Since so long before the end refunds take weeks: a theme that grows."""
_TASTES: Final = {"loyal": 0.2, "regular": 0.35, "business": 0.9}
"""By kind of customer, how hard they are to please."""
_EAGER: Final = {"loyal": 1.9, "regular": 1.0, "business": 0.8}
"""By kind of customer, how readily they answer: those who are pleased do, so that answers alone look too good."""
_SENT_BACK: Final = {"delivery": 0.09, "question": 0.2, "purchase": 0.05}
"""By occasion, in which share of them something was sent back."""
_WAYS: Final = (("email", 0.62), ("widget", 0.8), ("qr", 0.9), ("inbox", 1.0))

Setting = dict[str, Any]


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a customer, about which they were asked.

    Attributes:
        user: What the customer is known by; empty for a visitor of the website whom nobody knows.
        naming: The fields of a message that say who it is; empty for nobody.
        group: What kind of customer they are; empty where nobody knows.
        kind: What happened.
        at: When, in microseconds.
        late_days: How many days too late the parcel came.
        solved: Whether the question was answered well.
    """

    user: str
    kind: Literal["delivery", "question", "purchase", "visit"]
    at: int
    late_days: int = 0
    solved: bool = True
    naming: dict[str, Any] = {}
    group: str = ""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How an occasion felt: from 0 (as bad as can be) to 1, and what it was about."""

    mood: float
    subject: str


OWN_THEMES: Final[tuple[Setting, ...]] = (
    {
        "name": "coffee",
        "labels": {"nl": "Koffie", "en": "Coffee"},
        "words": {"nl": ["koffie", "bonen", "espresso*", "branding"], "en": ["coffee", "beans", "roast*"]},
    },
)
"""What people write about this shop that they do not write about every other, as plain data."""


def survey_file() -> str:
    """Return the demo's surveys as the file that ``beleef apply`` takes too."""
    return (_HERE / "surveys.yaml").read_text(encoding="utf-8")


@cache
def _labels() -> dict[tuple[str, str], dict[str, str]]:
    """Return, by survey and language, what its questions that score nothing ask."""
    return {
        (survey["name"], language): {
            question["id"]: question["text"][language]
            for block in survey["blocks"]
            for question in block["questions"]
            if question["id"] not in _SCORES
        }
        for survey in yaml.safe_load(survey_file())["surveys"]
        for language in survey["languages"]
    }


@cache
def _texts() -> dict[str, Setting]:
    found: dict[str, Setting] = yaml.safe_load((_HERE / "comments.yaml").read_text(encoding="utf-8"))
    return found


def answers(occasions: Iterable[Occasion], seed: int, end: int) -> Iterator[dict[str, Any]]:
    """Yield what customers answered about what happened to them, as messages of Beleef's own source.

    The same arguments give the same messages. Most people do not answer; those for whom it went badly do so more often.

    Args:
        occasions: What happened, before ``end``.
        seed: Decides all that chance decides.
        end: No answer comes later than this, in microseconds.
    """
    found = sorted(occasions, key=lambda one: (one.at, one.user, one.kind))
    share = min(_MOST_ANSWER, _MOST_RESPONSES / max(len(found), 1))
    for number, one in enumerate(found):
        felt = feeling(one, seed, slow_refunds=one.at > end - _SLOW_REFUNDS)
        eager = share * eagerness(one.group) * (1.5 if felt.mood < 0.3 else 1.0)
        at = one.at + round((2 + 60 * chance(seed, "when", one.user, one.at) ** 2) * HOUR)
        if chance(seed, "answers", one.user, one.at) < eager and at < end:
            if one.kind != "purchase":
                yield from _response(one, felt, number, at, seed)
            # Who gave no details has no address to be asked at.
            if one.group and chance(seed, "relation", one.user, one.at) < _ABOUT_ALL:
                later = at + round((2 + 20 * chance(seed, "relation-at", one.user, one.at)) * DAY)
                if later < end:
                    yield from _relation(one, felt, number, later, seed)


def eagerness(group: str) -> float:
    """Return how much more than others a kind of customer answers."""
    return _EAGER.get(group, 1.0)


def feeling(one: Occasion, seed: int, *, slow_refunds: bool) -> Scores:
    """Return how an occasion felt, and which part of it decided that.

    Args:
        one: What happened.
        seed: Decides all that chance decides.
        slow_refunds: Whether it happened since refunds take weeks.
    """
    drawn = chance(seed, "mood", one.user, one.at)
    if one.kind == "delivery" and one.late_days:
        return Scores(mood=0.45 * drawn / (1 + one.late_days / 6), subject="delivery")
    if one.kind == "question" and not one.solved:
        return Scores(mood=0.4 * drawn, subject="staff")
    if slow_refunds and chance(seed, "refund", one.user, one.at) < _SENT_BACK.get(one.kind, 0.0):
        return Scores(mood=0.4 * drawn, subject="returns")
    mood = drawn ** _TASTES.get(one.group, 0.35)
    subjects = {
        "delivery": ("delivery", "quality", "packaging", "price", "quality", "returns"),
        "question": ("staff", "staff", "price", "returns"),
        "purchase": ("quality", "price", "staff", "quality"),
        "visit": ("website", "website", "price", "quality"),
    }[one.kind]
    place = int(chance(seed, "subject", one.user, one.at) * len(subjects))
    return Scores(mood=mood, subject=subjects[place])


def given(survey: str, felt: Scores, who: object, seed: int, language: str) -> dict[str, Any]:
    """Return what somebody answers to the questions of one of the demo's surveys: a number, choices or a text by question."""

    def rated(name: str, weight: float) -> int:
        noise = chance(seed, name, who) - 0.5
        return max(1, min(5, round(1 + 4 * (weight * felt.mood + (1 - weight) * 0.72 + 0.55 * noise))))

    text = comment(felt, language, who, seed)
    why = {"why": text} if text else {}
    match survey:
        case "after-delivery":
            late = 1.0 if felt.subject == "delivery" else 0.5
            parts = {
                "in_time": rated("in_time", late),
                "packaging": rated("packaging", 0.35),
                "quality": rated("quality", 0.6),
                "ordering": rated("ordering", 0.2),
            }
            upset = {"contact": "yes"} if felt.mood < 0.2 else {}
            return {"satisfied": rated("satisfied", 1.0), **parts, **why, **upset}
        case "after-question":
            easy = max(1, min(7, round(1 + 6 * (0.15 + 0.85 * felt.mood))))
            solved = "yes" if felt.mood > 0.55 else "partly" if felt.mood > 0.3 else "no"
            return {"easy": easy, "solved": solved, **why}
        case "relation":
            score = max(0, min(10, round(11 * felt.mood - 0.4 - 1.5 * chance(seed, "nps", who))))
            matters = ["quality", "speed"] if felt.subject == "delivery" else ["quality", "price"]
            return {"recommend": score, "matters": matters, **why}
    return {"satisfied": rated("satisfied", 0.9), **why}


def comment(felt: Scores, language: str, who: object, seed: int) -> str:
    """Return what somebody writes; empty for those who write nothing."""
    if chance(seed, "writes", who) > _WRITES:
        return ""
    texts = _texts()[language]

    def pick(choices: list[str], name: str) -> str:
        return choices[int(chance(seed, name, who) * len(choices))]

    if 0.42 < felt.mood < 0.55:
        return pick(texts["neutral"], "neutral")
    side = "good" if felt.mood >= 0.55 else "bad"
    subjects: dict[str, list[str]] = texts[side]
    body = pick(subjects.get(felt.subject) or subjects["quality"], "body")
    opener, closer = pick(texts[f"openers_{side}"], "opener"), pick(texts[f"closers_{side}"], "closer")
    if chance(seed, "also", who) < 0.25:
        other = "good" if side == "bad" else "bad"
        further: dict[str, list[str]] = texts[other]
        kind = sorted(further)[int(chance(seed, "other", who) * len(further))]
        but = " maar " if language == "nl" else " but "
        body = f"{body},{but}{pick(further[kind], 'further')}"
    body = body.replace("{days}", str(2 + int(6 * chance(seed, "days", who))))
    if not opener or opener.rstrip().endswith((".", "!")):
        body = body[0].upper() + body[1:]
    return f"{opener}{body}.{closer}"


def language_of(user: str, seed: int) -> str:
    """Return the language in which a customer answers."""
    return "en" if chance(seed, "language", user) < _ENGLISH else "nl"


def _response(one: Occasion, felt: Scores, number: int, at: int, seed: int) -> Iterator[dict[str, Any]]:
    survey = {"delivery": "after-delivery", "question": "after-question", "visit": "website"}[one.kind]
    touchpoint = {"delivery": "Parcel", "question": "Answer in the portal", "visit": "Website"}[one.kind]
    drawn = chance(seed, "way", one.user, one.at)
    way = next(name for name, until in _WAYS if drawn < until)
    if one.kind == "visit":
        way = "widget" if drawn < 0.7 else "qr"
    return _said(one, survey, touchpoint, way, felt, f"{number}", at, seed)


def _relation(one: Occasion, felt: Scores, number: int, at: int, seed: int) -> Iterator[dict[str, Any]]:
    return _said(one, "relation", "", "email", felt, f"{number}r", at, seed)


def _said(
    one: Occasion, survey: str, touchpoint: str, way: str, felt: Scores, number: str, at: int, seed: int
) -> Iterator[dict[str, Any]]:
    language = language_of(one.user or number, seed)
    response = f"demo-{survey}-{number}"
    if survey == "relation" and one.group:
        about: Setting = {"stratum": one.group}
    else:
        about = {}
    about |= {
        "survey": survey,
        "version": 1,
        "response": response,
        "delivery": way,
        "touchpoint": touchpoint,
        "language": language,
        "confirmed": True,
    }
    found = given(survey, felt, (one.user, one.at, survey), seed, language)
    labels = _labels()[survey, language] if one.user else {}
    stops = chance(seed, "stops", one.user, one.at, survey) < 0.08
    for place, (question, value) in enumerate(list(found.items())[: 1 if stops else None]):
        yield {
            "messageId": f"simulated:{response}:{question}",
            "type": "track",
            "event": "Survey Answered",
            "timestamp": to_text(at + place * MINUTE // 4),
            "properties": {
                **about,
                "question": question,
                **_value(question, value),
                **_label(labels, question, found),
            },
            **one.naming,
        }
    if not stops:
        yield {
            "messageId": f"simulated:{response}:completed",
            "type": "track",
            "event": "Survey Completed",
            "timestamp": to_text(at + 2 * MINUTE),
            "properties": about,
            **one.naming,
        }


_KINDS: Final = {"recommend": "nps", "easy": "ces", "satisfied": "csat", "contact": "contact_me"}
_SCORES: Final = {*_KINDS, "in_time", "packaging", "quality", "ordering", "solved"} - {"contact"}
"""Questions that score something: a score is called by its metric, not by its question."""
_ENDS: Final = {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5), "rating": (1, 5)}


def _label(labels: dict[str, str], question: str, found: Setting) -> Setting:
    """Return a question as it was read, earlier answers filled in."""
    asked = labels.get(question, "")
    for name, value in found.items():
        asked = asked.replace(f"{{{{ answers.{name} }}}}", str(value))
    return {"label": asked} if asked else {}


def _value(question: str, value: Any) -> Setting:
    if question == "why":
        return {"kind": "open", "text": value}
    if question == "contact":
        return {"kind": "contact_me", "value": 1}
    if isinstance(value, list):
        return {"kind": "many", "options": value}
    if isinstance(value, str):
        return {"kind": "one", "option": value}
    kind = _KINDS.get(question, "rating")
    low, high = _ENDS[kind]
    return {"kind": kind, "metric": kind, "scale_min": low, "scale_max": high, "value": value}

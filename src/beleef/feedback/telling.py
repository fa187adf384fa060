"""Answers as facts and back: what a sitting says in the log, and what the log says about responses and answers.

Facts of Beleef's own source were checked and redacted before; what other sources say (an import, an SDK) is read with care here.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from beleef.facts.fact import OWN_SOURCE, Fact
from beleef.feedback.answer_queries import Kept
from beleef.feedback.answering import key_of
from beleef.feedback.model import DELIVERIES, QUESTION_KINDS, Answer, Question, Sitting, Survey, said
from beleef.kernel import ids
from beleef.kernel.clock import DAY, to_text

ANSWERED: Final = "Survey Answered"
COMPLETED: Final = "Survey Completed"
WITHDRAWN: Final = "Survey Answer Withdrawn"
SCANNED: Final = "Survey Links Scanned"
WISHED: Final = "Contact Requested"
REQUESTED: Final = "Survey Requested"
_LONGEST_NAME, _LONGEST_TEXT = 200, 10_000
_MOST_OPTIONS: Final = 100
_VALUE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TAG: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
_SLOWEST_MS: Final = 2**31 - 1

SCANNER: Final = "scanner"
"""Flag of what a program did, not a person."""
_APART: Final = "~"

Said = Literal["Survey Shown", "Survey Opened"]


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one fact says: an answer to a field (``question``), or that a response was finished or scanned (no question).

    Attributes:
        fact: Number of the fact.
        response: The response.
        survey: Its survey.
        version: Its version; 0 where the fact does not say.
        subject: Whose; 0 for nobody's.
        invitation: Number of the invitation; 0 for none.
        delivery: How it came.
        touchpoint: What it is about.
        product: The same.
        language: In which language.
        stratum: Whose stratum.
        campaign: What led to it.
        quality: Flags.
        at: When, in microseconds.
        confirmed: Whether they meant it, and did not only follow a link.
        question: Id of the question; empty where the response is finished.
        row: Row of a matrix.
        kind: Kind of the question.
        value: The number.
        choice: Ids of options, comma-separated.
        text: What was written.
        ms: How long it took.
        is_withdrawn: Whether the answer was taken back.
        is_scan: Whether a program followed the links of the mail.
    """

    fact: int
    response: str
    survey: str
    version: int
    subject: int
    invitation: int
    delivery: str
    touchpoint: str
    product: str
    language: str
    stratum: str
    campaign: str
    quality: tuple[str, ...]
    at: int
    confirmed: bool = True
    question: str = ""
    row: str = ""
    kind: str = ""
    value: float | None = None
    choice: str = ""
    text: str = ""
    ms: int | None = None
    is_withdrawn: bool = False
    is_scan: bool = False

    @property
    def is_apart(self) -> bool:
        """Return whether it belongs to what is set apart: nobody sent it, or a program did."""
        return self.is_scan or not self.confirmed or SCANNER in self.quality

    @property
    def month(self) -> str:
        """Return the month it happened in, ``YYYY-MM`` in UTC."""
        return month_of(self.at)


def month_of(moment: int) -> str:
    """Return the month of a moment, ``YYYY-MM`` in UTC."""
    return datetime.fromtimestamp(moment // 1_000_000, UTC).strftime("%Y-%m")


def number_of(response: str, question: str, row: str) -> int:
    """Return the number of an answer: a hash of the response and the field, so that a later answer replaces an earlier one."""
    digest = hashlib.blake2b("\x00".join((response, question, row)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def apart(response: str) -> str:
    """Return the number under which what nobody sent is kept beside a response, so that it never mixes with what was."""
    return response + _APART


def answered(
    sitting: Sitting,
    survey: Survey,
    answers: Iterable[Answer],
    who: Mapping[str, Any],
    *,
    now: int,
    revision: int,
    ms: Mapping[str, int],
    confirmed: bool,
    quality: Sequence[str],
    sentiments: Mapping[str, str],
    kept: Mapping[str, Kept],
) -> list[dict[str, Any]]:
    """Return the messages that say what was answered, one per field.

    Args:
        sitting: Whose answers.
        survey: The version that is answered.
        answers: Accepted and redacted.
        who: The fields that name the person; empty for nobody.
        now: The moment; where nobody may know whose it is, the day is said only.
        revision: How often the sitting was recorded before: the same answer sent twice is one message.
        ms: By question, how long it took.
        confirmed: Whether they meant it.
        quality: Flags.
        sentiments: By question, what open text sounds like.
        kept: By field, what was answered so far: the same again is not told, but is after something else was.
    """
    questions = survey.questions
    # What a program sent must not pass for the same message as what a person sends after it.
    is_meant = confirmed and SCANNER not in quality
    told = []
    for answer in answers:
        before = kept.get(key_of(answer))
        if is_meant and before is not None and before.answer == answer:
            continue
        question = questions[answer.question]
        own = {**_scale(question), **content(answer), "confirmed": confirmed, "revision": revision}
        own["ms"] = ms.get(answer.question)
        own["sentiment"] = sentiments.get(answer.question)
        if sitting.is_personal and not question.measures:
            own["label"] = label_of(survey, question, sitting.language)
        properties = {**_about(sitting, quality), "question": answer.question, **own}
        mark = hashlib.blake2b(msgspec.json.encode([content(answer), is_meant]), digest_size=6).hexdigest()
        told.append(
            _message(
                ANSWERED,
                f"survey:{sitting.response}:{key_of(answer)}:{revision}:{mark}{_after(before)}",
                sitting,
                properties,
                who,
                _moment(survey, now),
            )
        )
    return told


def _after(before: Kept | None) -> str:
    return "" if before is None else f":{before.fact}"


def label_of(survey: Survey, question: Question, language: str) -> str:
    """Return a question as those read it who meet an answer elsewhere; what is filled in for each respondent is an ellipsis."""
    return without_values(said(question.text, language, survey.default_language))


def without_values(text: str) -> str:
    """Return a text with an ellipsis for each value that is filled in, and without the tags around."""
    return _TAG.sub("", _VALUE.sub("…", text)).strip()


def withdrawn(
    sitting: Sitting,
    survey: Survey,
    fields: Iterable[str],
    who: Mapping[str, Any],
    *,
    now: int,
    revision: int,
    kept: Mapping[str, Kept],
) -> list[dict[str, Any]]:
    """Return the messages that say that answers to fields were taken back (``question`` or ``question.row``)."""
    said = []
    for field in fields:
        question, _, row = field.partition(".")
        properties = {**_about(sitting, ()), "question": question, "row": row, "revision": revision}
        key = f"survey:{sitting.response}:{field}:{revision}:withdrawn{_after(kept.get(field))}"
        said.append(_message(WITHDRAWN, key, sitting, properties, who, _moment(survey, now)))
    return said


def completed(
    sitting: Sitting, survey: Survey, who: Mapping[str, Any], *, now: int, quality: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the message that says that a response is finished: one, however often it is said."""
    key = f"survey:{sitting.response}:completed" + (f":{SCANNER}" if SCANNER in quality else "")
    return [_message(COMPLETED, key, sitting, _about(sitting, quality), who, _moment(survey, now))]


def happened(sitting: Sitting, event: Said, who: Mapping[str, Any], *, now: int) -> list[dict[str, Any]]:
    """Return the message that says that a survey was shown or opened."""
    word = event.rpartition(" ")[2].lower()
    return [_message(event, f"survey:{sitting.response}:{word}", sitting, _about(sitting, ()), who, now)]


def scanned(sitting: Sitting, survey: Survey, who: Mapping[str, Any], *, now: int) -> list[dict[str, Any]]:
    """Return the message that says that a program followed the links of a mail, that nobody sees among them."""
    key = f"survey:{sitting.response}:scanned"
    told = _message(SCANNED, key, sitting, _about(sitting, (SCANNER,)), who, _moment(survey, now))
    # It is no doing of the customer's.
    return [{**told, "type": "beleef"}]


def _moment(survey: Survey, now: int) -> int:
    return now if survey.anonymity == "none" else now // DAY * DAY


def _message(
    event: str, key: str, sitting: Sitting, properties: Mapping[str, Any], who: Mapping[str, Any], at: int
) -> dict[str, Any]:
    context = dict(who.get("context") or {})
    if sitting.campaign:
        context["campaign"] = {"name": sitting.campaign}
    said: dict[str, Any] = {
        "messageId": key,
        "type": "track",
        "event": event,
        "timestamp": to_text(at),
        "properties": {name: one for name, one in properties.items() if one not in (None, "", (), [])},
        **{name: one for name, one in who.items() if name != "context"},
    }
    if sitting.touchpoint:
        said["touchpoint"] = sitting.touchpoint
    if sitting.delivery in {"email", "portal", "phone"}:
        said["channel"] = sitting.delivery
    return {**said, "context": context} if context else said


def _about(sitting: Sitting, quality: Sequence[str]) -> dict[str, Any]:
    return {
        "survey": sitting.survey,
        "version": sitting.version,
        "response": sitting.response,
        "invitation": ids.to_text(sitting.invitation) if sitting.invitation else "",
        "delivery": sitting.delivery,
        "touchpoint": sitting.touchpoint,
        "product_id": sitting.product,
        "language": sitting.language,
        "stratum": sitting.stratum,
        "quality": list(quality),
        **{f"hidden_{name}": value for name, value in sitting.hidden.items()},
    }


def _scale(question: Question) -> dict[str, Any]:
    lowest, highest = question.scale
    return {
        "kind": question.kind,
        "metric": question.measures,
        "scale_min": lowest,
        "scale_max": highest,
    }


def content(answer: Answer) -> dict[str, Any]:
    """Return what an answer says, as properties."""
    return {
        "row": answer.row,
        "value": answer.value,
        "option": answer.option,
        "options": list(answer.options),
        "text": answer.text,
    }


def told(fact: Fact, subject: int) -> Told | None:
    """Return what a fact says about a response, or None where it says nothing that can be used.

    Args:
        fact: A ``Survey Answered``, ``Survey Completed`` or another of those.
        subject: Whose; 0 for nobody's.
    """
    said = fact.properties
    if said is None:
        return None
    survey, response = _name(said.get("survey")), _name(said.get("response"))
    is_own = fact.source == OWN_SOURCE
    if not survey or not (response or not is_own):
        return None
    # No source but Beleef's own may speak of Beleef's own responses.
    response = response if is_own else f"{fact.source}/{response or fact.message_id}"
    delivery = _name(said.get("delivery"))
    quality = said.get("quality")
    about: dict[str, Any] = {
        "fact": fact.id,
        "response": response,
        "survey": survey,
        "version": _whole(said.get("version")) or 0,
        "subject": subject,
        "invitation": (ids.from_text(_name(said.get("invitation"))) or 0) if is_own else 0,
        "delivery": delivery if delivery in DELIVERIES else ("link" if is_own else "import"),
        "touchpoint": fact.touchpoint or _name(said.get("touchpoint")),
        "product": fact.product or "",
        "language": _name(said.get("language"))[:10],
        "stratum": _name(said.get("stratum")),
        "campaign": fact.campaign or "",
        "quality": tuple(sorted({_name(one)[:30] for one in quality[:20]} - {""}))
        if isinstance(quality, list)
        else (),
        "at": fact.occurred_at,
    }
    if fact.name == SCANNED:
        return Told(**about, is_scan=True) if is_own else None
    if fact.name == COMPLETED:
        return Told(**about)
    if fact.name == WITHDRAWN:
        question = _name(said.get("question"))
        return (
            Told(**about, question=question, row=_name(said.get("row")), is_withdrawn=True)
            if question
            else None
        )
    return _told_answer(said, about)


def _told_answer(said: Mapping[str, Any], about: dict[str, Any]) -> Told | None:
    question, kind = _name(said.get("question")), _name(said.get("kind"))
    value, text = _number(said.get("value")), said.get("text")
    chosen = said.get("options")
    names = chosen if isinstance(chosen, list) else [said.get("option")]
    choice = ",".join(name for one in names[:_MOST_OPTIONS] if (name := _name(one).replace(",", " ")))
    written = text.replace("\x00", "")[:_LONGEST_TEXT].strip() if isinstance(text, str) else ""
    if kind not in QUESTION_KINDS:
        kind = "open" if written else "number" if value is not None else "many" if "," in choice else "one"
    if not question or (value is None and not choice and not written):
        return None
    return Told(
        **about,
        confirmed=said.get("confirmed") is not False,
        question=question,
        row=_name(said.get("row")),
        kind=kind,
        value=value,
        choice=choice,
        text=written,
        ms=_milliseconds(said.get("ms")),
    )


def _milliseconds(given: object) -> int | None:
    found = _whole(given)
    return None if found is None else max(0, min(found, _SLOWEST_MS))


def _name(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        return ""
    return str(given).replace("\x00", "").strip()[:_LONGEST_NAME]


def _number(given: object) -> float | None:
    if isinstance(given, bool):
        return float(given)
    if isinstance(given, str):
        try:
            given = float(given)
        except ValueError:
            return None
    return float(given) if isinstance(given, int | float) and math.isfinite(given) else None


def _whole(given: object) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 20:
        given = int(given)
    is_whole = isinstance(given, int) and not isinstance(given, bool)
    return given if is_whole and 0 <= given < 1 << 63 else None  # type: ignore[operator, return-value]

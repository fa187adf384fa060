"""Wishes to be contacted, of people who answer without their name: told apart from what they answered.

With a wish somebody gives their name to the wish alone. Their answers go along only where they agreed to that.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from beleef.feedback import telling
from beleef.feedback.model import AGREED, Answer, Sitting, Survey
from beleef.kernel import ids

_ADDRESS: Final = re.compile(r"[^@\s,;:<>()]{1,100}@[^@\s,;:<>()]{1,100}\.[^@\s,;:<>().]{2,40}")


def address_in(text: str) -> str:
    """Return the first e-mail address in what somebody wrote; empty for none."""
    found = _ADDRESS.search(text)
    return found[0] if found else ""


def may_agree(sitting: Sitting, survey: Survey) -> bool:
    """Return whether respondents are asked if their answers may go along: those of anonymous surveys never may."""
    return survey.anonymity != "anonymous" and not sitting.is_personal


def wishes(
    sitting: Sitting,
    survey: Survey,
    answers: Sequence[Answer],
    earlier: Sequence[Answer],
    clean: Callable[[Sequence[Answer]], list[Answer]],
    naming: Mapping[str, Any],
    *,
    now: int,
    quality: Sequence[str],
    key: bytes,
) -> list[dict[str, Any]]:
    """Return the message that says that somebody whose answers are not told by name asks to be contacted; none for no wish.

    Args:
        sitting: Whose answers.
        survey: The version that is answered.
        answers: Those that are told now, as they were given.
        earlier: Those of other pages: they go along where that was agreed to, and so do later ones.
        clean: Takes personal data out of answers.
        naming: The fields that name who was invited; empty for nobody known.
        now: The moment; only the day of it is said.
        quality: Flags.
        key: The installation's key: without it nobody can tell which response the wish came with.
    """
    wish = _wish(answers) or _wish(earlier)
    if wish is None or sitting.is_personal:
        return []
    agreed = wish.option == AGREED and may_agree(sitting, survey)
    is_new = wish in answers
    if not is_new and not agreed:
        return []
    address = address_in(wish.text)
    if not naming and not address:
        return []
    named = naming or {"context": {"externalIds": [{"type": "email", "id": address}]}}
    along = clean([*earlier, *answers] if is_new else answers) if agreed else []
    number = ids.to_text(ids.subject_id(key, "survey-wish", sitting.response))
    more = {
        "wish": number,
        "label": telling.label_of(survey, survey.questions[wish.question], sitting.language),
        "answers": [_line(survey, one, sitting.language) for one in along if one.kind != "contact_me"],
    }
    about = msgspec.structs.replace(
        sitting, response=sitting.response if agreed else "", hidden={}, stratum="", campaign=""
    )
    mark = hashlib.blake2b(msgspec.json.encode([wish, more]), digest_size=6).hexdigest()
    plain = msgspec.structs.replace(wish, option="")
    said_ = telling.answered(
        about,
        survey,
        [plain],
        named,
        now=now,
        revision=0,
        ms={},
        confirmed=True,
        quality=quality,
        sentiments={},
        kept={},
    )
    return [
        {
            **one,
            "event": telling.WISHED,
            "messageId": f"survey:wish:{number}:{mark}",
            "properties": one["properties"] | {name: value for name, value in more.items() if value},
        }
        for one in said_
    ]


def _wish(answers: Iterable[Answer]) -> Answer | None:
    return next((one for one in answers if one.kind == "contact_me" and one.value), None)


def _line(survey: Survey, answer: Answer, language: str) -> dict[str, Any]:
    question = survey.questions[answer.question]
    scale = {} if question.scale[1] is None else {"scale_max": question.scale[1]}
    told = {
        "metric": question.measures,
        "label": "" if question.measures else telling.label_of(survey, question, language),
        "question": answer.question,
        **scale,
        **telling.content(answer),
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}

"""When feedback opens a follow-up: a low score, a wish to be contacted, words that alarm, or a promise that was broken."""

from typing import Any

from beleef.facts.fact import Fact
from beleef.support.rules import ServiceRules

_YES = frozenset({"yes", "true", "1", "ja"})
_UNTRUSTED = frozenset({"quarantined", "bot", "scanner", "test"})
_UNNAMED = frozenset({"anonymous", "pseudonymous"})


def reason_to_follow(fact: Fact, rules: ServiceRules) -> str:
    """Return why an answered question asks for a follow-up: ``contact_me``, ``score`` or ``text``; empty where it does not.

    Args:
        fact: A fact “Survey Answered” or “Contact Requested”.
        rules: The rules of its moment.
    """
    properties = fact.properties or {}
    if _marks(properties.get("quality")) & _UNTRUSTED or properties.get("confirmed") is False:
        return ""
    if properties.get("kind") == "contact_me":
        return "contact_me" if _is_yes(properties) else ""
    if properties.get("anonymity") in _UNNAMED:
        # Who was promised not to be named is called only on their own word.
        return ""
    value = properties.get("value")
    threshold = rules.thresholds.get(str(properties.get("metric", "")))
    if threshold is not None and isinstance(value, int | float) and not isinstance(value, bool):
        return "score" if value <= threshold else ""
    is_alarming = rules.alarming_text and properties.get("sentiment") == "negative"
    return "text" if is_alarming else ""


def answer_text(properties: dict[str, Any]) -> str:
    """Return an answered question in one line: its name, and what was answered."""
    said = next(
        (properties[name] for name in ("text", "option", "options", "value") if name in properties), ""
    )
    if isinstance(said, list):
        said = ", ".join(str(one) for one in said)
    asked = str(properties.get("label") or properties.get("metric") or properties.get("question") or "")
    if properties.get("kind") == "contact_me" and "text" not in properties:
        # The question says it all.
        return asked
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    scale = properties.get("scale_max")
    shown = (
        f"{said}/{scale:g}" if isinstance(scale, int | float) and isinstance(said, int | float) else str(said)
    )
    return f"{asked.upper() if properties.get('metric') else asked}: {shown}".removeprefix(": ")


def wish_text(properties: dict[str, Any]) -> str:
    """Return a wish to be contacted in lines: how, and the answers that go along with it, where that was agreed to."""
    answers = properties.get("answers")
    along = [one for one in answers if isinstance(one, dict)] if isinstance(answers, list) else []
    return "\n".join(answer_text(one) for one in (properties, *along))


def _is_yes(properties: dict[str, Any]) -> bool:
    said = [properties.get(name) for name in ("option", "value", "text")]
    return any(one == 1 or str(one).casefold() in _YES for one in said if one is not None)


def _marks(quality: Any) -> set[str]:
    if isinstance(quality, str):
        return {quality}
    return {str(one) for one in quality} if isinstance(quality, list | tuple) else set()

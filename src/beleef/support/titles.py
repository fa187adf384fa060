"""What follow-ups are called that Beleef opens by itself: by what led to them for colleagues, by what they did for customers.

A title is given once, in the language of the answer that led to it; colleagues may change it like every other.
"""

from typing import Any, TypeGuard

from beleef.facts.fact import Fact
from beleef.support.model import Life
from beleef.ui.words import Words


def title_of_answer(fact: Fact, reason: str, words: Words) -> str:
    """Return what a follow-up of an answer is called.

    Args:
        fact: The answer.
        reason: Why it asks for a follow-up, as ``closing_loop.reason_to_follow`` says.
        words: In which language.
    """
    said = fact.properties or {}
    touchpoint = str(fact.touchpoint or said.get("touchpoint") or "").replace("_", " ").replace("-", " ")
    if reason == "score":
        score = _score(said, words)
        if touchpoint:
            return words.gettext(
                "Low score after %(touchpoint)s: %(score)s", touchpoint=touchpoint, score=score
            )
        return words.gettext("Low score: %(score)s", score=score)
    if reason == "contact_me":
        if touchpoint:
            return words.gettext("Wants to hear from us after %(touchpoint)s", touchpoint=touchpoint)
        return words.gettext("Wants to hear from us")
    if touchpoint:
        return words.gettext("Unhappy words after %(touchpoint)s", touchpoint=touchpoint)
    return words.gettext("Unhappy words")


def title_of_promise(case: str, words: Words) -> str:
    """Return what the follow-up of a broken promise is called; ``case`` is the reference of the case it was broken in."""
    if not case:
        return words.gettext("A promise was broken")
    return words.gettext("A promise in %(case)s was broken", case=case)


def title_to_customer(cause: str, life: Life, words: Words) -> str:
    """Return what a case is called to its customer, to whom a follow-up is about what they told us; empty where it has no title."""
    if life.kind != "follow_up":
        return life.title
    if cause == "survey":
        return words.gettext("What you told us")
    return words.gettext("What we promised you") if cause == "promise" else life.title


def _score(said: dict[str, Any], words: Words) -> str:
    value, most = said.get("value"), said.get("scale_max")
    given = words.number(value) if _is_score(value) else ""
    if given and _is_score(most):
        return words.gettext("%(score)s of %(most)s", score=given, most=words.number(most))
    return given


def _is_score(value: Any) -> TypeGuard[float]:
    # Anybody may send an answer, and not every number can be written out.
    return isinstance(value, int | float) and abs(value) < 1e6

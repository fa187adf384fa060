"""Ranking by buttons: what the button beside an option does to the order, so that no script and no pointer is needed."""

from collections.abc import Sequence
from typing import Final

from beleef.feedback.model import Question
from beleef.feedback.respondent.forms import Given

MOVE: Final = "move:"
"""What the buttons begin with: ``move:question:option:up``."""


def move(questions: Sequence[Question], given: Given, wish: str) -> None:
    """Move an option of a ranking as its button says; what is no such button changes nothing.

    Args:
        questions: Those that stand on the page.
        given: What was filled in; changed.
        wish: What the button sent.
    """
    name, _, rest = wish.removeprefix(MOVE).partition(":")
    option, _, way = rest.partition(":")
    question = next((one for one in questions if one.id == name and one.kind == "ranking"), None)
    if question is None or option not in {one.id for one in question.options}:
        return
    said = given.get(name)
    ranked = list(dict.fromkeys(said)) if isinstance(said, list) else []
    order = moved(ranked, option, places_of(question), up=way == "up")
    left = [one.id for one in question.options if one.id not in order]
    # The one that is left over for the last place need not be put there by hand.
    given[name] = [*order, *left] if len(left) == 1 and len(order) < places_of(question) else order


def places_of(question: Question) -> int:
    """Return how many places a ranking has."""
    return min(question.at_most or len(question.options), len(question.options))


def moved(ranked: Sequence[str], option: str, places: int, *, up: bool) -> list[str]:
    """Return an order in which an option moved one place: one without a place comes last, and where all are taken it takes the last.

    Args:
        ranked: Ids of the options that have a place, the first first.
        option: The one to move.
        places: How many places there are.
        up: Whether it moves towards the first place.
    """
    order = list(ranked)
    if option not in order:
        return [*order[: places - 1], option] if up else order
    place = order.index(option)
    other = place - 1 if up else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    return order

"""Finds the translation of a refusal: it reaches the page as a filled-in English sentence, so its message is recognised by its places.

In the catalogue such messages have the context ``refusal``: ``There is no survey '%(name)s'.``
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

CONTEXT: Final = "refusal"
"""The gettext context of messages that are recognised by their places."""

_LONGEST: Final = 1_000
"""A longer sentence quotes what somebody sent; to try every split of it against every message could take long."""
_PLACE: Final = re.compile(r"%\((\w+)\)s")


class Recognised(NamedTuple):
    """A message with places, and what stood in them."""

    message: str
    values: dict[str, str]


class Recogniser:
    """Knows messages with places, and tells which of them a sentence is. Immutable.

    Args:
        messages: What the catalogue has with the context ``refusal``.
    """

    def __init__(self, messages: Iterable[str]) -> None:
        # The one with the most words of its own goes first: “There is no %(kind)s %(name)s.” fits too much.
        ordered = sorted(messages, key=lambda message: (-len(_PLACE.sub("", message)), message))
        self._shapes = tuple((message, _shape(message)) for message in ordered)

    def recognise(self, sentence: str) -> Recognised | None:
        """Return which message a sentence is and what fills its places; None when it is none of them."""
        if len(sentence) > _LONGEST:
            return None
        for message, shape in self._shapes:
            if fitting := shape.fullmatch(sentence):
                return Recognised(message=message, values=fitting.groupdict())
        return None


def _shape(message: str) -> re.Pattern[str]:
    """Return the pattern of all sentences that a message can become."""
    fixed_and_names = _PLACE.split(message)
    parts = [
        f"(?P<{part}>.+?)" if number % 2 else re.escape(part.replace("%%", "%"))
        for number, part in enumerate(fixed_and_names)
    ]
    return re.compile("".join(parts), re.DOTALL)

"""A topic, and what it must be."""

import re
from typing import Final

import msgspec

from beleef.contact.model import PURPOSES, Purpose
from beleef.kernel.errors import InvalidInput

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LONGEST_LABEL, _LONGEST_HELP = 60, 200
_HIGHEST_POSITION = 999


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that messages are about, as customers choose it.

    Attributes:
        name: Its name in campaigns and facts: small letters, digits, ``-`` and ``_``.
        labels: By language (``nl``, ``en``), what customers read.
        helps: By language, one sentence more; may be left out.
        purpose: Below which purpose it stands.
        position: Smaller numbers come first.
    """

    name: str
    labels: dict[str, str]
    helps: dict[str, str] = {}
    purpose: Purpose = "marketing"
    position: int = 50

    def label(self, language: str) -> str:
        """Return what customers read in a language, or in any other where it has none in that one."""
        return self.labels.get(language) or next(iter(self.labels.values()), self.name)

    def help(self, language: str) -> str:
        """Return the sentence more in a language; empty where there is none."""
        return self.helps.get(language, "")


def check(topic: Topic) -> None:
    """Pass where a topic can be.

    Raises:
        InvalidInput: it cannot; code ``invalid_topic``.
    """
    if not _NAME.fullmatch(topic.name):
        raise _invalid("A topic's name has small letters, digits, - and _, and begins with a letter.")
    if not topic.labels or not all(
        text.strip() and len(text) <= _LONGEST_LABEL for text in topic.labels.values()
    ):
        raise _invalid(f"A topic has a label of at most {_LONGEST_LABEL} letters in each language.")
    if any(len(text) > _LONGEST_HELP for text in topic.helps.values()):
        raise _invalid(f"The sentence more has at most {_LONGEST_HELP} letters.")
    if topic.purpose not in PURPOSES or topic.purpose == "transactional":
        raise _invalid("A topic belongs to marketing, service or surveys.")
    if not 0 <= topic.position <= _HIGHEST_POSITION:
        raise _invalid("A position is from 0 to 999.")


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Correct it.", code="invalid_topic")

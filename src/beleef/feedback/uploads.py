"""The files that respondents send along: how they are named, which of them a person sent, and how these are given back or erased.

A name belongs to one response, so that erasing one person's file leaves the same picture sent by another.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, Final

from beleef.facts.fact import OWN_SOURCE, Fact
from beleef.feedback.telling import ANSWERED
from beleef.kernel.errors import NotFound
from beleef.store.files import Files

FOLDER: Final = "survey-files"
"""Below the place for files."""
_NAME: Final = re.compile(r"[0-9a-f]{32}\.[0-9a-z]{1,5}")


def path_of(name: str) -> str:
    """Return where a file of this name is kept.

    Raises:
        NotFound: that is no name of such a file.
    """
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such file.", hint="Follow the link at the answer.")
    return f"{FOLDER}/{name}"


def name_of(response: str, question: str, body: bytes, ending: str) -> str:
    """Return the name of a file: the same when it is sent again, and nothing that tells what it is or whose.

    Args:
        response: Number of the response.
        question: Id of the question.
        body: What is in the file.
        ending: Kind of file, as its name ended.
    """
    digest = hashlib.blake2b(f"{response}\x00{question}\x00".encode() + body, digest_size=16).hexdigest()
    return f"{digest}.{ending}"


def erase_uploads(files: Files, facts: Iterable[Fact]) -> None:
    """Erase the files that were sent along with a person's answers, those that were replaced later too.

    Raises:
        Unavailable: the storage does not answer.
    """
    for fact in facts:
        if (name := _sent_with(fact)) is not None:
            files.delete(f"{FOLDER}/{name}")


def uploads_of(files: Files, fact: Fact) -> Iterator[dict[str, Any]]:
    """Yield the file that was sent along with an answer: its name, and what is in it as Base64.

    Raises:
        Unavailable: the storage does not answer.
    """
    name = _sent_with(fact)
    if name is None:
        return
    try:
        body = files.read(f"{FOLDER}/{name}")
    except NotFound:
        return
    yield {"name": name, "content": b64encode(body).decode("ascii")}


def _sent_with(fact: Fact) -> str | None:
    """Return the name of the file that an answer is; what other sources say names none of these."""
    said = fact.properties or {}
    if fact.source != OWN_SOURCE or fact.name != ANSWERED or said.get("kind") != "file":
        return None
    name = said.get("text")
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None

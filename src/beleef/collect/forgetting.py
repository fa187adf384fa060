"""Finding what collect keeps about somebody to be erased: messages in the quarantine, and copies in the log that never became facts."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Set

import sqlalchemy as sa

from beleef.collect import queries
from beleef.collect.body import opened
from beleef.collect.decode import decode
from beleef.collect.model import Outcome, Source
from beleef.collect.repeats import ERASED, RepeatMemory, digest, entries, hashes
from beleef.facts.fact import Fact
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Entry, Log

_LONG = 6
"""From so many characters on, a value means the person wherever it stands; a shorter one only where identifiers stand."""
_LAST_DIGITS = 8
"""Digits that every way of writing a phone number has in common."""
_IDENTIFIER = r'"(?:user_?id|anonymous_?id|previous_?id|id|value|customer_?number)"\s*:\s*"?{}"?\s*[,}}]'
_AT_ONCE = 5_000
_NOT_DIGITS = bytes(sorted(set(range(256)) - set(b"0123456789")))


class Mention:
    """Tells whether a message mentions one of a person's identifiers, however its client wrote them.

    Args:
        identifiers: Pairs of namespace and value, as identity spells them.
    """

    def __init__(self, identifiers: Iterable[tuple[str, str]]) -> None:
        self._digits: set[bytes] = set()
        self._values: set[bytes] = set()
        short: list[str] = []
        for namespace, value in identifiers:
            if namespace == "phone":
                self._digits.add(re.sub(r"\D", "", value)[-_LAST_DIGITS:].encode())
            elif len(value) >= _LONG:
                self._values.add(value.casefold().encode())
            else:
                short.append(re.escape(value.casefold()))
        self._short = re.compile(_IDENTIFIER.format(f"(?:{'|'.join(short)})")) if short else None

    def is_in(self, message: bytes) -> bool:
        """Return whether the message, in JSON, mentions one of them."""
        if b"\\" in message:
            message = _unescaped(message)
        digits = message.translate(None, _NOT_DIGITS) if self._digits else b""
        if any(number in digits for number in self._digits):
            return True
        text = message.decode("utf-8", "replace").casefold()
        plain = text.encode()
        if any(value in plain for value in self._values):
            return True
        return self._short is not None and self._short.search(text) is not None


def _unescaped(message: bytes) -> bytes:
    try:
        return json.dumps(json.loads(message), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return message


def quarantined_about(connection: sa.Connection, mention: Mention, replayed_as: Set[int]) -> list[int]:
    """Return numbers of quarantined messages that mention a person, or that became one of these facts when they were replayed."""
    return [
        number
        for number, fact, message in queries.quarantined_texts(connection)
        if fact in replayed_as or mention.is_in(message.encode("utf-8", "replace"))
    ]


def copies_in_log(
    log: Log,
    mention: Mention,
    is_theirs: Callable[[Fact], bool],
    sources: Callable[[int], Source],
    *,
    until: int,
) -> Iterator[tuple[int, Outcome]]:
    """Give what is about a person in the log and never became a fact: the number it would have had, and what became of it.

    Args:
        log: The log.
        mention: Tells which requests are worth decoding.
        is_theirs: Tells whether a fact is about the person.
        sources: Gives a source by its number.
        until: Position up to which the worker has worked.
    """
    position = 0
    while position < until and (placed := log.read(after=position, messages=_AT_ONCE)):
        position = placed[-1].position
        for one in placed:
            if one.position <= until and _may_mention(mention, one.entry):
                decoded = decode([one], sources)
                yield from ((fact.id, "repeated") for fact in decoded.facts if is_theirs(fact))
                yield from (
                    (refused.id, "quarantined")
                    for refused in decoded.refused
                    if mention.is_in(refused.message.encode("utf-8", "replace"))
                )


def _may_mention(mention: Mention, entry: Entry) -> bool:
    try:
        return mention.is_in(opened(entry)[0])
    except InvalidInput:
        return False


def note_erased(connection: sa.Connection, facts: Collection[Fact]) -> None:
    """Let the receipts of facts say from now on that they were erased."""
    if facts:
        keys = hashes(digest(fact.message_id) for fact in facts)
        rows = entries(keys, [fact.id for fact in facts], [ERASED] * len(facts))
        RepeatMemory().add(rows, connection)

"""Anonymity by construction: answers are only ever seen in fixed groups, none of them smaller than the threshold.

An answer waits until as many as the threshold wait with it; then they are sealed into one group for good. Groups never overlap and
never change, and every question about an anonymous survey is answered from whole groups. So whatever two answers of Beleef
somebody subtracts, by filter, by date or by asking again tomorrow, the difference is made of whole groups too: none at all, or
at least as many as the threshold. Answers of groups that stay small are sealed together when a later month has begun, as the
remainder, and until they are enough nobody sees them.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

REMAINDER: Final = "\x7f"
"""What a sealed remainder is told apart by: nothing that a group can be called."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An answer that waits: ``fact`` orders them, ``number`` names it, ``group`` is what it may be told apart by."""

    fact: int
    number: int
    month: str
    group: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that are shown together from now on.

    Attributes:
        atom: Number of the group: that of the answer which completed it, so that a replay gives it again.
        month: Month it is shown in: that of its last answer.
        group: What it is told apart by; ``REMAINDER`` for what is left of small groups.
        numbers: Its answers.
    """

    atom: int
    month: str
    group: str
    numbers: tuple[int, ...]


def seal(waiting: Iterable[Waiting], threshold: int) -> list[Sealed]:
    """Return what can be sealed of the answers to one field.

    Going over the same answers in one go or a few at a time, those left over the time before included, seals the same.

    Args:
        waiting: The answers that wait.
        threshold: Least answers in a group.
    """
    sealed: list[Sealed] = []
    lines: dict[str, list[Waiting]] = defaultdict(list)
    for one in sorted(waiting):
        earlier = sorted(left for line in lines.values() for left in line if left.month < one.month)
        if len(earlier) >= threshold:
            sealed.append(_sealed(earlier, REMAINDER))
            gone = {left.number for left in earlier}
            lines = defaultdict(
                list,
                {name: [left for left in line if left.number not in gone] for name, line in lines.items()},
            )
        lines[one.group].append(one)
        if len(lines[one.group]) >= threshold:
            sealed.append(_sealed(lines.pop(one.group), one.group))
    return sealed


def _sealed(answers: list[Waiting], group: str) -> Sealed:
    last = answers[-1]
    return Sealed(
        atom=last.number, month=last.month, group=group, numbers=tuple(one.number for one in answers)
    )

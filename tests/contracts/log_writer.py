"""A process that appends to a log, for tests of what several processes do to one: `python -m tests.contracts.log_writer`.

Each entry's body names its writer and number; after every append the last position is printed, so that whoever reads the
output knows what had been promised when the process died.
"""

import random
import sys

from beleef.store.log.port import Entry
from tests.cast import NOW
from tests.contracts.logs import open_log


def entries_of(writer: str, first: int, count: int, *, padding: int = 0) -> list[Entry]:
    """Return ``count`` entries of a writer, numbered from ``first``; each carries two messages."""
    return [
        Entry(
            received_at=NOW + number,
            source=1,
            kind="batch",
            messages=2,
            body=f"{writer} {number} ".encode() + b"x" * padding,
        )
        for number in range(first, first + count)
    ]


def main(address: str, writer: str, total: int) -> None:
    """Append ``total`` entries in groups of very different sizes, so that some commits take much longer than others."""
    groups = random.Random(writer)
    log = open_log(address)
    print("ready", flush=True)
    sys.stdin.readline()
    number = 0
    while number < total:
        count = min(groups.choice((1, 1, 1, 5, 40)), total - number)
        position = log.append(entries_of(writer, number, count, padding=groups.choice((0, 100, 50_000))))
        number += count
        print(number, position, flush=True)
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

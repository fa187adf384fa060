"""The cases that a batch has in hand: each with what happened in it, and what was read for all of them together."""

import msgspec

from beleef.support.life import fold
from beleef.support.model import Entry, Life
from beleef.support.promises import Book


class Held:
    """A case in hand: what it is about, its entries, and those that this batch added."""

    def __init__(self, number: int, subject: int, cause: str, of: str, entries: list[Entry]) -> None:
        self.number = number
        self.subject = subject
        self.cause = cause
        self.of = of
        self.entries = entries
        self.fresh: list[Entry] = []
        self._life: Life | None = None

    @property
    def every(self) -> list[Entry]:
        """All that happened in it, what is new included."""
        return [*self.entries, *self.fresh]

    def life(self, book: Book) -> Life:
        """Return where it stands, what is new included."""
        if self._life is None:
            self._life = fold(self.every, book)
        return self._life

    def before(self, book: Book) -> Life | None:
        """Return where it stood before the batch; None for a new case."""
        return fold(self.entries, book) if self.entries else None

    def add(self, entry: Entry) -> None:
        """Let something happen in it; the same again does nothing."""
        known = any((one.fact, one.kind) == (entry.fact, entry.kind) for one in self.every)
        if not known:
            self.fresh.append(entry)
            self._life = None


class Known(msgspec.Struct, kw_only=True):
    """What was read before a batch, and grows while it is worked on.

    Attributes:
        book: The rules.
        language: The organisation's, for titles that Beleef gives.
        cases: Cases by number: all that the batch can touch.
        marks: Cases by the marks of messages.
        numbers: Numbers by key.
        next_number: The next to give.
        people: By case, the subjects that have a part in it.
        persons: By subject, whose it is.
        spoken: By subject, when it sent messages lately.
        new_numbers, new_marks, new_people, gone_people: What the batch adds to these, and who has a part no more.
    """

    book: Book
    language: str
    cases: dict[int, Held]
    marks: dict[str, int]
    numbers: dict[str, int]
    next_number: int
    people: dict[int, set[int]]
    persons: dict[int, int]
    spoken: dict[int, list[int]]
    new_numbers: dict[str, int] = {}
    new_marks: dict[str, int] = {}
    new_people: set[tuple[int, int]] = set()
    gone_people: set[tuple[int, int]] = set()

    def last(self, held: Held) -> Held:
        """Return the case that one went up in, or itself."""
        seen = {held.number}
        while (into := held.life(self.book).merged_into) and into not in seen and into in self.cases:
            seen.add(into)
            held = self.cases[into]
        return held

    def join(self, number: int, subject: int) -> None:
        """Let a subject have a part in a case."""
        if subject:
            self.people.setdefault(number, set()).add(subject)
            self.new_people.add((subject, number))
            self.gone_people.discard((subject, number))

    def leave(self, number: int, subject: int) -> None:
        """Let a subject have a part in a case no more."""
        self.people.get(number, set()).discard(subject)
        self.new_people.discard((subject, number))
        self.gone_people.add((subject, number))

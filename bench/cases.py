"""A million cases for the benchmark: some are worked out from what happened in them, the others are their rows, whole weeks earlier.

A week is the same to every calendar, so what was worked out for one case holds for its copies; only order numbers are each copy's own.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.kernel.clock import DAY, HOUR, MINUTE
from beleef.store.records.database import Database
from beleef.support import chore_queries, writing_queries
from beleef.support.life import fold
from beleef.support.model import KINDS, OUTCOMES, PRIORITIES, Entry, EntryKind
from beleef.support.promises import Book
from beleef.support.tables import (
    case_entries,
    case_people,
    case_promises,
    case_tags,
    case_waits,
    case_words,
    cases,
)
from beleef.support.words import words_of
from beleef.support.writing_queries import Written

NOW = 1_772_442_000_000_000
"""A Monday morning."""
ASSIGNEES = tuple(f"agent{number}@kersten.example" for number in range(40))
DEPARTMENTS = tuple(f"department{number}" for number in range(8))
TEAM, DEALING_TEAM = "desk", "returns"

_SEED = 11
_WORKED_OUT = 10_000
_OPEN = 0.1
_WEEK = 7 * DAY
_SYLLABLES = tuple(
    f"{one}{two}" for one in "bdfghklmnprstvw" for two in ("a", "e", "i", "o", "u", "oe", "ij")
)
_WORDS = tuple(
    first + second for first in _SYLLABLES for second in random.Random(_SEED).sample(_SYLLABLES, k=48)
)
_WEIGHTS = tuple(1 / (rank + 2) for rank in range(len(_WORDS)))
"""Few words are in most messages and most words in few, as in any language (Zipf)."""


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: a case in the middle and its person, and words by how many cases say them."""

    number: int
    subject: int
    rare: str
    uncommon: str
    common: str


def fill(database: Database, number: int) -> None:
    """Write so many cases into an empty database, as support's step writes them."""
    tables = (cases, case_entries, case_promises, case_waits, case_tags, case_words, case_people)
    made = min(number, _WORKED_OUT)
    chance = random.Random(_SEED)
    with database.write() as connection:
        for begin in range(1, made + 1, 1_000):
            _write(connection, chance, range(begin, min(begin + 1_000, made + 1)))
        for table in tables:
            for index in table.indexes:
                index.drop(connection)
            _copy(connection, table, made, number // made)
        told = sa.update(case_promises).where(case_promises.c.next_at <= NOW).values(told=4, next_at=None)
        connection.execute(told)
        for table in tables:
            for index in table.indexes:
                index.create(connection)


def sought(connection: sa.Connection, number: int) -> Sought:
    """Return what to look for among so many cases."""
    middle = number // 2
    subject = connection.scalar(sa.select(cases.c.subject).where(cases.c.number == middle))
    return Sought(
        number=middle,
        subject=subject or 0,
        rare=f"{_order_number(7)}x{number // _WORKED_OUT // 2}",
        uncommon=_WORDS[300],
        common=_WORDS[3],
    )


def _write(connection: sa.Connection, chance: random.Random, numbers: Sequence[int]) -> None:
    book, written, words, people = Book((), "Europe/Amsterdam"), [], set(), set()
    for number in numbers:
        subject = chance.getrandbits(60)
        entries = list(_happened(chance, number, subject))
        life = fold(entries, book)
        written.append(
            Written(number=number, subject=subject, cause="message", of="", life=life, fresh=entries)
        )
        words |= {(word, number) for one in entries for word in words_of(one.text)}
        people.add((subject, number))
    writing_queries.save(connection, written)
    writing_queries.add_words(connection, words)
    writing_queries.add_people(connection, people)
    # Teams that deal out have dealt.
    nobodys = chore_queries.undealt(connection, {DEALING_TEAM}, len(numbers))
    chore_queries.note_dealt(connection, nobodys)


def _happened(chance: random.Random, number: int, subject: int) -> Iterator[Entry]:
    at = NOW - chance.randrange(_WEEK // MINUTE) * MINUTE
    text = " ".join(chance.choices(_WORDS, _WEIGHTS, k=14))
    text = f"{text} {_order_number(number)}x0"
    opening = {
        "cause": "message",
        "kind": chance.choice(KINDS),
        "priority": chance.choice(PRIORITIES),
        "department": chance.choice(DEPARTMENTS),
        "team": chance.choice((TEAM, TEAM, DEALING_TEAM)),
        "title": text[:40],
    }

    def entry(kind: EntryKind, data: dict[str, Any], *, said: str = "", by: str = "") -> Entry:
        return Entry(
            case=number,
            fact=number * 10 + len(done),
            at=min(NOW, at + len(done) * HOUR),
            kind=kind,
            channel=("email", "web", "phone")[number % 3],
            actor=by,
            text=said,
            data=data,
            subject=subject if kind == "message" else 0,
        )

    done: list[Entry] = []
    done.append(entry("opened", opening))
    done.append(entry("message", {"subject": text[:40]}, said=text))
    colleague = chance.choice(ASSIGNEES)
    if chance.random() < 0.8:
        tags = ["lawyer"] if number % 500 == 0 else ["refund"] if number % 20 == 0 else []
        done.append(entry("change", {"assignee": colleague, "tags": tags}, by=colleague))
    if chance.random() < _OPEN:
        turn = chance.randrange(4)
        if turn == 0:
            asleep = {"status": "snoozed", "snooze_until": NOW + chance.randrange(1, 30) * DAY}
            done.append(entry("change", asleep, by=colleague))
        elif turn == 1:
            done.append(entry("reply", {"waiting": True}, said="Which parcel was it?", by=colleague))
    else:
        done.append(entry("reply", {}, said="We look into it.", by=colleague))
        ended = {"outcome": chance.choice(OUTCOMES), "root_cause": chance.choice(("late", "broken", "price"))}
        done.append(entry("closed", ended, by=colleague))
    yield from done


def _order_number(number: int) -> str:
    return f"9order{number}"


def _copy(connection: sa.Connection, table: sa.Table, made: int, times: int) -> None:
    """Write the rows of a table again and again, each time a week earlier and for cases with numbers of their own."""
    if times < 2:
        return
    turn = sa.select(sa.literal(1).label("of")).cte("turn", recursive=True)
    turn = turn.union_all(sa.select(turn.c.of + 1).where(turn.c.of < times - 1))
    values = {column.name: _copied(column, made, turn.c.of) for column in table.c}
    # In the order of their keys they are put one behind the other, and not all over the table.
    keys = [values[column.name] for column in table.primary_key]
    rows = sa.select(*values.values()).select_from(table.join(turn, sa.true())).order_by(*keys)
    connection.execute(sa.insert(table).from_select(list(values), rows))


def _copied(column: sa.Column[Any], made: int, turn: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    is_moment = isinstance(column.type, sa.BigInteger) and (
        column.name.endswith(("_at", "_since")) or column.name in {"at", "since", "until"}
    )
    if column.name == "number":
        return column + made * turn
    if column.name == "subject":
        # What was said by nobody in particular stays so.
        return sa.case((column == 0, 0), else_=column + turn)
    if column.name == "word":
        own = sa.func.replace(column, "x0", sa.literal("x") + sa.cast(turn, sa.String))
        return sa.case((column.startswith("9order"), own), else_=column)
    return column - _WEEK * turn if is_moment else column

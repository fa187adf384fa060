"""What the log promises (`beleef.store.log.port`), on each backend: SQLite, PostgreSQL and NATS JetStream."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

import pytest

from beleef.kernel.clock import SECOND
from beleef.store.log.port import Entry, Log, LogSize, Placed
from tests.cast import NOW
from tests.contracts.log_writer import entries_of
from tests.contracts.logs import open_log


def entry(body: bytes = b"{}", *, messages: int = 1, at: int = NOW) -> Entry:
    return Entry(received_at=at, source=3, kind="batch", messages=messages, body=body)


def everything(log: Log, *, after: int = 0, messages: int = 1_000) -> list[Placed]:
    """Read the log to its end in steps, as the worker does."""
    found: list[Placed] = []
    while step := log.read(after=found[-1].position if found else after, messages=messages):
        found += step
    return found


def test_an_empty_log_has_nothing_and_says_so(log: Log) -> None:
    assert log.head() == 0
    assert log.read(after=0, messages=100) == []
    assert log.get(1) is None
    assert log.waiting(after=0) == (0, None)
    assert log.total() == 0
    assert log.size() == LogSize(entries=0, bytes=log.size().bytes, oldest_at=None)
    assert log.prune(before=10) == 0


def test_positions_start_at_one_and_grow(log: Log) -> None:
    assert log.append([entry()]) == 1
    assert log.append([entry(), entry()]) == 3
    assert [placed.position for placed in log.read(after=0, messages=100)] == [1, 2, 3]
    assert log.head() == 3


def test_nothing_appended_moves_nothing(log: Log) -> None:
    log.append([entry()])
    assert log.append([]) == 1
    assert log.head() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\r\n\r\n",
        gzip.compress(b'{"batch": []}', mtime=0),
        "é\u2028\U0001f600".encode(),
        bytes(range(256)),
    ],
    ids=["empty", "control characters", "gzip", "unicode", "all bytes"],
)
def test_a_body_comes_back_byte_for_byte(log: Log, body: bytes) -> None:
    written = Entry(received_at=NOW, source=(1 << 53) + 1, kind="import: a b/ü", messages=7, body=body)
    position = log.append([written])
    assert log.get(position) == written
    assert log.read(after=0, messages=1) == [Placed(position=position, entry=written)]


def test_a_body_of_four_megabytes_comes_back(log: Log) -> None:
    body = bytes(range(251)) * (4_000_000 // 251)
    log.append([entry(body), entry(b"small"), entry(body[::-1])])
    assert [placed.entry.body for placed in everything(log)] == [body, b"small", body[::-1]]


def test_reading_goes_on_behind_a_position(log: Log) -> None:
    log.append(entries_of("anna", 0, 10))
    assert [placed.position for placed in log.read(after=7, messages=100)] == [8, 9, 10]
    assert log.read(after=10, messages=100) == []


def test_reading_stops_at_about_so_many_messages(log: Log) -> None:
    log.append([entry(messages=10) for _ in range(50)])
    assert len(log.read(after=0, messages=100)) == 10
    assert len(log.read(after=0, messages=95)) == 10
    assert len(log.read(after=0, messages=1)) == 1
    assert [placed.position for placed in everything(log, messages=70)] == list(range(1, 51))


def test_reading_stops_at_about_so_many_bytes_but_gives_at_least_one_entry(log: Log) -> None:
    for _ in range(20):
        log.append([entry(b"x" * 10_000)])
    assert 1 <= len(log.read(after=0, messages=1_000, bytes_=1)) <= 2
    assert 3 <= len(log.read(after=0, messages=1_000, bytes_=30_000)) <= 4


def test_more_entries_than_one_step_come_in_order(log: Log) -> None:
    for first in range(0, 3_000, 1_500):
        log.append(entries_of("anna", first, 1_500))
    numbers = [int(placed.entry.body.split()[1]) for placed in everything(log, messages=10_000)]
    assert numbers == list(range(3_000))


def test_get_knows_only_positions_that_are_there(log: Log) -> None:
    log.append([entry(b"one"), entry(b"two")])
    found = log.get(2)
    assert found is not None
    assert found.body == b"two"
    assert log.get(0) is None
    assert log.get(3) is None
    assert log.get(1 << 40) is None


def test_waiting_counts_messages_and_names_the_oldest_moment(log: Log) -> None:
    log.append([entry(messages=5, at=NOW), entry(messages=7, at=NOW + SECOND)])
    assert log.waiting(after=0) == (12, NOW)
    assert log.waiting(after=1) == (7, NOW + SECOND)
    assert log.waiting(after=2) == (0, None)
    log.append([entry(messages=1, at=NOW + 2 * SECOND)])
    assert log.waiting(after=2) == (1, NOW + 2 * SECOND)
    assert log.waiting(after=0) == (13, NOW)


def test_the_total_counts_what_was_ever_accepted(log: Log, log_address: str) -> None:
    log.append([entry(messages=5), entry(messages=7), entry(messages=11)])
    assert log.total() == 23
    log.prune(before=3)
    assert log.total() == 23
    log.append([entry(messages=2)])
    with reopened(log_address) as again:
        assert again.total() == 25


def test_replacing_changes_one_body_and_nothing_else(log: Log) -> None:
    log.append([entry(b"one"), entry(b"Daan lives at 12", messages=4), entry(b"three")])
    log.replace(2, b"erased")
    assert [(placed.position, placed.entry.body) for placed in everything(log)] == [
        (1, b"one"),
        (2, b"erased"),
        (3, b"three"),
    ]
    found = log.get(2)
    assert found == entry(b"erased", messages=4)
    assert log.waiting(after=1) == (5, NOW)
    assert log.total() == 6
    assert log.size().entries == 3
    assert log.head() == 3


def test_the_last_and_the_first_can_be_replaced_again_and_again(log: Log, log_address: str) -> None:
    log.append([entry(b"one"), entry(b"two"), entry(b"three")])
    for position in (3, 1):
        for body in (b"first try", b"", b"last try"):
            log.replace(position, body)
    expected = [b"last try", b"two", b"last try"]
    assert [placed.entry.body for placed in everything(log)] == expected
    assert [placed.entry.body for placed in everything(log, messages=1)] == expected
    with reopened(log_address) as again:
        assert [placed.entry.body for placed in everything(again)] == expected
        assert again.waiting(after=0) == (3, NOW)
        assert again.append([entry(b"four")]) == 4
    assert [placed.position for placed in everything(log)] == [1, 2, 3, 4]


def test_another_process_sees_a_replaced_body(log: Log, log_address: str) -> None:
    log.append([entry(b"one"), entry(b"two")])
    with reopened(log_address) as other:
        assert len(everything(other)) == 2
        log.replace(1, b"erased")
        assert [placed.entry.body for placed in everything(other)] == [b"erased", b"two"]
        seen = other.get(1)
        assert seen is not None
        assert seen.body == b"erased"


def test_replacing_what_is_not_there_changes_nothing(log: Log) -> None:
    log.append([entry(b"one")])
    log.replace(9, b"nothing")
    assert [placed.entry.body for placed in everything(log)] == [b"one"]
    assert log.get(9) is None


def test_pruning_forgets_what_is_below_and_counts_it(log: Log) -> None:
    for written in entries_of("anna", 0, 10):
        log.append([written])
    log.replace(2, b"erased")
    assert log.prune(before=4) == 3
    assert log.get(2) is None
    assert [placed.position for placed in everything(log)] == [4, 5, 6, 7, 8, 9, 10]
    assert log.prune(before=4) == 0
    assert log.size().entries == 7
    assert log.size().oldest_at == NOW + 3
    assert log.waiting(after=0) == (14, NOW + 3)


def test_pruning_never_takes_an_entry_that_should_stay(log: Log) -> None:
    log.append(entries_of("anna", 0, 10))
    # Entries that were written together may go together, so fewer than asked may go, never more.
    pruned = log.prune(before=4)
    assert 0 <= pruned <= 3
    assert [placed.position for placed in everything(log)] == list(range(pruned + 1, 11))


def test_a_moment_has_a_position_with_only_older_entries_below_it(log: Log) -> None:
    assert log.position_at(NOW) == 0
    for second in range(6):
        log.append([entry(at=NOW + second * SECOND)])
    assert log.position_at(NOW) == 1
    assert log.position_at(NOW + 3 * SECOND) == 4
    assert log.position_at(NOW + 3 * SECOND + 1) == 5
    assert log.position_at(NOW + 100 * SECOND) == 6
    log.prune(before=3)
    assert log.position_at(NOW) == 3


def test_a_position_is_never_used_again(log: Log, log_address: str) -> None:
    log.append(entries_of("anna", 0, 5))
    log.prune(before=1_000)
    assert log.head() == 5
    with reopened(log_address) as again:
        assert again.append([entry()]) == 6


def test_size_grows_with_what_is_kept(log: Log) -> None:
    log.append([entry(b"x" * 1_000, at=NOW + 5), entry(b"x" * 2_000, at=NOW + 9)])
    size = log.size()
    assert size.entries == 2
    assert 3_000 <= size.bytes < 6_000
    assert size.oldest_at == NOW + 5


def test_everything_is_there_after_opening_again(log: Log, log_address: str) -> None:
    written = entries_of("anna", 0, 25)
    log.append(written)
    log.close()
    with reopened(log_address) as again:
        assert [placed.entry for placed in everything(again)] == written
        assert again.head() == 25
        assert again.append([entry()]) == 26


def test_many_threads_append_and_every_answer_names_the_right_entry(log: Log) -> None:
    def write(writer: str) -> dict[int, bytes]:
        answered = {}
        for number in range(0, 40, 2):
            pair = entries_of(writer, number, 2)
            answered[log.append(pair)] = pair[-1].body
        return answered

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(write, [f"writer{number}" for number in range(8)]))
    found = everything(log)
    bodies = {placed.position: placed.entry.body for placed in found}
    assert len(bodies) == 8 * 40
    for answered in answers:
        assert answered.items() <= bodies.items()
    assert_each_writer_in_order(found, writers=8, each=40)


def test_a_reader_never_passes_over_a_late_commit(log: Log, log_address: str) -> None:
    with writers(log_address, count=4, each=150) as processes:
        for process in processes:
            say_go(process)
        seen: list[Placed] = []
        while len(seen) < 4 * 150:
            seen += log.read(after=seen[-1].position if seen else 0, messages=40)
            ended = [process.poll() for process in processes]
            assert not any(ended), "a writer failed"
            if all(code == 0 for code in ended) and not log.read(after=seen[-1].position, messages=1):
                break
    # What was read piece by piece, while others wrote, is exactly what is there in the end.
    assert [placed.position for placed in seen] == [placed.position for placed in everything(log)]
    assert_each_writer_in_order(seen, writers=4, each=150)


def test_processes_that_open_a_new_log_at_once_all_find_it(log_address: str) -> None:
    with writers(log_address, count=4, each=3) as processes:
        for process in processes:
            say_go(process)
        assert [process.wait() for process in processes] == [0, 0, 0, 0]
    with reopened(log_address) as log:
        assert_each_writer_in_order(everything(log), writers=4, each=3)


def test_what_was_answered_survives_the_death_of_the_writer(log: Log, log_address: str) -> None:
    with writers(log_address, count=1, each=100_000) as (process,):
        say_go(process)
        assert process.stdout is not None
        promised = [process.stdout.readline().split() for _ in range(30)]
        process.kill()
        process.wait()
        promised += [line.split() for line in process.stdout.read().splitlines() if len(line.split()) == 2]
    number, position = (int(part) for part in promised[-1])
    found = everything(log, messages=100_000)
    assert len(found) >= number
    kept = {placed.position: placed.entry.body for placed in found}
    assert kept[position].split()[1] == str(number - 1).encode()
    assert [int(placed.entry.body.split()[1]) for placed in found] == list(range(len(found)))


@contextmanager
def reopened(address: str) -> Iterator[Log]:
    log = open_log(address)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def writers(address: str, *, count: int, each: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Give processes that opened the log, all at the same time, and wait for a word before they write."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.log_writer", address, f"writer{number}", str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
            close(process.stdin)
            close(process.stdout)


def say_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def close(stream: IO[str] | None) -> None:
    if stream is not None:
        stream.close()


def assert_each_writer_in_order(found: list[Placed], *, writers: int, each: int) -> None:
    positions = [placed.position for placed in found]
    assert positions == sorted(set(positions))
    numbers: dict[bytes, list[int]] = {}
    for placed in found:
        writer, number = placed.entry.body.split()[:2]
        numbers.setdefault(writer, []).append(int(number))
    assert len(numbers) == writers
    assert all(sequence == list(range(each)) for sequence in numbers.values())

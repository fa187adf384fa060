"""Filing, merging and erasing under every kind of bad luck: nothing is seen twice, nothing is lost."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from beleef.kernel.clock import DAY, SECOND
from beleef.kernel.errors import Conflict, StorageFull, Unavailable
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.model import FilingRules, LakeFile
from beleef.store.warehouse.tables import lake_rubbish, unfiled
from tests.store.filing import Worker

_EAGER = FilingRules(rows=1, age_s=0, least_rows=1, patience_s=0, files_per_month=2, settle_s=0, grace_s=10)
_PATIENT = FilingRules(
    rows=1_000, age_s=60, least_rows=10, patience_s=3_600, files_per_month=8, settle_s=21_600
)


@pytest.fixture
def worker(database: Database, tmp_path: Path) -> Worker:
    return Worker(database, tmp_path / "lake", _EAGER)


@pytest.fixture
def patient(sqlite_database: Database, tmp_path: Path) -> Worker:
    return Worker(sqlite_database, tmp_path / "lake", _PATIENT)


class PowerCut(Exception):
    """Stands for the end of the process at some step."""


_STEPS: dict[str, tuple[object, str]] = {
    "before the file is announced": (queries, "announce"),
    "before the file is written": (Lake, "write"),
    "before the exchange": (queries, "exchange"),
    "within the exchange": (queries, "remove_blobs"),
}


def dies(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, after: bool) -> None:
    """Let a step end in a power cut, before it did anything or after it did everything."""
    original: Callable[..., object] = getattr(owner, name)

    def dying(*arguments: object, **named: object) -> object:
        if after:
            original(*arguments, **named)
        raise PowerCut

    monkeypatch.setattr(owner, name, dying)


@pytest.mark.parametrize("after", [False, True], ids=["", "just after"])
@pytest.mark.parametrize("step", _STEPS)
def test_dying_while_filing_changes_no_answer(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    worker.add(50, months=3)
    with monkeypatch.context() as patch:
        dies(patch, *_STEPS[step], after=after)
        with pytest.raises(PowerCut):
            worker.filer.file()
    assert worker.seen() == worker.everything()
    worker.add(20, months=2)
    assert worker.filer.run() == 70
    assert worker.seen() == worker.everything()
    worker.now += 11 * SECOND
    worker.filer.sweep()
    assert worker.on_disk() == worker.in_use()
    assert worker.seen() == worker.everything()


@pytest.mark.parametrize(
    "step", ["before the file is announced", "before the file is written", "before the exchange"]
)
def test_dying_while_merging_or_erasing_changes_no_answer(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for _ in range(3):
        worker.add(30, months=2)
        worker.filer.file()
    for work in (worker.filer.merge, lambda: worker.eraser.erase([3])):
        with monkeypatch.context() as patch:
            dies(patch, *_STEPS[step], after=True)
            with pytest.raises(PowerCut):
                work()
        assert worker.seen() == worker.everything()
        assert work()
        assert worker.seen() == worker.everything()
    worker.now += 11 * SECOND
    worker.filer.sweep()
    assert worker.on_disk() == worker.in_use()
    assert worker.seen() == worker.everything()


def test_a_killed_worker_loses_nothing_and_repeats_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    chance, committed = random.Random(7), 0
    program = Path(__file__).with_name("filing_forever.py")
    for _ in range(5):
        command = [sys.executable, str(program), str(tmp_path), str(committed + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(3, 25)):
                said = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in process.stdout.read().split())])
        scanned = sorted(
            fact.id for _, fact in Warehouse(sqlite_database, lake=str(tmp_path / "lake")).scan()
        )
        assert scanned == list(range(1, len(scanned) + 1))
        assert said <= len(scanned) <= said + 100
        committed = len(scanned)


def test_a_full_disk_leaves_the_facts_in_the_tail(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.add(10)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(StorageFull):
            worker.filer.run()
    assert worker.on_disk() == set()
    assert worker.filer.run() == 10
    assert worker.seen() == worker.everything()


def test_a_lake_that_cannot_be_written_says_so(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("This is a file, not a folder.")
    worker = Worker(sqlite_database, tmp_path / "lake", _EAGER)
    worker.add(1)
    with pytest.raises(Unavailable, match="cannot be written"):
        worker.filer.run()


def test_filing_gives_way_when_the_tail_was_rewritten_meanwhile(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.add(21)
    write = Lake.write

    def erase_first(*arguments: object, **named: object) -> LakeFile | None:
        monkeypatch.setattr(Lake, "write", write)
        assert worker.eraser.erase([3])
        return write(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "write", erase_first)
    with pytest.raises(Conflict):
        worker.filer.file()
    monkeypatch.setattr(Lake, "write", erase_first)
    worker.add(7)
    assert worker.filer.run() == 0
    assert worker.filer.run() == 28
    assert worker.seen() == worker.everything()
    assert list(worker.warehouse.facts_of([3])) == []


def test_erasing_follows_facts_that_are_merged_meanwhile(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        worker.add(14)
        worker.filer.file()
    write = Lake.write

    def merge_first(*arguments: object, **named: object) -> LakeFile | None:
        monkeypatch.setattr(Lake, "write", write)
        assert worker.filer.merge() == 3
        return write(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "write", merge_first)
    assert worker.eraser.erase([3]) == 6
    assert list(worker.warehouse.facts_of([3])) == []
    assert worker.seen() == worker.everything()


def test_small_batches_become_few_blobs(patient: Worker) -> None:
    for _ in range(300):
        patient.add(3)
    with patient.database.read() as connection:
        blobs = queries.blobs(connection)
    assert len(blobs) < 64
    assert sum(blob.rows for blob in blobs) == 900
    assert patient.seen() == patient.everything()


def test_a_blobs_number_is_never_used_again(worker: Worker) -> None:
    worker.add(1)
    assert [fact.message_id for _, fact in worker.warehouse.scan()] == ["m1"]
    with worker.database.write() as connection:
        connection.execute(sa.delete(unfiled))
    worker.add(1)
    assert [fact.message_id for _, fact in worker.warehouse.scan()] == ["m2"]


def test_a_short_tail_is_filed_when_it_is_old(patient: Worker) -> None:
    assert not patient.filer.is_due()
    patient.add(30)
    assert not patient.filer.is_due()
    patient.now += 60 * SECOND
    assert patient.filer.run() == 30
    assert patient.seen() == patient.everything()


def test_a_long_tail_is_filed_at_once(patient: Worker) -> None:
    patient.add(1_000)
    assert patient.filer.run() == 1_000


def test_a_few_late_facts_wait_for_more(patient: Worker) -> None:
    patient.add(1_000)
    patient.add(9, months=9)
    assert patient.filer.run() == 1_001
    assert patient.warehouse.size().unfiled == 8
    patient.now += 3_599 * SECOND
    assert patient.filer.run() == 0
    patient.now += 61 * SECOND
    assert patient.filer.run() == 8
    assert patient.seen() == patient.everything()


def test_an_import_of_many_small_months_is_filed_all_the_same(patient: Worker) -> None:
    patient.add(1_000, months=200)
    assert patient.filer.run() == 1_000
    assert patient.warehouse.size().unfiled == 0


def test_many_small_files_of_a_month_become_few(patient: Worker) -> None:
    for _ in range(40):
        patient.add(100)
        patient.now += 60 * SECOND
        patient.filer.run()
        assert patient.warehouse.size().files <= 8
    assert patient.seen() == patient.everything()
    patient.now += 21_600 * SECOND
    patient.filer.merge()
    assert patient.warehouse.size().files == 1
    assert patient.seen() == patient.everything()


def test_a_replaced_file_is_kept_for_the_time_of_grace(worker: Worker) -> None:
    for _ in range(3):
        worker.add(5)
        worker.filer.file()
    old = worker.on_disk()
    assert worker.filer.merge() == 3
    worker.now += 10 * SECOND
    assert worker.filer.sweep() == 0
    assert old < worker.on_disk()
    worker.now += 1
    assert worker.filer.sweep() == 3
    assert len(worker.on_disk()) == 1
    with worker.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(lake_rubbish)) == 0


def test_a_strangers_file_in_the_folder_is_neither_read_nor_deleted(worker: Worker) -> None:
    worker.add(5)
    worker.filer.file()
    stranger = worker.folder / "facts/month=2025-01/stranger.parquet"
    stranger.write_bytes((worker.folder / next(iter(worker.on_disk()))).read_bytes())
    worker.now += 365 * DAY
    worker.filer.sweep()
    assert stranger.exists()
    assert worker.seen() == worker.everything()


def test_a_question_survives_a_file_that_is_deleted_under_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        worker.add(7)
        worker.filer.file()
    snapshot = worker.warehouse._history.snapshot()
    worker.filer.merge()
    worker.now += 11 * SECOND
    worker.filer.sweep()
    history, fresh = worker.warehouse._history, worker.warehouse._history.snapshot

    def stale_once() -> object:
        monkeypatch.setattr(history, "snapshot", fresh)
        return snapshot

    facts = worker.warehouse.facts()
    for question, answer in (
        (lambda: [fact.id for fact in worker.warehouse.timeline([3])], [17, 10, 3]),
        (lambda: [fact.id for fact in worker.warehouse.facts_of([3])], [3, 10, 17]),
        (lambda: worker.warehouse.ask(facts.count().as_table()).to_pylist()[0].popitem()[1], 21),
    ):
        monkeypatch.setattr(history, "snapshot", stale_once)
        assert question() == answer
    monkeypatch.setattr(history, "snapshot", stale_once)
    with pytest.raises(Unavailable, match="rewritten"):
        list(worker.warehouse.scan())

"""What a log does when there is no room or nobody answers: it says so, keeps what it had promised, and goes on afterwards."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beleef.kernel.errors import StorageFull, TooLarge, Unavailable
from beleef.store.log.jetstream import JetStreamLog
from beleef.store.log.table import TableLog
from tests.contracts.log_writer import entries_of
from tests.contracts.test_log import entry, everything, reopened
from tests.services import nats
from tests.services.running import Running

_LIMIT = 4_000_000


def _fill(address: str) -> int:
    """Write entries until there is no room; give it room again; write one more. Return how many were promised."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, resource.RLIM_INFINITY))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = TableLog(address)
    promised = 0
    try:
        for number in range(1_000):
            log.append(entries_of("anna", number, 1, padding=50_000))
            promised += 1
    except StorageFull:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        log.append(entries_of("anna", promised, 1))
        return promised + 1
    raise AssertionError("The disk was never full.")


def test_a_full_disk_refuses_and_loses_nothing(sqlite_address: str) -> None:
    # The limit on the size of files holds for a whole process, so it is set in one of its own.
    code = f"from {__name__} import _fill; print(_fill({sqlite_address!r}))"
    promised = int(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    )
    with reopened(sqlite_address) as log:
        numbers = [int(placed.entry.body.split()[1]) for placed in everything(log)]
    assert promised > 20
    assert numbers == list(range(promised))


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[Running]:
    """A small NATS server for one test, which may be stopped and filled."""
    server = nats.start(tmp_path, max_store="20MB")
    yield server
    _stop(server.pid, signal.SIGKILL)


@pytest.mark.service
def test_a_full_nats_server_refuses_and_loses_nothing(own_nats: Running) -> None:
    log = JetStreamLog(f"{own_nats.address}/full")
    promised = 0
    with contextlib.suppress(StorageFull):
        while promised < 1_000:
            log.append(entries_of("anna", promised, 5, padding=100_000))
            promised += 5
    assert 0 < promised < 1_000
    numbers = [int(placed.entry.body.split()[1]) for placed in everything(log)]
    assert numbers == list(range(promised))
    log.prune(before=promised // 2)
    log.append(entries_of("anna", promised, 1))
    assert len(everything(log)) == promised - promised // 2 + 2
    assert log.total() == 2 * (promised + 1)
    log.close()


@pytest.mark.service
def test_a_killed_nats_server_keeps_what_it_confirmed(own_nats: Running, tmp_path: Path) -> None:
    log = JetStreamLog(f"{own_nats.address}/killed")
    log.append(entries_of("anna", 0, 30))
    log.replace(7, b"erased")
    _stop(own_nats.pid, signal.SIGKILL)
    with pytest.raises(Unavailable):
        log.append(entries_of("anna", 30, 1))
    again = nats.start(tmp_path, port=int(own_nats.address.rpartition(":")[2]))
    try:
        found = everything(log)
        assert [placed.position for placed in found[:30]] == list(range(1, 31))
        assert found[6].entry.body == b"erased"
        assert log.append([entry()]) == found[-1].position + 1
    finally:
        log.close()
        _stop(again.pid, signal.SIGTERM)


@pytest.mark.service
def test_a_server_that_is_not_there_is_said_to_be_unavailable() -> None:
    with pytest.raises(Unavailable):
        JetStreamLog("nats://127.0.0.1:9/nowhere")


@pytest.mark.service
def test_a_body_beyond_the_servers_limit_is_refused(jetstream_address: str) -> None:
    with reopened(jetstream_address) as log:
        with pytest.raises(TooLarge):
            log.append([entry(b"x" * 9_000_000)])
        assert log.append([entry(b"small")]) == 1


def _stop(pid: int, number: int) -> None:
    """Send a signal and wait until the process has gone; one that has gone already is left alone."""
    try:
        os.kill(pid, number)
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            time.sleep(0.01)
    except (ProcessLookupError, ChildProcessError):
        return

"""The disk is full: clients are told to come back, nothing that was answered with 200 is lost, and it goes on by itself."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.beleef import Installation
from tests.stories.running import at, installation_in, serving, settled, wait_until

SIZE_MIB = 100
"""So much that Beleef starts with room to spare, and so little that it is full soon."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be made here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def send(here: Installation, number: int) -> httpx.Response:
    message = {
        "type": "track",
        "event": "Page Looked At",
        "userId": f"u-{number % 50}",
        "messageId": f"full-{number}",
        "properties": {"text": f"{number}" * 2_000},
    }
    headers = {"authorization": f"Bearer {here.write_key}"}
    return httpx.post(f"{here.address}/v1/track", json=message, headers=headers, timeout=120)


def fill(folder: Path) -> Path:
    """Take all room that is left, to the last block."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def test_a_full_disk_loses_nothing_and_ends_by_itself(small_disk: Path) -> None:
    installation = installation_in(small_disk)
    with serving(installation) as server:
        here = at(installation, server)
        accepted = [number for number in range(50) if send(here, number).status_code == 200]
        assert len(accepted) == 50
        ballast = fill(small_disk)
        refused = []
        for number in range(50, 400):
            answer = send(here, number)
            if answer.status_code == 200:
                accepted.append(number)
                continue
            assert answer.status_code == 503
            assert answer.json()["code"] == "storage_full"
            assert 1 <= int(answer.headers["retry-after"]) <= 300
            refused.append(number)
            if len(refused) > 20:
                break
        assert len(refused) > 20
        told = httpx.get(f"{here.address}/health", timeout=120)
        assert told.status_code == 503
        assert any("disk" in why for why in told.json()["why"])
        ballast.unlink()
        wait_until(lambda: send(here, refused[0]).status_code == 200)
        accepted.append(refused[0])
        for number in refused[1:]:
            assert send(here, number).status_code == 200
            accepted.append(number)
        figures = settled(here)
        assert figures["processed"] == len(accepted)
        assert figures["repeated"] == figures["quarantined"] == 0
        assert here.ask("/v1/facts/count")["total"] == len(accepted)
        assert "process_died" not in server.output_text()
        wait_until(lambda: httpx.get(f"{here.address}/health", timeout=120).status_code in {200, 503})


def test_beleef_says_why_it_is_not_ready_when_the_disk_is_nearly_full(small_disk: Path) -> None:
    installation = installation_in(small_disk)
    with serving(installation) as server:
        ready = httpx.get(f"{server.address}/health", timeout=120)
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        fill(small_disk)
        told = httpx.get(f"{server.address}/health", timeout=120)
        assert told.status_code == 503
        assert "The disk is nearly full." in told.json()["why"]

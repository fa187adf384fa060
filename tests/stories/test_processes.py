"""Beleef in several processes: started, stopped cleanly, started again, and never two that count the same message."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.services.beleef import Installation
from tests.services.programs import program
from tests.services.running import free_port
from tests.stories.running import Client, Server, at, installation_in, serving, settled, wait_until


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings with a fresh database, on each backend."""
    if request.param == "sqlite":
        return {}
    return {"BELEEF_DATABASE": str(request.getfixturevalue("postgres_address"))}


@pytest.fixture
def installation(tmp_path: Path, settings: dict[str, str]) -> Installation:
    """A Beleef that is set up."""
    return installation_in(tmp_path, **settings)


@pytest.fixture
def embedded(tmp_path: Path) -> Installation:
    """A Beleef that is set up with everything in its folder."""
    return installation_in(tmp_path)


async def send_at_once(here: Installation, count: int, stop: signal.Signals, pid: int) -> list[int | None]:
    """Send many messages at the same time, ask the process to stop meanwhile, and return each answer's status, None for none."""

    async def send(client: httpx.AsyncClient, number: int) -> int | None:
        message = {"type": "page", "userId": "u", "messageId": f"stop-{number}", "writeKey": here.write_key}
        try:
            return (await client.post(f"{here.address}/v1/page", json=message)).status_code
        except httpx.HTTPError:
            return None

    async with httpx.AsyncClient(timeout=120) as client:
        tasks = [asyncio.create_task(send(client, number)) for number in range(count)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        os.kill(pid, stop)
        return list(await asyncio.gather(*tasks))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_answers_what_is_under_way_and_ends_well(
    embedded: Installation, number: signal.Signals
) -> None:
    server = Server(embedded)
    server.start()
    here = at(embedded, server)
    answers = asyncio.run(send_at_once(here, 60, number, server.pid))
    assert server.wait() == 0
    assert set(answers) <= {200, None}
    assert 200 in answers
    assert "Traceback" not in server.output_text()
    with serving(embedded) as again:
        figures = settled(at(embedded, again))
    # A request whose connection broke may have been kept; one that was answered must have been.
    assert answers.count(200) <= figures["processed"] <= len(answers)


def test_what_it_was_working_on_is_worked_on_after_the_next_start(embedded: Installation) -> None:
    with serving(embedded) as server:
        here = at(embedded, server)
        client = Client(here, name="kept", seed=1, size=200)
        client.start()
        wait_until(lambda: len(client.accepted) >= 1_000)
        client.stop()
        assert server.stop() == 0
    with serving(embedded) as again:
        figures = settled(at(embedded, again))
    assert figures["processed"] == len(client.accepted)
    assert figures["repeated"] == 0


def test_a_port_in_use_is_said_clearly(embedded: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments in ([], ["--web"]):
            command = [
                str(program("beleef")),
                "serve",
                "--port",
                port,
                "--data",
                str(embedded.data),
                *arguments,
            ]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=1200,
                env=dict(embedded.environment),
                check=False,
            )
            assert done.returncode == 1, arguments
            assert f"Beleef cannot listen on 127.0.0.1:{port}" in done.stderr
            assert "--port" in done.stderr
            assert "Traceback" not in done.stderr


def test_two_installations_do_not_share_a_port(embedded: Installation, tmp_path: Path) -> None:
    other = installation_in(tmp_path / "other")
    with serving(embedded) as server:
        done = subprocess.run(
            [str(program("beleef")), "serve", "--port", str(server.port), "--data", str(other.data)],
            capture_output=True, text=True, timeout=1200, env=dict(other.environment), check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "cannot listen" in done.stderr


def test_nothing_is_served_that_is_not_set_up(tmp_path: Path) -> None:
    for arguments in ([], ["--web"], ["--worker"]):
        command = [
            str(program("beleef")),
            "serve",
            "--data",
            str(tmp_path / "nothing"),
            "--port",
            str(free_port()),
            *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
        assert done.returncode == 1
        assert "beleef init" in done.stderr
        assert not (tmp_path / "nothing").exists()


def test_several_web_processes_share_the_port_and_the_work(installation: Installation) -> None:
    several = Installation(
        address="", data=installation.data, write_key=installation.write_key, token=installation.token,
        environment={**installation.environment, "BELEEF_WEB_PROCESSES": "3"},
    )  # fmt: skip
    with serving(several) as server:
        wait_until(lambda: len(listeners(server)) == 3)
        here = at(several, server)
        clients = [Client(here, name=f"c{number}", seed=number, size=20) for number in range(4)]
        for client in clients:
            client.start()
        time.sleep(3)
        for client in clients:
            client.stop()
        figures = settled(here)
        assert figures["processed"] == sum(len(client.accepted) for client in clients)
        assert figures["repeated"] == 0
        # Each connection goes to one of them, and each says what it took itself.
        assert len({taken_by_one(here) for _ in range(40)}) > 1


def listeners(server: Server) -> set[int]:
    """Return the web processes that have opened the port."""
    wanted = f":{server.port:04X}"
    sockets = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(wanted) and line.split()[3] == "0A"
    }
    return {
        pid for pid in server.children("web") if any(f"socket:[{inode}]" in _links(pid) for inode in sockets)
    }


def _links(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except OSError:
            continue
    return found


def taken_by_one(here: Installation) -> str:
    metrics = httpx.get(f"{here.address}/metrics", timeout=120).text
    return next(line for line in metrics.splitlines() if line.startswith("beleef_collect_requests_total"))


def test_web_and_worker_run_apart_and_a_second_worker_takes_over(installation: Installation) -> None:
    with serving(installation, "--web") as web:
        here = at(installation, web)
        client = Client(here, name="apart", seed=1)
        client.start()
        wait_until(lambda: len(client.accepted) > 20)
        assert client.attempts
        workers = [Server(installation, arguments=["--worker"]) for _ in range(2)]
        for worker in workers:
            worker.start(until_ready=False)
        wait_until(lambda: processed(here) > 0)
        first = next(worker for worker in workers if holds_lease(installation, worker))
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        then = len(client.accepted)
        wait_until(lambda: len(client.accepted) > then + 50)
        client.stop()
        figures = settled(here)
        assert figures["processed"] == len(client.accepted)
        assert figures["repeated"] == 0
        second = next(worker for worker in workers if worker is not first)
        assert second.stop() == 0


def processed(here: Installation) -> int:
    metrics = httpx.get(f"{here.address}/metrics", timeout=120).text
    line = next(line for line in metrics.splitlines() if 'outcome="processed"' in line)
    return int(float(line.split()[-1]))


def holds_lease(installation: Installation, worker: Server) -> bool:
    """Whether a worker is the one that works: it has the lock file open, or a connection that holds the lock."""
    lock = installation.data / "worker.lock"
    if lock.exists():
        return str(lock) in _links(worker.pid)
    return _has_lock_in_database(installation, worker)


def _has_lock_in_database(installation: Installation, worker: Server) -> bool:
    import sqlalchemy as sa

    address = installation.environment["BELEEF_DATABASE"]
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    query = (
        "SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'advisory' AND a.datname = current_database() AND l.granted"
    )
    with engine.connect() as connection:
        ports = {f":{port:04X}" for (port,) in connection.exec_driver_sql(query)}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if any(row[1].endswith(port) for port in ports)}
    return any(f"socket:[{inode}]" in _links(worker.pid) for inode in inodes)

"""The benchmark stays alive: one row runs from end to end, its load is counted right, and what it prints can be trusted as to form."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.load import client
from bench.load.closed import closed_loop
from bench.report import Done, to_markdown
from bench.result import Outcome, Result, percentile
from bench.rows import ROWS, row

ROOT = Path(__file__).parent.parent


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[bytes] = []  # noqa: RUF012 -- the standard library makes a handler per connection

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        self.send_response(503 if body == b"no" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Print nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    _Answers.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_row_runs_from_end_to_end_and_prints_its_figure_beside_its_baseline(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    command = [sys.executable, "-m", "bench", "--quick", "lake", "--into", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cells = next(line for line in report.read_text().splitlines() if line.startswith("| lake")).split("|")
    assert 16 < float(cells[2].split()[0]) < float(cells[3].split()[0])
    assert "Quick run" in done.stdout


def test_a_row_that_nobody_knows_is_refused_with_the_known_ones() -> None:
    command = [sys.executable, "-m", "bench", "lak"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "lake" in done.stderr


@pytest.mark.parametrize("name", ROWS)
def test_every_row_says_what_it_measures_and_how(name: str) -> None:
    module = row(name)
    assert module.TITLE
    assert len(module.__doc__ or "") > 200
    assert callable(module.measure)


def test_the_open_loop_sends_every_request_that_falls_due_once(port: int) -> None:
    requests = [client.request_bytes("POST", "/", f"{number}".encode()) for number in range(40)]
    load = client.open_loop(port, requests, rate=100, connections=4, seconds=0.4)
    assert sorted(map(int, _Answers.seen)) == list(range(40))
    assert (load.requests, load.failed) == (40, 0)


def test_an_answer_that_is_no_success_counts_as_failed(port: int) -> None:
    requests = [client.request_bytes("POST", "/", body) for body in (b"yes", b"no")]
    load = client.open_loop(port, requests, rate=100, connections=1, seconds=0.1)
    assert (load.requests, load.failed) == (10, 5)
    with pytest.raises(RuntimeError, match="5 of 10"):
        load.checked()


def test_every_request_is_sent_once(port: int) -> None:
    requests = [client.request_bytes("POST", "/", f"{number}".encode()) for number in range(40)]
    load = client.once(port, requests, connections=4)
    assert sorted(map(int, _Answers.seen)) == list(range(40))
    assert (load.requests, load.failed) == (40, 0)


def test_the_closed_loop_uses_the_requests_in_turn(port: int) -> None:
    requests = [client.request_bytes("POST", "/", f"{number}".encode()) for number in range(3)]
    load = closed_loop(port, requests, connections=1, seconds=1)
    assert load.requests >= 3
    assert sorted(_Answers.seen[:3]) == [b"0", b"1", b"2"]
    assert _Answers.seen[3:6] == _Answers.seen[:3]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(share: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


def test_a_row_that_failed_stands_in_the_table_with_its_reason() -> None:
    kept = Result(row="speed", measured="2 m", baseline="1 m", ratio=2.0, budget="≤ 3 m", holds=True)
    rows = [
        Done(name="lake", module=row("lake"), outcome=Outcome(results=(kept,)), failure="", took_s=1),
        Done(name="growth", module=row("growth"), outcome=None, failure="OSError: no room", took_s=1),
    ]
    report = to_markdown(rows, ["a machine"], is_quick=False)
    assert "| speed | 2 m | 1 m | 2.00 | ≤ 3 m | ✓ |" in report
    assert "| The cost of growth | failed | | | | ✗ |" in report
    assert "It failed: OSError: no room" in report

"""A real HTTP server on this machine that answers as a test says, and a port that takes connections and never answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from tests.services.running import free_port


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in; header names are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}


class Listener:
    """The server: what it received, and what it will answer, the last answer for ever."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.received: list[Received] = []
        self.answers: list[Answer] = [Answer()]
        self._lock = threading.Lock()

    def take(self, request: Received) -> Answer:
        """Keep a request and return the answer to it."""
        with self._lock:
            self.received.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening() -> Iterator[Listener]:
    """Give a server that runs until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Received(
                method=self.command,
                path=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            answer = listener.take(request)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 -- the names that the standard library calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener = Listener(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def black_hole() -> Iterator[str]:
    """Give the address of a port that takes connections and never says anything."""
    with socket.socket() as taking:
        taking.bind(("127.0.0.1", 0))
        taking.listen(64)
        yield f"http://127.0.0.1:{taking.getsockname()[1]}"


def closed_port() -> str:
    """Return the address of a port that nobody listens at."""
    return f"http://127.0.0.1:{free_port()}"

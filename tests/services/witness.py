"""A proxy between a client and a server that changes nothing and remembers everything: what was asked, how often, and the answer."""

import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer_headers: dict[str, str]
    answer: bytes

    def json(self) -> dict[str, Any]:
        """Return the request's body, unpacked and decoded."""
        plain = gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body
        return dict(json.loads(plain))

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages in the request: those of a batch, or the one."""
        body = self.json()
        return list(body["batch"]) if "batch" in body else [body]


class Witness:
    """What passed through the proxy at ``address``, in the order in which it was answered."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.exchanges: list[Exchange] = []

    def posts(self) -> list[Exchange]:
        """Return the requests that carried messages."""
        return [
            exchange for exchange in self.exchanges if exchange.method == "POST" and exchange.path != "/v1/m"
        ]

    def messages(self) -> list[dict[str, Any]]:
        """Return every message that was sent, as often as it was sent."""
        return [message for exchange in self.posts() for message in exchange.messages()]


@contextmanager
def witnessing(server: str) -> Iterator[Witness]:
    """Give a proxy in front of a server, until the block ends."""
    target = urlsplit(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=120)
            try:
                passed = {name: value for name, value in headers.items() if name not in _HOP_HEADERS}
                # The host stays the one the client knows, as behind any reverse proxy.
                passed |= {"host": headers["host"], "content-length": str(len(body))}
                connection.request(self.command, self.path, body=body, headers=passed)
                reply = connection.getresponse()
                answer = reply.read()
            finally:
                connection.close()
            answer_headers = {name.lower(): value for name, value in reply.getheaders()}
            witness.exchanges.append(
                Exchange(
                    method=self.command,
                    path=self.path,
                    headers=headers,
                    body=body,
                    status=reply.status,
                    answer_headers=answer_headers,
                    answer=answer,
                )
            )
            self.send_response_only(reply.status)
            for name, value in answer_headers.items():
                if name not in _HOP_HEADERS:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_OPTIONS = forward  # noqa: N815 -- the library's names

        def log_message(self, *_: object) -> None:
            """Stay silent: the exchanges tell more."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    witness = Witness(f"http://127.0.0.1:{proxy.server_address[1]}")
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()

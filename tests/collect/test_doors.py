"""The doors answer as real SDKs need it, for every way of showing a key and of writing a body."""

import asyncio
import base64
import gzip
import json
import secrets
import threading
import time
from typing import Any

import httpx
import pytest

from beleef.collect.api import SourceBook
from beleef.collect.body import MAX_BODY_BYTES, MAX_MESSAGES
from beleef.collect.doors import CollectApp
from beleef.collect.intake import Intake
from beleef.kernel.errors import StorageFull
from beleef.store.log.port import Entry
from tests.cast import ANNA, NOW
from tests.collect.conftest import add_source
from tests.services.beleef import Installation

Json = dict[str, Any]
SUCCESS = b'{"success":true}'

_FRESH_S = 0.3
"""For a moment a web process believes what it read of the sources."""

LONG = ("identify", "track", "page", "screen", "group", "alias")
SHORT = ("i", "t", "p", "s", "g", "a")


def message(kind: str, **fields: object) -> Json:
    made: Json = {"userId": ANNA.user_id, "messageId": secrets.token_hex(8), **fields}
    match kind[0]:
        case "t":
            made["event"] = "Seen"
        case "g":
            made["groupId"] = "household-12"
        case "a":
            made["previousId"] = ANNA.anonymous_ids[1]
    return made


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def post(server: Installation, path: str, body: object, **options: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{server.address}{path}", content=content, timeout=120, **options)


def is_success(answer: httpx.Response) -> bool:
    """Old SDKs send again on everything but 200, and one reads the body."""
    return (answer.status_code, answer.content, answer.headers["content-type"]) == (
        200,
        SUCCESS,
        "application/json",
    )


def is_refusal(answer: httpx.Response, status: int, code: str) -> bool:
    """Old SDKs send again what is refused without ``code`` and ``message``."""
    body = answer.json()
    assert body["success"] is False
    assert body["message"]
    assert answer.headers["access-control-allow-origin"] == "*"
    return (answer.status_code, body["code"]) == (status, code)


@pytest.mark.parametrize("path", [*LONG, *SHORT])
def test_each_type_of_message_has_its_door(server: Installation, path: str) -> None:
    sent = message(path, writeKey=server.write_key)
    assert is_success(post(server, f"/v1/{path}", sent))
    server.wait_for([sent["messageId"]])
    assert server.receipt(sent["messageId"])["status"] == "processed"


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_batches_have_their_doors(server: Installation, path: str) -> None:
    sent = [{"type": kind, **message(kind)} for kind in LONG]
    assert is_success(post(server, path, {"writeKey": server.write_key, "batch": sent}))
    server.wait_for([one["messageId"] for one in sent])


def test_rudderstacks_merge_has_its_door(server: Installation) -> None:
    pairs = [{"type": "email", "value": "merge@example.nl"}, {"type": "user_id", "value": "merge-1"}]
    sent = {"mergeProperties": pairs, "messageId": secrets.token_hex(8)}
    assert is_success(
        post(server, "/v1/merge", sent, headers={"authorization": basic(f"{server.write_key}:")})
    )
    server.wait_for([sent["messageId"]])  # type: ignore[list-item]
    assert (
        server.ask("/v1/people/user_id:merge-1")["id"]
        == server.ask("/v1/people/email:merge@example.nl")["id"]
    )


def test_a_key_may_be_shown_in_five_ways(server: Installation) -> None:
    key = server.write_key
    assert is_success(post(server, "/v1/track", message("track", writeKey=key)))
    for header in (basic(f"{key}:"), basic(key), basic(f"{key}:ignored"), f"Bearer {key}", f"bearer {key}"):
        assert is_success(post(server, "/v1/track", message("track"), headers={"authorization": header})), (
            header
        )
    assert is_success(
        post(server, f"/beacon/v1/batch?writeKey={key}", {"batch": [message("page", type="page")]})
    )


def test_a_request_without_a_good_key_is_refused(server: Installation) -> None:
    assert is_refusal(post(server, "/v1/track", message("track")), 401, "no_write_key")
    assert is_refusal(post(server, "/v1/track", message("track", writeKey=7)), 401, "no_write_key")
    assert is_refusal(post(server, "/v1/track", message("track", writeKey="wrong")), 401, "unknown_write_key")
    for header in (basic("wrong:"), "Basic ###", "Basic", "Digest x", "Bearer wrong\udcff"):
        answer = post(
            server,
            "/v1/track",
            message("track"),
            headers={"authorization": header.encode("utf-8", "surrogateescape")},
        )
        assert answer.status_code == 401, header


def test_a_source_that_is_switched_off_is_not_there(server: Installation) -> None:
    off = add_source(server, "switched off", enabled=False)
    time.sleep(_FRESH_S)
    assert is_refusal(
        post(server, "/v1/track", message("track", writeKey=off.write_key)), 404, "source_disabled"
    )
    answer = httpx.get(f"{server.address}/v1/projects/{off.write_key}/settings", timeout=120)
    assert is_refusal(answer, 404, "source_disabled")


def test_the_content_type_does_not_matter(server: Installation) -> None:
    for kind in (
        "application/json",
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "x",
    ):
        sent = message("track", writeKey=server.write_key)
        assert is_success(post(server, "/v1/t", sent, headers={"content-type": kind})), kind
        server.wait_for([sent["messageId"]])


def test_bodies_may_be_gzipped_and_the_header_forgotten(server: Installation) -> None:
    for headers in ({"content-encoding": "gzip"}, {}):
        sent = message("track", writeKey=server.write_key)
        body = gzip.compress(json.dumps(sent).encode())
        assert is_success(post(server, "/v1/track", body, headers=headers))
        server.wait_for([sent["messageId"]])


def test_a_body_may_come_in_pieces_of_unknown_length(server: Installation) -> None:
    sent = message("track", writeKey=server.write_key)
    body = json.dumps(sent).encode()
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    answer = httpx.post(f"{server.address}/v1/track", content=pieces, timeout=120)
    assert is_success(answer)
    server.wait_for([sent["messageId"]])


def test_what_is_no_message_is_refused_with_a_code(server: Installation) -> None:
    header = {"authorization": basic(server.write_key)}
    cases: list[tuple[str, object, str]] = [
        ("/v1/track", b"", "invalid_json"),
        ("/v1/track", b"{", "invalid_json"),
        ("/v1/track", b"not json", "invalid_json"),
        ("/v1/track", b"[]", "invalid_body"),
        ("/v1/track", b"7", "invalid_body"),
        ("/v1/batch", {"batch": []}, "empty_batch"),
        ("/v1/batch", {}, "invalid_body"),
        ("/v1/batch", {"batch": {}}, "invalid_body"),
        ("/v1/batch", {"batch": None}, "invalid_body"),
        ("/v1/track", b"\x1f\x8bnonsense", "bad_gzip"),
        ("/v1/track", gzip.compress(b'{"userId":"1"}')[:-9], "bad_gzip"),
        ("/v1/track", b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
    ]
    for path, body, code in cases:
        assert is_refusal(post(server, path, body, headers=header), 400, code), (path, body)


def test_what_is_too_large_is_refused_and_what_is_not_is_not(server: Installation) -> None:
    header = {"authorization": basic(server.write_key)}
    room = MAX_BODY_BYTES - len(json.dumps(message("track", x="")))
    largest = json.dumps(message("track", x="y" * room)).encode()
    assert len(largest) == MAX_BODY_BYTES
    assert is_success(post(server, "/v1/track", largest, headers=header))
    assert is_refusal(post(server, "/v1/track", largest + b" ", headers=header), 413, "too_large")
    chunked = httpx.post(
        f"{server.address}/v1/track", content=iter([largest, b" "]), headers=header, timeout=120
    )
    assert is_refusal(chunked, 413, "too_large")
    bomb = gzip.compress(b'{"x":"' + b"0" * 300_000_000 + b'"}')
    assert is_refusal(post(server, "/v1/track", bomb, headers=header), 413, "too_large")
    many = b'{"batch":[' + b"{}," * MAX_MESSAGES + b"{}]}"
    assert is_refusal(post(server, "/v1/batch", many, headers=header), 413, "too_large")


def test_other_methods_are_told_which_one_to_use(server: Installation) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = httpx.request(method, f"{server.address}/v1/track", timeout=120)
        assert is_refusal(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "POST, OPTIONS"
    answer = httpx.post(f"{server.address}/v1/projects/{server.write_key}/settings", timeout=120)
    assert is_refusal(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_browsers_may_ask_first(server: Installation) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-retry-count",
    }
    for path in ("/v1/t", "/v1/batch", "/beacon/v1/batch", "/v1/m"):
        answer = httpx.options(f"{server.address}{path}", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "authorization,content-type,x-retry-count"
        assert int(answer.headers["access-control-max-age"]) > 0
    sent = post(
        server, "/v1/t", message("t", writeKey=server.write_key), headers={"origin": "https://shop.example"}
    )
    assert sent.headers["access-control-allow-origin"] == "*"


def test_the_browser_sdk_finds_its_settings(server: Installation) -> None:
    answer = httpx.get(f"{server.address}/v1/projects/{server.write_key}/settings", timeout=120)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    segment = answer.json()["integrations"]["Segment.io"]
    assert segment["apiKey"] == server.write_key
    assert f"{segment['protocol']}://{segment['apiHost']}" == f"{server.address}/v1"
    behind = {"x-forwarded-host": "cx.example.nl", "x-forwarded-proto": "https"}
    told = httpx.get(
        f"{server.address}/v1/projects/{server.write_key}/settings", headers=behind, timeout=120
    ).json()
    assert told["integrations"]["Segment.io"]["apiHost"] == "cx.example.nl/v1"
    assert told["integrations"]["Segment.io"]["protocol"] == "https"
    assert httpx.get(f"{server.address}/v1/projects/wrong/settings", timeout=120).status_code == 401
    assert httpx.get(f"{server.address}/v1/projects/{server.write_key}/other", timeout=120).status_code == 404


def test_the_browser_sdks_own_figures_are_taken_and_forgotten(server: Installation) -> None:
    assert is_success(post(server, "/v1/m", {"series": []}))


@pytest.mark.parametrize("kind", ["page", "track"])
def test_a_pixel_is_a_picture_and_a_message(server: Installation, kind: str) -> None:
    message_id = secrets.token_hex(8)
    query = {
        "writeKey": server.write_key,
        "anonymousId": "pixel-1",
        "messageId": message_id,
        "event": "Opened",
        "properties.mail": "spring",
        "context.page.path": "/offer",
        "context.page": "clash",
    }
    answer = httpx.get(f"{server.address}/pixel/v1/{kind}", params=query, timeout=120)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")
    server.wait_for([message_id])
    (fact,) = [one for one in server.timeline("anonymous_id:pixel-1") if one["message_id"] == message_id]
    assert fact["type"] == kind
    assert fact["properties"]["mail"] == "spring"


def test_a_pixel_without_a_key_or_of_no_kind_is_refused(server: Installation) -> None:
    assert httpx.get(f"{server.address}/pixel/v1/page", timeout=120).status_code == 401
    assert (
        httpx.get(
            f"{server.address}/pixel/v1/alias", params={"writeKey": server.write_key}, timeout=120
        ).status_code
        == 404
    )


class _Closed:
    """A log that does not write before it is let, or never."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked = threading.Event()
        self.may_write = threading.Event()
        self._error = error

    def append(self, entries: list[Entry]) -> int:
        if self._error is not None:
            raise self._error
        self.asked.set()
        self.may_write.wait(120)
        return len(entries)


class _OneSource(SourceBook):
    def __init__(self) -> None:
        """Know no database."""

    def by_key(self, key: str) -> Any:
        from beleef.collect.model import Source

        return Source(id=1, name="web", write_key=key, channel="web")


def _app(log: _Closed, *, most: int = 100) -> CollectApp:
    intake = Intake(log, max_waiting_bytes=most)  # type: ignore[arg-type]  # because a test needs only this much of a log
    return CollectApp(intake=intake, sources=_OneSource(), now=lambda: NOW)


def test_when_too_much_waits_for_the_disk_clients_are_asked_to_come_back() -> None:
    log = _Closed()
    body = json.dumps(message("track", writeKey="k", x="y" * 200))

    async def send_many() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=_app(log))
        async with httpx.AsyncClient(transport=transport, base_url="http://beleef") as client:
            first = asyncio.create_task(client.post("/v1/track", content=body))
            while not log.asked.is_set():
                await asyncio.sleep(0.01)
            others = [asyncio.create_task(client.post("/v1/track", content=body)) for _ in range(4)]
            # Nothing is written yet, so what is answered was refused.
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            log.may_write.set()
            return list(await asyncio.gather(first, *others))

    answers = asyncio.run(send_many())
    assert is_success(answers[0])
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    for answer in refused:
        assert is_refusal(answer, 429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert sum(is_success(answer) for answer in answers) == 5 - len(refused)


def test_when_the_disk_is_full_clients_are_asked_to_come_back() -> None:
    log = _Closed(StorageFull("There is no room left to write."))

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=_app(log))
        async with httpx.AsyncClient(transport=transport, base_url="http://beleef") as client:
            return await client.post("/v1/track", content=json.dumps(message("track", writeKey="k")))

    answer = asyncio.run(send())
    assert is_refusal(answer, 503, "storage_full")
    assert 1 <= int(answer.headers["retry-after"]) <= 300


def test_a_client_that_goes_away_half_way_leaves_nothing(server: Installation) -> None:
    import socket

    host, port = server.address.removeprefix("http://").split(":")
    body = json.dumps(message("track", writeKey=server.write_key)).encode()
    for sent in (b"", b"{", body[:-1]):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + sent
            )
    time.sleep(0.2)
    assert httpx.get(f"{server.address}/health", timeout=120).status_code == 200

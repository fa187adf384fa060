"""Whatever is sent: never a 500, never a worker that stops, and everything accepted is counted as one thing or another."""

import json
import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.beleef import Installation, installed
from tests.stories.running import settled

Json = dict[str, Any]

LIMIT_S = 120
ROUTES = (
    "identify",
    "track",
    "page",
    "screen",
    "group",
    "alias",
    "merge",
    "batch",
    "i",
    "t",
    "p",
    "s",
    "g",
    "a",
    "b",
    "import",
)
DIGITS = "9" * 5_000

VALUES = (
    "null", "true", "0", "-0", "1e400", "-1e400", "1e-400", "18446744073709551616", "-9223372036854775809", "9" * 30, DIGITS, "NaN",
    "Infinity", '""', '" "', r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"\udfff\ud800"', '"\u202e\u0000"'.replace("\u0000", r"\u0000"),
    '"' + "é" * 300 + '"', '"' + "x" * 100_000 + '"', '"2999-12-31T23:59:59Z"', '"1899-01-01"', '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"', "253402300800000", "-62135596800", "[]", "{}", "[[]]", '{"":{"":""}}', '{"a":{"b":[1,{"c":null}]}}',
    "[" * 500 + "]" * 500, "[" * 700 + "]" * 700, "[" * 900 + "]" * 900, '{"a":' * 600 + "1" + "}" * 600, "'; DROP TABLE profiles; --".join('""'),
    '{"$ne":null}', '"<script>alert(1)</script>"', '"../../etc/passwd"', '["a","b"]', '[{"id":1,"type":2,"collection":3}]',
)  # fmt: skip
FIELDS = (
    "type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "channel", "touchpoint", "timestamp",
    "originalTimestamp", "sentAt", "traits", "properties", "context", "mergeProperties", "integrations", "stubs", "replays", "erased",
)  # fmt: skip
INSIDE = (
    '"traits":{"email":%s}', '"traits":{"phone":%s,"name":%s}', '"traits":{"x":%s,"consents":%s}', '"properties":{"revenue":%s,"currency":"EUR"}',
    '"properties":{"revenue":1,"currency":%s,"product_id":%s}', '"properties":{"products":%s,"order_id":%s}', '"properties":{"products":[{"product_id":%s,"quantity":%s,"price":%s}]}',
    '"properties":{"path":%s,"name":%s}', '"context":{"externalIds":%s}', '"context":{"externalIds":[{"id":%s,"type":"email"}]}', '"context":{"externalIds":[{"id":"1","type":%s}]}',
    '"context":{"traits":%s,"groupId":%s}', '"context":{"page":%s,"campaign":%s}', '"context":{"campaign":{"name":%s},"consent":%s}', '"context":{"channel":%s,"sessionId":%s}',
    '"context":{"consent":{"categoryPreferences":%s}}', '"mergeProperties":[{"type":%s,"value":%s},{"type":"user_id","value":"1"}]',
)  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A Beleef on each backend, with computed traits over what hostile clients send."""
    environment = dict(os.environ)
    folder = tmp_path_factory.mktemp("beleef")
    if request.param == "postgres":
        import sqlalchemy as sa

        maintenance = request.getfixturevalue("postgres_server")
        name = f"hostile_{secrets.token_hex(4)}"
        engine = sa.create_engine(maintenance, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        environment["BELEEF_DATABASE"] = maintenance.rpartition("/")[0] + f"/{name}"
    with installed(folder, environment) as installation:
        yield installation


_clients: list[httpx.Client] = []


@pytest.fixture(scope="module", autouse=True)
def client() -> Iterator[None]:
    """Keep connections: making a client for each of thousands of requests would take most of the time."""
    with httpx.Client(timeout=LIMIT_S) as made:
        _clients.append(made)
        yield
    _clients.clear()


@pytest.fixture
def unharmed(server: Installation) -> Iterator[Installation]:
    """The server; afterwards it must be well: all that it accepted is counted, and no process had to be started again."""
    yield server
    figures = settled(server)
    assert figures["accepted"] > 0
    assert httpx.get(f"{server.address}/health", timeout=LIMIT_S).status_code == 200
    said = output_of(server)
    assert "process_died" not in said
    assert "worker_failed" not in said
    assert "request_failed" not in said
    assert "batch_split" not in said


def output_of(server: Installation) -> str:
    return Path(server.data.parent / "output").read_text(errors="replace")


def post(server: Installation, path: str, body: str | bytes) -> httpx.Response:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    headers = {"authorization": f"Bearer {server.write_key}"}
    answer = _clients[0].post(f"{server.address}/v1/{path}", content=content, headers=headers)
    assert answer.status_code in {200, 400, 401, 413}, (answer.status_code, answer.text, body[:300])
    if answer.status_code != 200:
        assert answer.json()["code"]
        assert answer.json()["message"]
    return answer


def base(kind: str, number: str) -> str:
    return f'"type":"{kind}","messageId":"{number}","userId":"u-{number}","event":"E","groupId":"g","previousId":"p"'


def test_every_value_in_every_field_is_used_or_refused(unharmed: Installation) -> None:
    for value in VALUES:
        messages = []
        for field in FIELDS:
            number = secrets.token_hex(6)
            body = f'{{{base("track", number)},"{field}":{value}}}'
            messages.append(body)
            post(unharmed, "track", body)
        for template in INSIDE:
            for kind in ("track", "identify", "group", "merge"):
                filled = template.replace("%s", value)
                messages.append(f"{{{base(kind, secrets.token_hex(6))},{filled}}}")
        good = secrets.token_hex(6)
        messages.append(f"{{{base('track', good)}}}")
        answer = post(unharmed, "batch", f'{{"batch":[{",".join(messages)}]}}')
        if answer.status_code == 200:
            # Its neighbours must not cost a good message anything.
            unharmed.wait_for([good])
            assert unharmed.receipt(good)["status"] == "processed"


def test_a_deep_message_costs_its_neighbours_nothing(unharmed: Installation) -> None:
    taken = 0
    for depth in (*range(100, 900, 100), *range(900, 1_010, 3)):
        good = secrets.token_hex(6)
        deep = f'{{{base("track", secrets.token_hex(6))},"properties":{{"x":{"[" * depth}{"]" * depth}}}}}'
        answer = post(unharmed, "batch", f'{{"batch":[{deep},{{{base("track", good)}}}]}}')
        if answer.status_code == 200:
            taken += 1
            unharmed.wait_for([good])
            assert unharmed.receipt(good)["status"] == "processed", depth
        else:
            assert answer.json()["code"] == "too_deep"
    assert taken > 10


def test_every_value_around_a_batch_is_used_or_refused(unharmed: Installation) -> None:
    for value in VALUES:
        for field in ("sentAt", "context", "writeKey", "replays", "stubs", "batch", "integrations", "x"):
            post(
                unharmed, "batch", f'{{"batch":[{{{base("page", secrets.token_hex(6))}}}],"{field}":{value}}}'
            )


def test_every_value_alone_is_no_body(unharmed: Installation) -> None:
    post(unharmed, "page", f"{{{base('page', secrets.token_hex(6))}}}")
    for value in (
        *VALUES,
        "[" * 10_000 + "]" * 10_000,
        '{"batch":[' * 3_000,
        "\ufeff{}",
        "{}{}",
        '{"a":1,"a":2}',
    ):
        for path in ROUTES:
            post(unharmed, path, value)


def test_large_numbers_come_out_as_they_went_in(unharmed: Installation) -> None:
    who = f"big-{secrets.token_hex(4)}"
    traits = f'"huge":{"9" * 30},"endless":{DIGITS},"too_much":1e400,"list":[{"9" * 25},{{"deep":-{"9" * 25}}}],"plain":7'
    body = f'{{"type":"identify","userId":"{who}","messageId":"{who}-1","traits":{{{traits}}},"properties":{{"n":{"9" * 30}}}}}'
    assert post(unharmed, "identify", body).status_code == 200
    unharmed.wait_for([f"{who}-1"])
    known = unharmed.ask(f"/v1/people/user_id:{who}")["traits"]
    assert str(known["huge"]) == "9" * 30
    assert known["plain"] == 7
    assert str(known["endless"]) == DIGITS
    assert "too_much" not in known
    (fact,) = unharmed.timeline(f"user_id:{who}")
    assert str(fact["properties"]["huge"]) == "9" * 30


def test_texts_that_databases_refuse_are_kept_and_found(unharmed: Installation) -> None:
    who = f"odd-{secrets.token_hex(4)}"
    message = {
        "type": "track",
        "userId": who,
        "messageId": f"{who}\x00é",
        "event": "a\x00b",
        "channel": "w\x00eb",
        "touchpoint": "t\x00",
        "context": {"campaign": {"name": "c\x00"}, "x\x00": "\x00"},
        "properties": {
            "currency": "E\x00R",
            "product_id": "p\x00",
            "products": [{"product_id": "q\x00", "quantity": 1}],
        },
    }
    assert post(unharmed, "track", json.dumps(message)).status_code == 200
    said = {
        "userId": who,
        "traits": {"name": f"N\x00ora {who}", "x\x00": "\x00", "email": f"{who}@exam\x00ple.nl"},
    }
    assert post(unharmed, "identify", json.dumps(said)).status_code == 200
    broken = {**message, "messageId": f"{who}\x00-2", "timestamp": "s\x00"}
    assert post(unharmed, "track", json.dumps(broken)).status_code == 200
    settled(unharmed)
    assert unharmed.receipt(f"{who}%00é")["status"] == "processed"
    assert unharmed.receipt(f"{who}%00-2")["status"] == "quarantined"
    known = unharmed.ask(f"/v1/people/user_id:{who}")
    assert known["traits"]["name"] == f"N\x00ora {who}"
    assert unharmed.ask("/v1/people", q=who)["people"]
    unharmed.ask("/v1/people", q="N\x00ora")
    assert "a\x00b" in {fact["name"] for fact in unharmed.timeline(f"user_id:{who}")}
    for path in (
        "/v1/people/user_id:%00",
        "/v1/people/%00:x",
        "/v1/receipts/%00",
        "/v1/accounts/%00",
        "/v1/people/email:%ED%A0%80",
    ):
        answer = httpx.get(
            f"{unharmed.address}{path}",
            headers={"authorization": f"Bearer {unharmed.token}"},
            timeout=LIMIT_S,
        )
        assert answer.status_code in {200, 400, 404}, path


def test_clocks_that_are_years_off_give_moments_that_can_be(unharmed: Installation) -> None:
    who = f"clock-{secrets.token_hex(4)}"
    for index, (timestamp, sent_at) in enumerate(
        [
            ("2099-01-01T00:00:00Z", "2099-01-01T00:00:10Z"),
            ("1990-01-01T00:00:00Z", "1990-01-01T00:00:10Z"),
            ("2099-01-01T00:00:00Z", None),
            ("2019-05-01T12:00:00Z", None),
        ]
    ):
        message = {"type": "page", "userId": who, "messageId": f"{who}-{index}", "timestamp": timestamp}
        assert (
            post(
                unharmed,
                "batch",
                json.dumps({"batch": [message], **({"sentAt": sent_at} if sent_at else {})}),
            ).status_code
            == 200
        )
    settled(unharmed)
    found = {fact["message_id"][-1]: fact for fact in unharmed.timeline(f"user_id:{who}")}
    assert len(found) == 4
    for clock in "012":
        received = datetime.fromisoformat(found[clock]["received_at"])
        occurred = datetime.fromisoformat(found[clock]["occurred_at"])
        assert timedelta(0) <= received - occurred <= timedelta(minutes=1)
    assert found["3"]["occurred_at"] == "2019-05-01T12:00:00.000Z"


def test_a_hundred_thousand_messages_in_one_body_are_worked_on(unharmed: Installation) -> None:
    before = settled(unharmed)
    many = ",".join(['{"type":"page","userId":"a"}'] * 99_999)
    assert post(unharmed, "batch", f'{{"batch":[{many}]}}').status_code == 200
    unusable = ",".join(["{}"] * 60_000 + ['{"type":"page","userId":"null"}'] * 20_000)
    assert post(unharmed, "batch", f'{{"batch":[{unusable}]}}').status_code == 200
    after = settled(unharmed)
    assert after["processed"] - before["processed"] == 99_999
    assert after["quarantined"] - before["quarantined"] == 80_000


def test_ten_thousand_names_and_as_many_traits_are_worked_on(unharmed: Installation) -> None:
    who = f"many-{secrets.token_hex(4)}"
    names = [
        {
            "type": "track",
            "userId": who,
            "event": f"{who} {n}",
            "channel": f"c{n}",
            "messageId": f"{who}-{n}",
            "context": {"externalIds": [{"type": f"kind{n}", "id": "1"}]},
        }
        for n in range(10_000)
    ]
    for start in range(0, 10_000, 2_500):
        assert post(unharmed, "batch", json.dumps({"batch": names[start : start + 2_500]})).status_code == 200
    traits = {f"trait{n}": "x" * 100 for n in range(20_000)}
    assert (
        post(
            unharmed, "identify", json.dumps({"userId": who, "messageId": f"{who}-traits", "traits": traits})
        ).status_code
        == 200
    )
    nested = {"products": [{"product_id": f"p{n}", "quantity": n} for n in range(20_000)]}
    assert (
        post(
            unharmed, "track", json.dumps({"userId": who, "event": "Order Completed", "properties": nested})
        ).status_code
        == 200
    )
    unharmed.wait_for([f"{who}-traits"])
    settled(unharmed)
    assert unharmed.ask(f"/v1/people/user_id:{who}")["facts"] == 10_002


_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=12) | st.sampled_from(
    ["", "\x00", "\ud800", "null", "a@b.nl"]
)
_scalars = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | _text
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)
_message = st.dictionaries(st.sampled_from(FIELDS) | _text, _json, max_size=6)
_known = st.fixed_dictionaries(
    {"type": st.sampled_from(("track", "identify", "page", "group", "alias", "merge", "screen"))},
    optional={
        "userId": _json, "anonymousId": _text, "event": _text, "groupId": _text, "previousId": _text, "timestamp": _json, "channel": _json,
        "traits": st.dictionaries(st.sampled_from(("email", "phone", "name", "x")), _json, max_size=3),
        "properties": st.dictionaries(st.sampled_from(("revenue", "currency", "products", "product_id", "total")), _json, max_size=4),
        "context": st.dictionaries(st.sampled_from(("traits", "externalIds", "page", "campaign", "consent", "channel")), _json, max_size=3),
    },
)  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(messages=st.lists(_message | _known, max_size=6), path=st.sampled_from(ROUTES), shared=_json)
def test_bodies_made_by_chance_are_used_or_refused(
    unharmed: Installation, messages: list[Json], path: str, shared: object
) -> None:
    for one in messages:
        one.setdefault("messageId", secrets.token_hex(8))
    body = (
        {"batch": messages, "context": shared} if path in {"batch", "b", "import"} else (messages or [{}])[0]
    )
    post(unharmed, path, json.dumps(body))


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.binary(max_size=60), path=st.sampled_from(ROUTES))
def test_bytes_made_by_chance_are_used_or_refused(unharmed: Installation, body: bytes, path: str) -> None:
    post(unharmed, path, body)


def test_a_good_message_behind_all_of_this_is_still_worked_on(unharmed: Installation) -> None:
    message_id = secrets.token_hex(8)
    post(unharmed, "track", f"{{{base('track', message_id)}}}")
    unharmed.wait_for([message_id])
    assert unharmed.receipt(message_id)["status"] == "processed"

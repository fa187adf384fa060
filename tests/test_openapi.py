"""Every route keeps to its description, whatever is asked: never a 500, and never an answer that the description does not know."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.cast import ANNA, BAKERY
from tests.services.beleef import Installation, installed

OPEN = ("/health", "/metrics", "/v1/widget/surveys", "/v1/widget/marks")
"""Routes for those who watch over the machine, and for visitors of the organisation's site, who have no token."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A Beleef that knows a customer, an account, and a message that waits for repair."""
    with installed(tmp_path_factory.mktemp("beleef"), os.environ) as installation:
        messages = [
            {"type": "identify", "userId": ANNA.user_id, "messageId": "m-1", "traits": {"email": ANNA.email}},
            {"type": "group", "userId": ANNA.user_id, "messageId": "m-2", "groupId": BAKERY.group_id},
            {"type": "track", "userId": ANNA.user_id, "messageId": "m-3", "event": "E", "timestamp": "soon"},
        ]
        httpx.post(
            f"{installation.address}/v1/batch",
            json={"batch": messages, "writeKey": installation.write_key},
            timeout=120,
        ).raise_for_status()
        installation.wait_for(["m-1", "m-2", "m-3"])
        yield installation


@pytest.fixture(scope="module")
def described(server: Installation) -> schemathesis.BaseSchema:
    """The description, as the server gives it."""
    return schemathesis.openapi.from_url(f"{server.address}/schema/openapi.json")


def ask_everything(
    described: schemathesis.BaseSchema, check: Callable[[schemathesis.Case[Any]], None], *, examples: int
) -> int:
    """Put questions made by chance, good ones and bad ones, to every route; return how many routes there are."""
    profile = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    routes = 0
    for found in described.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # a description with a fault in it fails here
        for mode in schemathesis.GenerationMode:
            profile(given(case=operation.as_strategy(generation_mode=mode))(check))()
        routes += 1
    return routes


def test_no_question_makes_it_stumble(described: schemathesis.BaseSchema, server: Installation) -> None:
    def check(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {server.token}"}, timeout=60)
        assert answer.status_code < 500 or case.path == "/health", (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            refusal = answer.json()
            assert refusal["code"], case.as_curl_command()
            assert refusal["message"], case.as_curl_command()
        else:
            case.validate_response(answer, checks=[response_schema_conformance])

    assert ask_everything(described, check, examples=15) > 10


def test_nobody_is_answered_who_does_not_say_who_they_are(
    described: schemathesis.BaseSchema, server: Installation
) -> None:
    def check(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers={"Authorization": "Bearer nobody"}, timeout=60)
        if case.path not in OPEN:
            # What cannot be read at all is refused before anyone is asked who they are.
            assert answer.status_code in {400, 401, 404, 405}, (case.path, answer.status_code)

    assert ask_everything(described, check, examples=5) > 10


def test_the_description_names_every_route_a_program_needs(described: schemathesis.BaseSchema) -> None:
    paths = set(described.raw_schema["paths"])
    assert {
        "/v1/people",
        "/v1/people/{who}",
        "/v1/people/{who}/timeline",
        "/v1/people/{who}/export",
        "/v1/accounts/{number}",
        "/v1/receipts/{message_id}",
        "/v1/facts",
        "/v1/facts/count",
        "/v1/quarantine",
        "/v1/quarantine/{number}/replay",
        "/v1/sources",
        "/health",
    } <= paths

"""The demo's service desk: its cases are what its facts say, of every kind, and each tells a story that can be believed."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec
import pytest

from beleef.app import Stores, build_support, set_up
from beleef.demo.people import People
from beleef.identity import api as identity
from beleef.kernel.clock import DAY, to_text
from beleef.servicing import install_service, live_service
from beleef.settings import load
from beleef.store.log.port import Entry
from beleef.support.api import Case, Support
from beleef.support.model import Entry as Happened
from tests.cast import NOW

PERSONS, SEED, UNHAPPY = 60, 7, 12
ORDER = ("warned", "broken", "escalated")


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The desk after half a year: its stores, every case, and what happened in each."""

    stores: Stores
    support: Support
    cases: tuple[Case, ...]
    threads: dict[int, list[Happened]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    stores = Stores(load(tmp_path_factory.mktemp("demo"), {}), now=lambda: NOW)
    set_up(stores, simulated=True)
    install_service(stores, NOW)
    people = People(PERSONS, 180, SEED)
    said = [_low_score(people.email(person), person) for person in range(UNHAPPY)]
    body = msgspec.json.encode({"batch": said})
    stores.log.append([Entry(received_at=NOW, source=0, kind="own", messages=len(said), body=body)])
    live_service(stores, persons=PERSONS, end=NOW, seed=SEED)
    support = build_support(stores)
    with stores.database.read() as connection:
        numbers = {
            one.number
            for person in range(PERSONS)
            for one in support.of_person(connection, _subjects(stores, people.email(person)))
        }
        cases = tuple(support.case(connection, number) for number in sorted(numbers))
        threads = {number: support.thread(connection, number) for number in numbers}
    yield Desk(stores=stores, support=support, cases=cases, threads=threads)
    stores.close()


def _low_score(email: str, person: int) -> dict[str, object]:
    about = {"survey": "after-delivery", "response": f"r{person}", "question": "satisfied"}
    score = {"kind": "csat", "metric": "csat", "scale_min": 1, "scale_max": 5, "value": 1}
    return {
        "messageId": f"low:{person}",
        "type": "track",
        "event": "Survey Answered",
        "touchpoint": "delivery/parcel",
        "timestamp": to_text(NOW - (5 + person) * DAY),
        "properties": {**about, **score},
        "context": {"externalIds": [{"type": "email", "id": email}]},
    }


def _subjects(stores: Stores, email: str) -> list[int]:
    with stores.database.read() as connection:
        found = identity.find(connection, stores.installation().key, "email", email)
    return [] if found is None else list(found.subjects)


def test_the_cases_are_what_the_facts_say(desk: Desk) -> None:
    with desk.stores.database.read() as connection:
        differences, after = desk.support.verify(connection)
    assert (differences, after) == ([], None)
    facts = Counter(fact.name for _, fact in desk.stores.warehouse.scan())
    kinds = Counter(entry.kind for thread in desk.threads.values() for entry in thread)
    assert facts["Case Opened"] == len(desk.cases)
    assert facts["Case Replied"] == kinds["reply"]
    assert facts["Case Closed"] == kinds["closed"]
    states = Counter(one.state for case in desk.cases for one in case.life.promises)
    assert facts["Promise Kept"] == states["kept"]


def test_there_are_cases_of_every_kind_answered_in_time_too_late_and_not_yet(desk: Desk) -> None:
    kinds = Counter(case.life.kind for case in desk.cases)
    assert set(kinds) == {"question", "complaint", "request", "privacy", "follow_up"}
    assert kinds["follow_up"] == UNHAPPY
    statuses = {case.life.status for case in desk.cases}
    assert {"open", "closed"} <= statuses
    states = Counter(one.state for case in desk.cases for one in case.life.promises)
    assert states["kept"] > states["missed"] > 0
    for case in desk.cases:
        needs = case.life.kind in {"complaint", "follow_up"} and case.life.status == "closed"
        assert not needs or (case.life.root_cause and case.life.action)


def test_follow_ups_come_from_a_low_score_and_most_are_called_back_within_two_days(desk: Desk) -> None:
    found = [case for case in desk.cases if case.life.kind == "follow_up"]
    assert {(case.cause, case.life.department != "") for case in found} == {("survey", True)}
    firsts = [one for case in found for one in case.life.promises if one.kind == "first_response"]
    assert {one.due_at - one.started_at for one in firsts} == {2 * DAY}
    assert sum(one.state == "kept" for one in firsts) > UNHAPPY / 2


def test_everything_in_a_case_stands_in_an_order_that_can_be_believed(desk: Desk) -> None:
    for thread in desk.threads.values():
        moments = [entry.at for entry in thread]
        assert moments == sorted(moments)
        assert max(moments) <= NOW
        assert thread[0].kind == "opened"
        told: dict[str, list[str]] = defaultdict(list)
        for entry in thread:
            if entry.kind in ORDER:
                told[str(entry.data["promise"])].append(entry.kind)
        for kinds in told.values():
            places = [ORDER.index(kind) for kind in kinds]
            assert places == sorted(places), kinds
    assert any(entry.kind == "broken" for thread in desk.threads.values() for entry in thread)

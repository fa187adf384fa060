"""Whatever way the work is cut into batches, and wherever it dies: the same runs, the same messages, the same goals."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from beleef.app import Stores, build_people, build_worker
from beleef.campaigns import effects
from beleef.campaigns.tables import campaign_goals, campaign_passages, campaign_runs
from beleef.collect import api as collect
from beleef.collect.tables import outbox
from beleef.contact.tables import contacts
from beleef.kernel.clock import DAY, HOUR, SECOND
from beleef.kernel.errors import Unavailable
from beleef.settings import load
from tests.campaigns.shops import Shop, shop
from tests.cast import ANNA, BRAM, CHANTAL, NOW, Customer
from tests.stories.worlds import World

FLOW = """
name: everything
label: Everything
entry:
  fact: Cart Updated
  key: properties.cart
  again: always
exit:
  - fact: {event: Cart Emptied, same: properties.cart}
control: 20
goals:
  - name: order
    fact: {event: Order Completed, same: properties.cart}
    within: 2 days
flow:
  - id: first
    send: {message: hello, purpose: service}
  - id: answer
    wait_for:
      fact: {event: Order Completed, same: properties.cart}
      at_most: 3 hours
      then:
        - id: thank
          send: {message: hello, purpose: service}
        - id: after
          wait: 2 hours
      otherwise:
        - id: chance
          split:
            goal: order
            variants:
              - {name: none, share: 1, control: true}
              - name: some
                share: 1
                flow:
                  - id: where
                    branch:
                      paths:
                        - when: {trait: {name: city, is: Utrecht}}
                          flow: [{id: near, send: {message: hello, purpose: service}}]
                      otherwise:
                        - {id: morning, wait_until: "09:00"}
  - id: last
    send: {message: hello, purpose: service}
"""
_EVENTS = ("Cart Updated", "Order Completed", "Cart Emptied")
_CUSTOMERS = (ANNA, BRAM, CHANTAL)

Deed = tuple[int, str, str, Customer]
"""Minutes since the deed before, event, cart, and who."""

deeds = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 45, 90, 180, 300, 1_500]),
        st.sampled_from(_EVENTS),
        st.sampled_from(["a", "b"]),
        st.sampled_from(_CUSTOMERS),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def published() -> Iterator[Path]:
    """A folder in which the campaign runs and Anna lives in Utrecht."""
    with tempfile.TemporaryDirectory() as folder:
        with shop(Path(folder) / "shop") as opened:
            opened.write("hello")
            opened.tell({"type": "identify", "traits": {"city": "Utrecht"}}, ANNA)
            opened.publish(FLOW)
            opened.wait(1)
            opened.wait(1)
        yield Path(folder) / "shop"


class Reopened(World):
    """A world that was set up before."""

    def __init__(self, stores: Stores, clock: list[int]) -> None:
        self.stores, self._clock = stores, clock
        with stores.database.read() as connection:
            self.source = collect.source(connection, "web")
        self.people, self._worker = build_people(stores), build_worker(stores)


@contextmanager
def copied(folder: Path) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder, Path(place) / "shop")
        clock = [NOW + 3 * HOUR]
        stores = Stores(load(Path(place) / "shop", {}), durable=False, now=lambda: clock[0])
        try:
            yield Shop(Reopened(stores, clock))
        finally:
            stores.close()


def outcome(opened: Shop) -> dict[str, list[Any]]:
    """All that campaigns did, as it is kept."""
    with opened.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar() == 0
        intents = sa.select(contacts.c.key, contacts.c.subject, contacts.c.step, contacts.c.not_before)
        found = {
            # A fact's number says where it stands in the log, and Beleef's own facts come in between.
            "runs": sa.select(*_without(campaign_runs, "fact", "trigger")).order_by(campaign_runs.c.id),
            "goals": sa.select(*_without(campaign_goals, "fact")).order_by(
                campaign_goals.c.run, campaign_goals.c.at
            ),
            "passages": sa.select(campaign_passages).order_by(*campaign_passages.primary_key),
            "intents": intents.order_by(contacts.c.key),
        }
        kept = {name: [tuple(row) for row in connection.execute(wanted)] for name, wanted in found.items()}
    facts = (fact for _, fact in opened.world.stores.warehouse.scan() if fact.type == "beleef")
    kept["facts"] = sorted(
        (str((fact.properties or {})["run"]), fact.name, fact.occurred_at) for fact in facts
    )
    return kept


def _without(table: sa.Table, *names: str) -> list[sa.Column[Any]]:
    return [column for column in table.c if column.name not in names]


def live(opened: Shop, done: Sequence[Deed], works_after: Sequence[int]) -> dict[str, list[Any]]:
    """Let customers do things, the worker working after some of them, and at the end until all is over."""
    at = opened.now
    for number, (minutes, event, cart, who) in enumerate(done):
        # The worker's own minute must not move what customers do.
        at += (minutes * 60 + 300) * SECOND
        opened.world._clock[0] = at
        opened.do(event, who, cart=cart, revenue=10, currency="EUR")
        if number in works_after:
            work(opened)
    for days in (2, 4, 6):
        opened.world._clock[0] = at + days * DAY
        work(opened)
    opened.results("everything")
    return outcome(opened)


def work(opened: Shop) -> None:
    for _ in range(50):
        try:
            opened.work()
        except Died:
            opened.world._worker.forget()
            opened.world._worker.release()
        else:
            return
    raise AssertionError("It never got through.")


class Died(Unavailable):
    """What is said when the machine dies under the worker."""


@settings(max_examples=6, deadline=None)
@given(done=deeds, works_after=st.lists(st.integers(0, 11), max_size=6))
def test_any_cut_of_batches_gives_the_same(published: Path, done: list[Deed], works_after: list[int]) -> None:
    with copied(published) as one:
        at_once = live(one, done, ())
    with copied(published) as other:
        in_pieces = live(other, done, works_after)
    assert in_pieces == at_once


@settings(max_examples=5, deadline=None)
@given(
    done=deeds,
    works_after=st.lists(st.integers(0, 11), max_size=6),
    deaths=st.sets(st.integers(0, 8), max_size=4),
)
def test_dying_anywhere_changes_nothing(
    published: Path, done: list[Deed], works_after: list[int], deaths: set[int]
) -> None:
    with copied(published) as one:
        expected = live(one, done, works_after)
    calls = 0
    keep = effects.keep

    def dying(*args: Any, **kwargs: Any) -> None:
        nonlocal calls
        keep(*args, **kwargs)
        calls += 1
        if calls - 1 in deaths:
            raise Died("The machine died.")

    with copied(published) as other, pytest.MonkeyPatch.context() as patched:
        patched.setattr(effects, "keep", dying)
        found = live(other, done, works_after)
    assert found == expected

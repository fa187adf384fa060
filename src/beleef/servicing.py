"""The demo's service desk, brought to life: rules and articles, and half a year of cases that the program itself worked on."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from beleef.access import api as access
from beleef.app import Stores, build_contact, build_support, build_worker
from beleef.demo.api import AGENTS, Asked, Step, articles_data, asked, rules_data
from beleef.kernel import ids
from beleef.kernel.clock import DAY, to_text
from beleef.store.log.port import Entry
from beleef.support.api import Case, Closing, Support, Wanted, from_data
from beleef.support.knowledge import Article, Knowledge
from beleef.worker import Worker

_OWN_SOURCE: Final = 0
_AT_ONCE: Final = 500
_BEFORE_ALL: Final = 800 * DAY
_LOOPS_FROM: Final = 28 * DAY
_MOST_ROUNDS: Final = 500
_MOST_FOLLOW_UPS: Final = 300
_BY: Final = "Demo"


def install_service(stores: Stores, end: int) -> None:
    """Put the shop's service in force before its history begins: staff, rules and articles.

    Follow-ups of bad feedback begin with the last weeks: the desk was not there before.

    Args:
        stores: The open stores, set up.
        end: When the history ends, in microseconds.
    """
    support, knowledge = build_support(stores), Knowledge()
    rules = from_data(rules_data())
    quiet = msgspec.structs.replace(
        rules,
        # Nobody gets a receipt of what was sent months ago, so none is promised.
        promises=tuple(msgspec.structs.replace(one, acknowledge=None) for one in rules.promises),
        thresholds={},
        alarming_text=False,
        broken_promises=False,
        acknowledge=False,
        apologise=False,
    )
    with stores.database.write() as connection:
        for email, name in AGENTS:
            access.add_member(
                connection,
                email=email,
                name=name,
                role=access.Role.agent,
                password=ids.new_secret(18),
                now=stores.now(),
            )
        support.save_rules(connection, quiet, by=_BY, now=end - _BEFORE_ALL)
        lively = msgspec.structs.replace(quiet, thresholds=rules.thresholds)
        support.save_rules(connection, lively, by=_BY, now=end - _LOOPS_FROM)
        for data in articles_data():
            article = msgspec.convert(data, Article)
            knowledge.save(connection, article, by=_BY, now=end - _LOOPS_FROM, new=True)
            knowledge.publish(connection, article.name, by=_BY, now=end - _LOOPS_FROM)


def live_service(stores: Stores, *, persons: int, end: int, seed: int) -> None:
    """Let customers ask and staff answer, in the half year that ends at ``end``.

    Args:
        stores: The open stores, whose history is loaded.
        persons: How many persons the demo has.
        end: The last moment, in microseconds.
        seed: Decides all that chance decides.
    """
    support = build_support(stores)
    worker = build_worker(stores)
    worker.claim()
    cases = list(asked(persons, end, seed))
    _say(stores, (_asking(support, one) for one in cases))
    # The answers come before the chores: a promise that was kept must not be told as broken.
    _work(worker)
    _say(stores, _answers(stores, support, cases))
    _say(stores, _follow_ups(stores, support, end))
    _work(worker)
    _settle(worker)
    _let_go(stores)
    with stores.database.write() as connection:
        loud = msgspec.structs.replace(from_data(rules_data()), broken_promises=False)
        support.save_rules(connection, loud, by=_BY, now=end)
    worker.release()


def _asking(support: Support, one: Asked) -> dict[str, Any]:
    matter = one.matter
    messages = support.open_case(
        key=one.key,
        email=one.email,
        kind=matter.kind,
        title=matter.title,
        text=matter.text,
        channel=matter.channel,
        touchpoint=matter.touchpoint,
        language=matter.language,
    )
    return _at(messages[0], one.at)


def _answers(stores: Stores, support: Support, cases: Iterable[Asked]) -> Iterator[dict[str, Any]]:
    """Yield what happens in the cases after they were opened."""
    with stores.database.read() as connection:
        for one in cases:
            number = support.opened_by(connection, one.key)
            if number is None:
                continue
            case = support.case(connection, number)
            tags = (one.matter.tag,) if one.matter.tag else ()
            given = support.change(
                connection,
                case,
                by=_BY,
                key="dealt",
                now=one.at,
                assignee=one.assignee if one.steps else "",
                tags=tags,
            )
            yield _at(given[0], one.at)
            for place, step in enumerate(one.steps):
                for message in _step(support, connection, case, step, f"{one.key}-{place}"):
                    yield _at(message, step.at)


def _step(support: Support, connection: Any, case: Case, step: Step, key: str) -> list[dict[str, Any]]:
    if step.what == "back":
        return support.customer_message(connection, case, key=key, text=step.text)
    if step.what == "close":
        closing = Closing(root_cause=step.root_cause, action=step.action)
        return support.close(connection, case, by=step.by, key=key, closing=closing)
    return support.reply(
        connection,
        case,
        reply=key,
        text=step.text,
        by=step.by,
        now=step.at,
        promise=None if step.promise_at is None else ("next_contact", step.promise_at),
        waiting=step.waiting,
    )


def _follow_ups(stores: Stores, support: Support, end: int) -> Iterator[dict[str, Any]]:
    """Yield how staff call back those whose feedback was bad: most of them within two days."""
    with stores.database.read() as connection:
        wanted = Wanted(is_open=True, kind="follow_up", order="oldest")
        found = support.inbox(connection, wanted, now=end, limit=_MOST_FOLLOW_UPS).cases
        causes = [one.name for one in support.rules(connection).rules.root_causes if one.parent]
        for case in found:
            waits = DAY // 2 + (case.number % 4) * DAY // 2
            at, by = case.life.opened_at + waits, AGENTS[case.number % 2][1]
            if at > end - DAY or not case.subject or case.number % 9 == 0:
                continue
            reply = support.reply(
                connection,
                case,
                reply=f"follow-{case.number}",
                text="Dank voor uw eerlijke antwoord. Wij hebben gekeken wat er misging en maken het goed.",
                by=by,
                now=at,
                waiting=True,
            )
            yield _at(reply[0], at)
            closing = Closing(root_cause=causes[case.number % len(causes)], action="Gebeld en goedgemaakt.")
            closed = support.close(connection, case, by=by, key="followed", closing=closing)
            yield _at(closed[0], min(at + DAY, end))


def _at(message: dict[str, Any], at: int) -> dict[str, Any]:
    return {**message, "timestamp": to_text(at)}


def _say(stores: Stores, messages: Iterable[dict[str, Any]]) -> None:
    """Bring messages into the log, in their order."""
    every = list(messages)
    for begin in range(0, len(every), _AT_ONCE):
        some = every[begin : begin + _AT_ONCE]
        body = msgspec.json.encode({"batch": some})
        entry = Entry(received_at=stores.now(), source=_OWN_SOURCE, kind="own", messages=len(some), body=body)
        stores.log.append([entry])


def _work(worker: Worker) -> None:
    while worker.work():
        pass


def _settle(worker: Worker) -> None:
    """Work until nothing waits."""
    for _ in range(_MOST_ROUNDS):
        worked = worker.work()
        if not worker.do_chores() and not worked:
            return


def _let_go(stores: Stores) -> None:
    """Take back the mail of half a year, which would all go out today."""
    contact = build_contact(stores)
    with stores.database.write() as connection:
        waiting = contact.listed(connection, ("waiting", "held"), limit=100_000)
        contact.withdraw(
            connection, [one.intent.key for one in waiting if one.intent.key.startswith("case:")]
        )

"""Deciding and sending: the contact gate alone, the gate with its reads and its ledger, and mails into a local SMTP server.

The pure decision is one Python call with the default rules and a person with twelve past contacts. A turn of the gate reads persons,
profiles, standing, past contacts and suppressions, decides, and writes decisions and reservations, durably, in SQLite; it is held
against a loop that only calls the pure decision. Sending claims, makes the mails, notes each group on disk before and after the
wire, and sends over four connections to a server that takes everything; the peer is a bare ``smtplib`` loop over four connections
kept open, with one ready-made mail, in the same turn.
"""

import random
import smtplib
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from email.message import EmailMessage
from pathlib import Path

import msgspec
import sqlalchemy as sa

from beleef import settings
from beleef.app import Stores, build_contact, build_sender, build_worker
from beleef.collect.tables import outbox
from beleef.contact.api import Asked, ChannelSetup, Gate, Intent, Known, PastContact
from beleef.contact.rules import DEFAULT
from beleef.identity import api as identity
from beleef.kernel.clock import DAY, HOUR, SECOND
from bench.installation import install, opened, populate, user
from bench.processes import beleef_sender, mail_sink
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Deciding and sending"

_CONNECTIONS = 4
_PURE = 50_000
_LONGEST_S = 600.0
_LEAST_DECISIONS_PER_S = 2_000
_LEAST_MAILS_PER_S = 500
_NOON = 1_772_442_000_000_000 + 3 * HOUR
_PARTS = {
    "subject": "Your order is on its way",
    "body": "<p>Dear customer,</p><p>" + "Your order is on its way. " * 40 + "</p>",
    "text": "Dear customer,\n\n" + "Your order is on its way.\n" * 40,
}


def measure(run: Run) -> Outcome:
    """Measure the row."""
    pure = [_pure_per_s(seed) for seed in range(max(3, run.sizes.rounds))]
    made = install(run.folder / "contact")
    with opened(made.data) as stores:
        populate(stores, 0, run.sizes.contacts)
        worker = build_worker(stores)
        worker.catch_up()
        worker.release()
    turns = []
    with mail_sink() as sink, _durable(made.data) as stores:
        _set_up(stores, sink.port)
        for number in range(run.sizes.rounds):
            turns.append(_turn(stores, sink.port, number, run.sizes.contacts))
            run.say("decided {:,.0f}/s, sent {:,.0f}/s, bare smtplib {:,.0f}/s".format(*turns[-1]))
        together = _together_per_s(stores, made.data, run.sizes.contacts)
        run.say(f"two senders {together:,.0f}/s")
    decided, sent, bare = (median([turn[place] for turn in turns]) for place in range(3))
    shares = [turn[1] / turn[2] for turn in turns]
    return Outcome(
        results=(
            _decisions(decided, median(pure)),
            Result(
                row=f"mails sent into a local SMTP server, {_CONNECTIONS} connections",
                measured=f"{sent:,.0f} mails/s",
                baseline=f"{bare:,.0f} mails/s, bare smtplib with one ready-made mail",
                ratio=median(shares),
                budget=f"≥ {_LEAST_MAILS_PER_S:,} mails/s",
                holds=sent >= _LEAST_MAILS_PER_S,
            ),
        ),
        details=(
            f"ratios of sending {spread(shares)}; every mail is claimed, made, and noted on disk before and after the wire",
            f"{run.sizes.contacts:,} persons, one message each, in each of {run.sizes.rounds} rounds",
            f"two sender processes, {_CONNECTIONS} connections each: {together:,.0f} mails/s, each sent and told once",
        ),
    )


def _decisions(decided: float, pure: float) -> Result:
    return Result(
        row="gate: decisions with their reads, and stored",
        measured=f"{decided:,.0f} decisions/s",
        baseline=f"{pure:,.0f} decisions/s, the pure function alone",
        ratio=decided / pure,
        budget=f"≥ {_LEAST_DECISIONS_PER_S:,} decisions/s",
        holds=decided >= _LEAST_DECISIONS_PER_S,
    )


def _pure_per_s(seed: int) -> float:
    chance, gate = random.Random(seed), Gate(DEFAULT)
    people = [
        Known(
            zone="Europe/Amsterdam",
            consents={("marketing", "email"): (True, 1)},
            contacts=tuple(
                PastContact(at=_NOON - chance.randrange(30 * DAY), channel="email", purpose="marketing")
                for _ in range(12)
            ),
        )
        for _ in range(200)
    ]
    asked = [
        Asked(at=_NOON + chance.randrange(DAY), purpose="marketing", channel="email") for _ in range(_PURE)
    ]
    began = time.perf_counter()
    for number, one in enumerate(asked):
        gate.decide(one, people[number % 200])
    return _PURE / (time.perf_counter() - began)


def _durable(data: Path) -> AbstractContextManager[Stores]:
    return closing(Stores(settings.load(data, {})))


def _set_up(stores: Stores, port: int) -> None:
    settings_ = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from_address": "post@kersten.example",
        "connections": _CONNECTIONS,
    }
    setup = ChannelSetup(name="mail", kind="email", driver="smtp", settings=settings_)
    with stores.database.write() as connection:
        build_contact(stores).save_channel(connection, setup, {}, stores.now())


def _turn(stores: Stores, port: int, number: int, people: int) -> tuple[float, float, float]:
    """Return decisions, mails and a bare loop's mails per second."""
    sender = build_sender(stores)
    meant = _mean(stores, str(number), people)
    decided, decide_s = _timed(sender.decide)
    sent, send_s = _timed(sender.send)
    if not decided == sent == len(meant):
        raise RuntimeError(f"{decided} decided and {sent} sent of {len(meant)}.")
    return decided / decide_s, sent / send_s, _bare_per_s(port, len(meant))


def _together_per_s(stores: Stores, data: Path, people: int) -> float:
    """Return the mails per second of two sender processes at once.

    Raises:
        RuntimeError: a message was not sent, or was told twice.
    """
    meant = _mean(stores, "together", people)
    _timed(build_sender(stores).decide)
    contact, deadline = build_contact(stores), time.monotonic() + _LONGEST_S
    with beleef_sender(data), beleef_sender(data):
        while True:
            with stores.database.read() as connection:
                rows = contact.by_keys(connection, meant)
            if all(row.state == "sent" for row in rows.values()) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    with stores.database.read() as connection:
        told = connection.execute(sa.select(outbox.c.message)).scalars()
        keys = Counter(msgspec.json.decode(one)["properties"]["key"] for one in told)
    if [keys[key] for key in meant] != [1] * len(meant):
        raise RuntimeError("A message was lost or sent twice.")
    moments = sorted(row.sent_at for row in rows.values() if row.sent_at is not None)
    return len(moments) / ((moments[-1] - moments[0]) / SECOND)


def _mean(stores: Stores, what: str, people: int) -> list[str]:
    """Mean to send each of so many people a message, and return the keys."""
    contact, key = build_contact(stores), stores.installation().key
    with stores.database.write() as connection:
        whom = [identity.find(connection, key, "user_id", user(one)) for one in range(people)]
        intents = [
            Intent(
                key=f"{what}:{person.number}",
                subject=person.number,
                purpose="transactional",
                channel="email",
                parts=_PARTS,
            )
            for person in whom
            if person is not None
        ]
        contact.intend(connection, intents, stores.now())
    return [intent.key for intent in intents]


def _timed(work: Callable[[], int]) -> tuple[int, float]:
    began, total = time.perf_counter(), 0
    while done := work():
        total += done
    return total, time.perf_counter() - began


def _bare_per_s(port: int, mails: int) -> float:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "post@kersten.example", "a@example.nl", _PARTS["subject"]
    mail.set_content(_PARTS["text"])
    mail.add_alternative(_PARTS["body"], subtype="html")
    wire = mail.as_bytes()

    def work(count: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            for _ in range(count):
                client.mail("post@kersten.example")
                client.rcpt("a@example.nl")
                client.data(wire)

    began = time.perf_counter()
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        list(threads.map(work, [mails // _CONNECTIONS] * _CONNECTIONS))
    return mails // _CONNECTIONS * _CONNECTIONS / (time.perf_counter() - began)

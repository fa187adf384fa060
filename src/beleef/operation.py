"""How Beleef is doing: the figures of ``beleef status``, ``/health`` and ``/metrics``, from one place."""

import shutil
from typing import TYPE_CHECKING

import msgspec

from beleef.collect import api as collect
from beleef.contact import api as contact
from beleef.kernel import clock
from beleef.kernel.errors import BeleefError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from beleef.app import Stores
    from beleef.collect.doors import Counter

_LEAST_FREE_BYTES = 64 * 1024 * 1024


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of messages since the beginning; ``accepted`` is the sum of all that follow up to ``lag_facts``, ``people`` not counted.

    Attributes:
        accepted: Answered with 200.
        processed: Became facts.
        repeated: Came again and were not counted again.
        quarantined: Cannot become facts as they are.
        erased: About people who asked to be forgotten.
        people: Customers known.
        lag_facts: Accepted, and not worked on yet.
        lag_s: For how long the oldest of these has waited.
    """

    accepted: int
    processed: int
    repeated: int
    quarantined: int
    erased: int
    people: int
    lag_facts: int
    lag_s: float


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether Beleef can do its work: ``ready``, or not and ``why``."""

    status: str
    why: list[str]
    lag_facts: int
    lag_s: float
    version: str


def status(stores: "Stores") -> Status:
    """Return the figures.

    Raises:
        Unavailable: a store does not answer.
    """
    with stores.database.read() as connection:
        progress = collect.progress(connection)
    waiting, since = stores.log.waiting(after=progress.position)
    return Status(
        accepted=stores.log.total(),
        processed=progress.processed,
        repeated=progress.repeated,
        quarantined=progress.quarantined,
        erased=progress.erased,
        people=progress.people,
        lag_facts=waiting,
        lag_s=round(max(0, stores.now() - since) / clock.SECOND, 3) if since is not None else 0.0,
    )


def sending_figures(stores: "Stores") -> contact.Figures:
    """Return how the sending stands.

    Raises:
        Unavailable: the database does not answer.
    """
    with stores.database.read() as connection:
        return contact.figures(connection, stores.now())


def health(stores: "Stores", version: str) -> Health:
    """Return whether Beleef is ready; never raises on account of a store."""
    why: list[str] = []
    lag_facts, lag_s = 0, 0.0
    try:
        now = status(stores)
        lag_facts, lag_s = now.lag_facts, now.lag_s
        if lag_s > stores.settings.lag_limit_s:
            why.append(f"The worker is {lag_s:.0f} s behind.")
        sending = sending_figures(stores)
        if sending.oldest_s > stores.settings.lag_limit_s:
            why.append(f"The sender is {sending.oldest_s:.0f} s behind.")
    except BeleefError as error:
        why.append(error.message)
    if shutil.disk_usage(stores.settings.data).free < _LEAST_FREE_BYTES:
        why.append("The disk is nearly full.")
    return Health(
        status="unavailable" if why else "ready", why=why, lag_facts=lag_facts, lag_s=lag_s, version=version
    )


def metrics(stores: "Stores", counter: "Counter") -> str:
    """Return the figures in Prometheus' text format: those of the whole installation, and of this web process."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 -- not needed before the first scrape
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

    found = status(stores)
    size = stores.warehouse.size()
    sending = sending_figures(stores)

    class Figures:
        def collect(self) -> "Iterator[Metric]":
            outcomes = CounterMetricFamily(
                "beleef_messages", "Messages by what became of them", labels=["outcome"]
            )
            for outcome in ("accepted", "processed", "repeated", "quarantined", "erased"):
                outcomes.add_metric([outcome], getattr(found, outcome))
            yield outcomes
            yield GaugeMetricFamily("beleef_people", "Customers known", found.people)
            yield GaugeMetricFamily("beleef_lag_facts", "Messages not worked on yet", found.lag_facts)
            yield GaugeMetricFamily("beleef_lag_seconds", "Age of the oldest of them", found.lag_s)
            yield GaugeMetricFamily("beleef_lake_bytes", "Size of the lake", size.bytes)
            yield GaugeMetricFamily("beleef_lake_files", "Files of the lake", size.files)
            yield GaugeMetricFamily("beleef_unfiled_facts", "Facts not filed yet", size.unfiled)
            messages = GaugeMetricFamily(
                "beleef_contact_messages", "Messages to customers that are not done with", labels=["state"]
            )
            for state in ("waiting", "held", "failed", "uncertain"):
                messages.add_metric([state], getattr(sending, state))
            yield messages
            yield GaugeMetricFamily(
                "beleef_contact_lag_seconds",
                "Age of the oldest message the gate should have seen",
                sending.oldest_s,
            )
            yield CounterMetricFamily(
                "beleef_collect_requests", "Requests accepted by this process", counter.requests
            )
            yield CounterMetricFamily("beleef_collect_bytes", "Bytes accepted by this process", counter.bytes)
            refused = CounterMetricFamily(
                "beleef_collect_refused", "Requests refused by this process", labels=["code"]
            )
            for code, count in counter.refused.items():
                refused.add_metric([code], count)
            yield refused

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry).decode()

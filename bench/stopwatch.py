"""Processor time of the worker by step: what is spent in a step counts for it alone, not for the step that called it.

It stands around the steps' own functions while something is measured, so that the worker needs no clocks of its own. Two
readings of the clock per step and batch cost nothing beside a batch of thousands.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from beleef.audiences.work import AudiencesStep
from beleef.campaigns.work import CampaignsStep
from beleef.collect import work as collect_work
from beleef.collect.work import CollectStep
from beleef.contact.work import ContactStep
from beleef.identity.api import IdentityStep
from beleef.profiles.work import ProfilesStep
from beleef.store.log.table import TableLog
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.work import TailStep
from beleef.worker import Worker

_PLACES: tuple[tuple[str, Any, str], ...] = (
    ("read the log", TableLog, "read"),
    ("decode", collect_work, "decode"),
    ("repeats", CollectStep, "begin"),
    ("repeats", CollectStep, "finish"),
    ("identity", IdentityStep, "__call__"),
    ("profiles", ProfilesStep, "__call__"),
    ("audiences", AudiencesStep, "__call__"),
    ("contact", ContactStep, "__call__"),
    ("campaigns", CampaignsStep, "__call__"),
    ("tail", TailStep, "__call__"),
    ("commit", Worker, "work"),
    ("filing", Filer, "run"),
    ("filing", Filer, "file"),
)
"""Name of the step, and the function it is; the commit is what remains of a batch."""

STEPS = tuple(dict.fromkeys(name for name, _, _ in _PLACES))


@contextmanager
def by_step() -> Iterator[dict[str, float]]:
    """Give seconds of processor time by step, all threads of this process together; they grow until the block ends."""
    spent = dict.fromkeys(STEPS, 0.0)
    inner = [0.0]

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            inner.append(0.0)
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.process_time() - began
                spent[name] += took - inner.pop()
                inner[-1] += took

        return call

    before = [(owner, attribute, getattr(owner, attribute)) for _, owner, attribute in _PLACES]
    for (name, owner, attribute), (_, _, function) in zip(_PLACES, before, strict=True):
        setattr(owner, attribute, timed(name, function))
    try:
        yield spent
    finally:
        for owner, attribute, function in before:
            setattr(owner, attribute, function)

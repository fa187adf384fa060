"""Opening a log by its address, for tests and for the processes they start."""

from beleef.store.log.jetstream import JetStreamLog
from beleef.store.log.port import Log
from beleef.store.log.table import TableLog


def open_log(address: str) -> Log:
    """Open the log at an address."""
    return JetStreamLog(address) if address.startswith("nats://") else TableLog(address)

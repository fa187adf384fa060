"""A sender in a process of its own, for tests that kill it: `python -m tests.contact.sender_process DATA LEASE_S`."""

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from beleef import settings
from beleef.app import Stores, build_sender


def main(data: Path, lease_s: float) -> None:
    """Send until SIGTERM."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    stores = Stores(settings.load(data))
    try:
        build_sender(stores, lease_s=lease_s).run(stop)
    finally:
        stores.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))

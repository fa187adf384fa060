"""A Spark Connect server: Sail, from the wheel `pysail`, which speaks the protocol without a Java machine."""

from pathlib import Path

from tests.services.programs import program
from tests.services.running import Running, free_port, launch, listens


def start(folder: Path) -> Running:
    """Start a server; its address is what Spark calls a remote."""
    port = free_port()
    command: list[str | Path] = [program("sail"), "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
    pid = launch(command, folder=folder, answers=lambda: listens(port))
    return Running(address=f"sc://127.0.0.1:{port}", pid=pid)

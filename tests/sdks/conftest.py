"""A running Beleef with a witness in front of it, and the SDKs as their registries publish them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.services.beleef import Installation, installed
from tests.services.witness import Witness, witnessing

HERE = Path(__file__).parent
ENVIRONMENT = Path(sys.prefix)
NODE_MODULES = ENVIRONMENT / "node" / "node_modules"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A Beleef that was just set up."""
    with installed(tmp_path_factory.mktemp("beleef"), os.environ) as installation:
        yield installation


@pytest.fixture
def witness(server: Installation) -> Iterator[Witness]:
    """The address to point an SDK at; it sees each request that the SDK makes."""
    with witnessing(server.address) as found:
        yield found


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder with the packages from npm."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not NODE_MODULES.is_dir():
        pytest.skip("the packages from npm are not installed; `make test` does it")
    return NODE_MODULES


def run_script(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program that uses an SDK and return what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=HERE,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout

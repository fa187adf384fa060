"""Where the programs are that come with wheels: beside the Python that runs the tests."""

import shutil
import sys
from pathlib import Path


def program(name: str) -> Path:
    """Return the path of a program from the environment.

    Raises:
        RuntimeError: it is not installed.
    """
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise RuntimeError(f"The program {name} is not installed; `make test` installs it.")
    return Path(found)

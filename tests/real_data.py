"""Real data that tests may read where it is there: never needed by the commands of the README."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """Return the path of a file of real data; skips the test, and says why, where it is absent."""
    folder = Path(os.environ.get("BELEEF_TEST_DATA", _BESIDE))
    if not (folder / name).exists():
        pytest.skip(f"There is no real data at {folder / name}; BELEEF_TEST_DATA names its folder.")
    return folder / name

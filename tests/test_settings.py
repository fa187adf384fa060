"""Settings come from the environment or a file, have one table, and refuse what cannot be."""

from pathlib import Path

import pytest

from beleef.kernel.errors import InvalidInput
from beleef.settings import SETTINGS, load


def test_everything_lies_in_the_data_folder_by_default(tmp_path: Path) -> None:
    found = load(tmp_path, {})
    assert found.database == f"sqlite:///{tmp_path}/records.db"
    assert found.log == f"sqlite:///{tmp_path}/log.db"
    assert found.lake == f"{tmp_path}/lake"
    assert found.engine == "duckdb"


def test_the_log_follows_the_state_to_postgresql(tmp_path: Path) -> None:
    found = load(tmp_path, {"BELEEF_DATABASE": "postgresql://u:p@127.0.0.1/beleef"})
    assert found.database == "postgresql+psycopg://u:p@127.0.0.1/beleef"
    assert found.log == found.database
    assert load(tmp_path, {"BELEEF_LOG": "nats://127.0.0.1:4222"}).log == "nats://127.0.0.1:4222"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("postgresql://u:p@127.0.0.1/beleef\n")
    found = load(tmp_path, {"BELEEF_DATABASE_FILE": str(tmp_path / "address")})
    assert found.database.endswith("127.0.0.1/beleef")
    with pytest.raises(InvalidInput, match="BELEEF_DATABASE_FILE"):
        load(tmp_path, {"BELEEF_DATABASE_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BELEEF_BATCH", "0"),
        ("BELEEF_BATCH", "many"),
        ("BELEEF_LOG_KEEP", "-1"),
        ("BELEEF_DATABASE", "mysql://x"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match="BELEEF_"):
        load(tmp_path, {name: value})


def test_every_setting_says_what_it_means() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    for setting in SETTINGS:
        assert setting.name.startswith("BELEEF_")
        assert setting.meaning.endswith(".")

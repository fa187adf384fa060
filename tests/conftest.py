"""What every test may ask for: a fixed moment, a fresh database or log on each backend, and real servers."""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as examples

from beleef.kernel import clock
from beleef.store.log.port import Log
from beleef.store.records.database import Database
from tests.cast import NOW as NOW  # noqa: PLC0414 -- so that tests may take it from here too
from tests.contracts.logs import open_log
from tests.services import nats, postgres, s3, spark
from tests.services.fresh import give_tables
from tests.services.running import keep_services, shared

_KEEPER = pytest.StashKey[subprocess.Popen[bytes]]()
_service = pytest.mark.service

# A change is judged by the same examples everywhere, and a busy machine is no fault of theirs. To look for new ones:
# `pytest --hypothesis-profile=default`.
examples.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
examples.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the place for this run's servers; workers of a run share their main process's."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="beleef-tests-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user than the tests.
    config.stash[_KEEPER] = keep_services(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop this run's servers."""
    keeper = config.stash.get(_KEEPER, None)
    if keeper is not None and keeper.stdin is not None:
        keeper.stdin.close()
        keeper.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files that start servers and browsers first: short ones at the end keep all processes of a run busy.

    On a machine that is too busy a server may be late: such a test gets a second try, and the summary names it. Tests of what
    survives a kill never do: what they find once is a fault.
    """
    for item in items:
        if item.get_closest_marker("service") and item.path.stem != "test_killed":
            item.add_marker(pytest.mark.flaky(reruns=1))
    long = {item.path for item in items if item.get_closest_marker("service")}
    stories = Path(__file__).with_name("stories")
    items.sort(key=lambda item: (stories not in item.path.parents, item.path not in long))


@pytest.fixture
def still() -> clock.Clock:
    """A clock that always shows ``NOW``."""
    return lambda: NOW


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """SQLAlchemy URL of the maintenance database of a real PostgreSQL."""
    return shared("postgres", postgres.start).address


@pytest.fixture(scope="session")
def nats_server() -> str:
    """Address of a real NATS server with JetStream."""
    return shared("nats", nats.start).address


@pytest.fixture(scope="session")
def spark_remote() -> str:
    """Remote (``sc://…``) of a real Spark Connect server."""
    # PySpark takes a main module without a file, as the workers of a parallel run have it, for its own test suite.
    vars(sys.modules["__main__"]).setdefault("__file__", __file__)
    return shared("spark", spark.start).address


@pytest.fixture
def postgres_address(postgres_server: str) -> Iterator[str]:
    """SQLAlchemy URL of a fresh, empty PostgreSQL database."""
    name = f"test_{secrets.token_hex(6)}"
    maintenance = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with maintenance.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_server.rpartition("/")[0] + f"/{name}"
    with maintenance.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_address(tmp_path: Path) -> str:
    """SQLAlchemy URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/records.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=_service)])
def database_address(request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of a fresh, empty database; the test runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_address"))


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """A database with all slices' tables and nothing in them; the test runs on SQLite and on PostgreSQL."""
    give_tables(database_address)
    opened = Database(database_address)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_address: str) -> Iterator[Database]:
    """The same on SQLite only, for tests of what does not depend on the database."""
    give_tables(sqlite_address)
    opened = Database(sqlite_address)
    yield opened
    opened.close()


@pytest.fixture
def jetstream_address(nats_server: str) -> str:
    """Address of a log on NATS JetStream that is not there yet."""
    return f"{nats_server}/test_{secrets.token_hex(6)}"


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=_service), pytest.param("jetstream", marks=_service)]
)
def log_address(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, empty log; the test runs on each backend."""
    return str(request.getfixturevalue(f"{request.param}_address"))


@pytest.fixture
def log(log_address: str) -> Iterator[Log]:
    """A fresh, empty log; the test runs on each backend."""
    opened = open_log(log_address)
    yield opened
    opened.close()


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """An empty bucket of S3-compatible storage.

    Attributes:
        endpoint: Address of the server.
        name: The bucket.
        access_key: Who may use it.
        secret_key: That key's secret.
    """

    endpoint: str
    name: str
    access_key: str
    secret_key: str


@pytest.fixture
def bucket() -> Bucket:
    """A fresh bucket on a real S3-compatible server."""
    made = Bucket(
        endpoint=shared("s3", s3.start).address,
        name=f"test-{secrets.token_hex(6)}",
        access_key=s3.ACCESS_KEY,
        secret_key=s3.SECRET_KEY,
    )
    s3.create_bucket(made.endpoint, made.name)
    return made

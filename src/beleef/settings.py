"""All settings, in one table: environment variable, default, unit and meaning. ``beleef settings`` prints it."""

import os
from pathlib import Path

import msgspec

from beleef.kernel.errors import InvalidInput


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        name: Name of the environment variable. ``NAME_FILE`` names a file that holds the value instead.
        default: Used when the variable is not set; may name the data folder as ``{data}``.
        unit: What a number counts; empty for text.
        meaning: What it does, in one sentence.
        secret: Whether the value is never shown.
    """

    name: str
    default: str
    unit: str = ""
    meaning: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(name="BELEEF_DATABASE", default="sqlite:///{data}/records.db", secret=True, meaning="Address of the state: SQLite or PostgreSQL (postgresql://user:password@host/name)."),
    Setting(name="BELEEF_LOG", default="", secret=True, meaning="Address of the log: a database address, or nats://host:4222. Empty: a SQLite file of its own, or the PostgreSQL database of the state."),
    Setting(name="BELEEF_LAKE", default="{data}/lake", meaning="Address of the Parquet lake: a folder, or s3://bucket/prefix."),
    Setting(name="BELEEF_EXPORTS", default="{data}/exports", meaning="Address where files for other systems are put, members of audiences for instance: a folder, or s3://bucket/prefix."),
    Setting(name="BELEEF_ATTACHMENTS", default="{data}/attachments", meaning="Address where files that customers send along are kept: a folder, or s3://bucket/prefix."),
    Setting(name="BELEEF_ENGINE", default="duckdb", meaning="What answers questions over history: duckdb, or a Spark Connect server (sc://host:15002)."),
    Setting(name="BELEEF_TIMEZONE", default="Europe/Amsterdam", meaning="Zone in which the organisation's days begin and end."),
    Setting(name="BELEEF_REGION", default="NL", meaning="Country of telephone numbers written without country code (ISO 3166)."),
    Setting(name="BELEEF_ADDRESS", default="http://127.0.0.1:8400", meaning="Address under which customers reach Beleef: links in messages begin with it. Without it, `beleef serve` takes its own host and port."),
    Setting(name="BELEEF_NAME", default="Beleef", meaning="Name of the organisation, shown on every page."),
    Setting(name="BELEEF_BATCH", default="20000", unit="messages", meaning="Most messages that the worker takes at once."),
    Setting(name="BELEEF_FILE_AFTER", default="60", unit="seconds", meaning="Age at which new facts are filed into the lake."),
    Setting(name="BELEEF_LOG_KEEP", default="0", unit="days", meaning="How long request bodies are kept in the log; 0 is for ever. Without them the state cannot be rebuilt from the beginning."),
    Setting(name="BELEEF_REPEATS_KEEP", default="400", unit="days", meaning="For how long a message id is remembered, so that a repeat is recognised; 0 is for ever."),
    Setting(name="BELEEF_DECISIONS_KEEP", default="400", unit="days", meaning="How long the single decisions of the contact gate are kept, for the page that says why a message went out or not; 0 is for ever."),
    Setting(name="BELEEF_LAG_LIMIT", default="300", unit="seconds", meaning="How far the worker may be behind before /health says so with 503."),
    Setting(name="BELEEF_WEB_PROCESSES", default="1", unit="processes", meaning="How many web processes `beleef serve` starts."),
    Setting(name="BELEEF_WAREHOUSE_MEMORY", default="1024", unit="MiB", meaning="Most memory a question over history may take."),
    Setting(name="BELEEF_SECURE_COOKIES", default="0", meaning="1 when the pages are served over HTTPS: session cookies are then sent over nothing else."),
)  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force. Times and sizes carry their unit in the name."""

    data: Path
    database: str
    log: str
    lake: str
    exports: str
    attachments: str
    engine: str
    timezone: str
    region: str
    address: str
    name: str
    batch_messages: int
    file_after_s: int
    log_keep_days: int
    repeats_keep_days: int
    decisions_keep_days: int
    lag_limit_s: int
    web_processes: int
    warehouse_memory_mib: int
    secure_cookies: bool


def load(data: Path, environment: dict[str, str] | None = None) -> Settings:
    """Return the settings for a data folder.

    Args:
        data: The folder that holds everything, unless an address says otherwise.
        environment: Where the variables are read from; the process's own by default.

    Raises:
        InvalidInput: a value cannot be used; the message names the variable.
    """
    given = dict(os.environ) if environment is None else environment
    data = data.expanduser().resolve()
    value = {setting.name: _value(setting, given, data) for setting in SETTINGS}
    database = _database(value["BELEEF_DATABASE"])
    log = value["BELEEF_LOG"] or (f"sqlite:///{data}/log.db" if database.startswith("sqlite") else database)
    return Settings(
        data=data,
        database=database,
        log=log if log.startswith("nats://") else _database(log),
        lake=value["BELEEF_LAKE"],
        exports=value["BELEEF_EXPORTS"],
        attachments=value["BELEEF_ATTACHMENTS"],
        engine=value["BELEEF_ENGINE"],
        timezone=value["BELEEF_TIMEZONE"],
        region=value["BELEEF_REGION"].upper(),
        address=_address(value["BELEEF_ADDRESS"]),
        name=value["BELEEF_NAME"],
        batch_messages=_number("BELEEF_BATCH", value, least=1),
        file_after_s=_number("BELEEF_FILE_AFTER", value, least=1),
        log_keep_days=_number("BELEEF_LOG_KEEP", value),
        repeats_keep_days=_number("BELEEF_REPEATS_KEEP", value),
        decisions_keep_days=_number("BELEEF_DECISIONS_KEEP", value),
        lag_limit_s=_number("BELEEF_LAG_LIMIT", value, least=1),
        web_processes=_number("BELEEF_WEB_PROCESSES", value, least=1),
        warehouse_memory_mib=_number("BELEEF_WAREHOUSE_MEMORY", value, least=128),
        secure_cookies=value["BELEEF_SECURE_COOKIES"] not in {"", "0", "no", "false"},
    )


def _value(setting: Setting, given: dict[str, str], data: Path) -> str:
    file = given.get(f"{setting.name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InvalidInput(
                f"{setting.name}_FILE names {file}, and it cannot be read.", hint=str(error)
            ) from error
    return given.get(setting.name, setting.default).replace("{data}", str(data)).strip()


def _database(address: str) -> str:
    if address.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + address.partition("://")[2]
    if address.startswith(("sqlite:///", "postgresql+psycopg://")):
        return address
    raise InvalidInput(
        "BELEEF_DATABASE and BELEEF_LOG take sqlite:///file or postgresql://user:password@host/name.",
        hint="Leave them out to keep everything in the data folder.",
    )


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise InvalidInput(
            f"BELEEF_ADDRESS begins with https:// or http://, not “{text}”.",
            hint="For example https://cx.example.nl.",
        )
    return text.rstrip("/")


def _number(name: str, value: dict[str, str], *, least: int = 0) -> int:
    try:
        number = int(value[name])
    except ValueError:
        number = least - 1
    if number < least:
        raise InvalidInput(
            f"{name} is a whole number of at least {least}, not “{value[name]}”.", hint="Correct it."
        )
    return number

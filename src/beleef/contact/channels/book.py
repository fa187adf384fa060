"""The channels of one process: read from the database, opened once, opened again when somebody changes their setup."""

import threading
from collections.abc import Callable, Mapping

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.opening import BUILT_IN, Surroundings, open_channel
from beleef.contact.channels.port import Channel, ChannelSetup
from beleef.contact.tables import channel_secrets, channels
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.store.records.database import insert

Open = Callable[[ChannelSetup, Mapping[str, str]], Channel]


def setups(connection: sa.Connection) -> list[ChannelSetup]:
    """Return the channels that are set up, by name; built-in ones stand in for kinds that have none."""
    rows = connection.execute(sa.select(channels).order_by(channels.c.name))
    found = [
        ChannelSetup(
            name=row.name,
            kind=row.kind,
            driver=row.driver,
            settings=msgspec.json.decode(row.settings),
            enabled=row.enabled,
            per_second=row.per_second,
        )
        for row in rows
    ]
    kinds = {one.kind for one in found}
    return [*found, *(one for one in BUILT_IN if one.kind not in kinds)]


def secrets(connection: sa.Connection) -> dict[str, dict[str, str]]:
    """Return the secrets of all channels, by the channel's name. They are never shown."""
    return {
        row.name: msgspec.json.decode(row.secrets, type=dict[str, str])
        for row in connection.execute(sa.select(channel_secrets))
    }


def save(connection: sa.Connection, setup: ChannelSetup, given: Mapping[str, str], now: int) -> None:
    """Write a channel and its secrets."""
    row = {
        "name": setup.name,
        "kind": setup.kind,
        "driver": setup.driver,
        "settings": msgspec.json.encode(setup.settings).decode(),
        "enabled": setup.enabled,
        "per_second": setup.per_second,
        "changed_at": now,
    }
    changed = {name: value for name, value in row.items() if name != "name"}
    statement = insert(channels, connection).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=[channels.c.name], set_=changed))
    kept = {"secrets": msgspec.json.encode(dict(given)).decode()}
    secret = insert(channel_secrets, connection).values(name=setup.name, **kept)
    connection.execute(secret.on_conflict_do_update(index_elements=[channel_secrets.c.name], set_=kept))


def delete(connection: sa.Connection, name: str) -> None:
    """Remove a channel.

    Raises:
        NotFound: there is none of that name.
    """
    connection.execute(sa.delete(channel_secrets).where(channel_secrets.c.name == name))
    if not connection.execute(sa.delete(channels).where(channels.c.name == name)).rowcount:
        raise NotFound(f"There is no channel {name!r}.", hint="Look at the list of channels.")


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that is open, and the setup it was opened with; ``fault`` says why it could not be."""

    setup: ChannelSetup
    channel: Channel | None
    fault: str = ""


class ChannelBook:
    """The channels of one process. Safe to use from several threads.

    Args:
        around: What channels may need of the installation.
        open_: Opens a channel; ``opening.open_channel`` by default.
    """

    def __init__(self, around: Surroundings, open_: Open | None = None) -> None:
        self._open = open_ or (lambda setup, secrets: open_channel(setup, secrets, around))
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[bytes, Opened]] = {}

    def all(self, connection: sa.Connection) -> list[Opened]:
        """Return all channels, by name; what changed is opened again.

        The one replaced is left to whoever sends with it to close: it may be in the middle of a message.
        """
        known = secrets(connection)
        with self._lock:
            return [self._current(setup, known.get(setup.name, {})) for setup in setups(connection)]

    def _current(self, setup: ChannelSetup, given: Mapping[str, str]) -> Opened:
        print_ = msgspec.json.encode([setup, dict(given)])
        kept = self._kept.get(setup.name)
        if kept is None or kept[0] != print_:
            kept = print_, self._opened(setup, given)
            self._kept[setup.name] = kept
        return kept[1]

    def _opened(self, setup: ChannelSetup, given: Mapping[str, str]) -> Opened:
        try:
            return Opened(setup=setup, channel=self._open(setup, given))
        except InvalidInput as error:
            return Opened(setup=setup, channel=None, fault=error.message)


def find(opened: list[Opened], kind: str, via: str) -> Opened | None:
    """Return the channel an intent means: the one named, or the first enabled of the kind, or the first at all."""
    of_kind = [one for one in opened if one.setup.kind == kind and via in {"", one.setup.name}]
    return next((one for one in of_kind if one.setup.enabled), of_kind[0] if of_kind else None)

"""What the commands do, apart from how they look: each opens the stores, does its work, and closes them."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from beleef import operation
from beleef import settings as settings_
from beleef.access import api as access
from beleef.app import (
    Stores,
    build_answers,
    build_people,
    build_profiles,
    build_worker,
    set_up,
)
from beleef.collect import api as collect
from beleef.kernel import clock, ids
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.operation import Status

if TYPE_CHECKING:
    from beleef.audiences.answers import AudienceView, DifferenceView, MemberView
    from beleef.campaigns import api as simulation
    from beleef.collect.bulk import ImportCounts
    from beleef.demonstration import World
    from beleef.erasure import Erased


@contextlib.contextmanager
def opened(data: Path, *, durable: bool = True) -> Iterator[Stores]:
    """Give the open stores of a data folder that is set up, brought to the present schema.

    Raises:
        NotFound: nothing is set up there.
    """
    stores = _open(data, durable=durable)
    try:
        yield stores
    finally:
        stores.close()


def _open(data: Path, *, durable: bool = True) -> Stores:
    found = settings_.load(data)
    if found.database.startswith("sqlite") and not Path(found.database.removeprefix("sqlite:///")).exists():
        raise NotFound(
            f"Nothing is set up in {data}.",
            hint="Run `beleef init` first, or `beleef demo`.",
            code="not_set_up",
        )
    stores = Stores(found, durable=durable)
    set_up(stores)
    return stores


def read_password(file: Path) -> str:
    """Return the first line of a file, or of the terminal or a pipe for ``-``.

    Raises:
        InvalidInput: it cannot be read.
    """
    if str(file) == "-":
        if sys.stdin.isatty():
            import getpass  # noqa: PLC0415

            return getpass.getpass("Password: ")
        return sys.stdin.readline().rstrip("\n")
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError) as error:
        raise InvalidInput(
            f"{file} holds no password.", hint="Put it on the first line of the file."
        ) from error


def init(data: Path, *, email: str, password: str) -> None:
    """Set up a data folder with its first administrator.

    Raises:
        Conflict: there is an administrator already.
        InvalidInput: address or password cannot be used.
    """
    stores = Stores(settings_.load(data))
    try:
        set_up(stores)
        with stores.database.write() as connection:
            if access.members(connection):
                raise Conflict(f"{data} is set up already.", hint="Sign in, and add staff on the page Staff.")
            added = access.add_member(
                connection,
                email=email,
                name="",
                role=access.Role.administrator,
                password=password,
                now=stores.now(),
            )
            access.record(connection, access.COMMAND, "staff.add", str(added.id), now=stores.now())
    finally:
        stores.close()


def serve(data: Path, *, host: str, port: int, web: bool, worker: bool, sender: bool) -> int:
    """Run Beleef and return the exit code.

    Raises:
        InvalidInput: nothing can listen at that address.
    """
    from beleef import serve as processes  # noqa: PLC0415

    if web + worker + sender != 1:
        with opened(data) as stores:
            count = stores.settings.web_processes
        processes.check_address(host, port)
        _take_for_granted("BELEEF_ADDRESS", own_address(host, port))
        arguments = ["--data", str(data), "--host", host, "--port", str(port)]
        return processes.run_parent(processes.children(arguments, web_processes=count))
    if web:
        processes.run_web(_open(data), host=host, port=port)
    elif sender:
        processes.run_sender(_open(data))
    else:
        processes.run_worker(_open(data, durable=False))
    return 0


def demo(data: Path, *, persons: int, months: int, seed: int, address: str, console: Console) -> "World":
    """Load the simulated organisation, unless the folder holds it already, and return which world it is.

    Its name and ``address``, with which links in its mails begin, hold from then on for this process and those that it starts.

    Raises:
        Conflict: the folder holds something else.
        InvalidInput: a number is out of range.
    """
    from beleef import demonstration  # noqa: PLC0415
    from beleef.demo.api import ORGANISATION  # noqa: PLC0415

    _take_for_granted("BELEEF_NAME", ORGANISATION)
    _take_for_granted("BELEEF_ADDRESS", address)
    world = demonstration.world_of(data)
    if world is not None:
        return world
    with _bar(console) as bar:
        return demonstration.load(data, persons=persons, months=months, seed=seed, bar=bar)


def serve_demo(data: Path, *, host: str, port: int) -> int:
    """Run a demo folder, with facts trickling in; return the exit code."""
    from beleef import serve as processes  # noqa: PLC0415

    processes.check_address(host, port)
    arguments = ["--data", str(data), "--host", host, "--port", str(port)]
    commands = processes.children(arguments, web_processes=1)
    return processes.run_parent([*commands, ["demo", "--trickle", "--data", str(data)]])


def _take_for_granted(setting: str, value: str) -> None:
    """Give a setting a value for this process and those that it starts, where nobody gave it one."""
    if f"{setting}_FILE" not in os.environ:
        os.environ.setdefault(setting, value)


def own_address(host: str, port: int) -> str:
    """Return where a browser on this machine finds what listens there."""
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 -- compared
    return f"http://{name}:{port}"


def trickle(data: Path) -> None:
    """Let new facts trickle into a demo folder, until told to stop."""
    from beleef import demonstration  # noqa: PLC0415

    demonstration.run_trickle(data)


def status(data: Path) -> Status:
    """Return the figures of a data folder."""
    with opened(data) as stores:
        return operation.status(stores)


def import_file(
    data: Path, *, file: Path, mapping: Path, source: str, rejects: Path | None, console: Console
) -> "ImportCounts":
    """Bring in a file; where no worker runs, work on it too.

    Raises:
        NotFound: there is no such source.
        InvalidInput: the mapping or the file cannot be used.
    """
    from beleef.collect.bulk import BulkImport  # noqa: PLC0415
    from beleef.collect.importing.mapping import read_mapping  # noqa: PLC0415

    read = read_mapping(mapping.read_text(encoding="utf-8"))
    with opened(data) as stores, _bar(console) as bar:
        with stores.database.read() as connection:
            found = collect.source(connection, source)
        _catch_up(data, stores, bar)
        task = bar.add_task(f"Reading {file.name}", total=None)
        importing = BulkImport(database=stores.database, log=stores.log, source=found, now=stores.now)
        counts = importing.run(
            file,
            read,
            rejects=rejects,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        bar.update(task, total=1, completed=1)
        _catch_up(data, stores, bar)
    return counts


def _catch_up(data: Path, stores: Stores, bar: Progress) -> None:
    """Work on what waits, unless a worker runs that does it."""
    waiting = operation.status(stores).lag_facts
    if not waiting:
        return
    with opened(data, durable=False) as own:
        worker = build_worker(own)
        task = bar.add_task("Working on it", total=waiting)
        with contextlib.suppress(Conflict):
            worker.catch_up(progress=lambda done: bar.update(task, completed=done))
        worker.release()
        bar.update(task, completed=waiting)


def rebuild(data: Path, *, into: Path | None, console: Console) -> Status:
    """Build the state again from the log.

    Raises:
        Conflict: a worker runs, or the log no longer holds everything.
    """
    from beleef import rebuilding  # noqa: PLC0415

    with _bar(console) as bar:
        return rebuilding.rebuild(data, into=into, bar=bar)


def erase(data: Path, person: str) -> "Erased":
    """Erase a person.

    Raises:
        NotFound: nobody is known by that.
    """
    from beleef.erasure import erase_person  # noqa: PLC0415

    with opened(data) as stores:
        return erase_person(stores, build_people(stores), person, actor=access.COMMAND)


def lift(data: Path, identifier: str) -> None:
    """Take facts about an erased identifier in again.

    Raises:
        InvalidInput: it is not ``namespace:value``.
        NotFound: it was not erased.
    """
    from beleef import erasure  # noqa: PLC0415

    with opened(data) as stores:
        erasure.lift(stores, identifier, actor=access.COMMAND)


def export(data: Path, person: str) -> Iterator[dict[str, Any]]:
    """Give everything kept about a person.

    Raises:
        NotFound: nobody is known by that.
    """
    with opened(data) as stores:
        yield from build_people(stores).export(person)


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulated campaign showed, and which of its author's expectations it broke."""

    simulated: "simulation.Simulated"
    broken: tuple["simulation.Broken", ...]


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign, as the command shows it."""

    name: str
    label: str
    state: str
    version: int
    entered: int
    active: int


def campaigns(data: Path) -> list[CampaignLine]:
    """Return all campaigns by name."""
    from beleef.app import build_campaigns  # noqa: PLC0415

    with opened(data) as stores, stores.database.read() as connection:
        return [
            CampaignLine(
                name=one.campaign.name,
                label=one.campaign.label,
                state=one.state,
                version=one.version,
                entered=one.entered,
                active=one.active,
            )
            for one in build_campaigns(stores).campaigns(connection)
        ]


def simulate(data: Path, file: Path, *, since: str, until: str, most: int | None) -> list[Simulated]:
    """Run the campaigns of a file in simulated time over past facts, and check what their author expects.

    Raises:
        InvalidInput: the file or a date cannot be read.
        NotFound: there is no campaign in the file.
    """
    from beleef.app import build_campaigns  # noqa: PLC0415
    from beleef.campaigns.api import broken, check_given  # noqa: PLC0415
    from beleef.campaigns.applying import read  # noqa: PLC0415
    from beleef.rehearsal import EVERYBODY, Past  # noqa: PLC0415

    with opened(data) as stores:
        zone = stores.settings.timezone
        wanted = read([text_in(file)], zone=zone)
        if not wanted.campaigns:
            raise NotFound(f"{file} holds no campaign.", hint="Give a file with `flow` or `campaigns`.")
        start, end = _day(since, zone), _day(until, zone)
        campaigns, found = build_campaigns(stores), []
        for campaign in wanted.campaigns:
            with stores.database.read() as connection:
                simulation_ = campaigns.simulation(
                    connection, campaign, audiences=wanted.audiences, gate=wanted.gate
                )
            people = Past(stores).sample(until=end, most=most or EVERYBODY, without=campaign.name).people
            shown = simulation_.run(people, since=start, until=end)
            wrong = (*broken(campaign.expect, shown), *check_given(campaign, simulation_))
            found.append(Simulated(simulated=shown, broken=wrong))
    return found


def text_in(file: Path) -> str:
    """Return what a file says.

    Raises:
        InvalidInput: it is no text that can be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read.", hint="Name a text file in UTF-8.") from error


def _day(text: str, zone: str) -> int:
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no date.", hint="Write it as 2026-03-01.") from error
    return clock.from_datetime(day if day.tzinfo else day.replace(tzinfo=ZoneInfo(zone)))


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What the matcher did: how many people it compared, and how many proposals wait for a decision now."""

    compared: int
    open: int


def match(data: Path) -> Matched:
    """Compare people by name, address and birth date, and keep likely pairs as proposals.

    Raises:
        Unavailable: the extra ``matching`` is not installed.
    """
    from beleef.identity import api as identity  # noqa: PLC0415 -- loads NumPy
    from beleef.profiles.records import Records  # noqa: PLC0415

    with opened(data) as stores:
        records = list(Records(stores.database, build_profiles(stores), stores.now))
        found = identity.match(records)
        with stores.database.write() as connection:
            waiting = identity.save_proposals(connection, found, now=stores.now())
            access.record(
                connection, access.COMMAND, "identity.match", "", now=stores.now(), compared=len(records)
            )
    return Matched(compared=len(records), open=waiting)


def audiences(data: Path) -> "list[AudienceView]":
    """Return all audiences by name."""
    with opened(data) as stores:
        return build_answers(stores).all()


def verify_audiences(data: Path, names: Sequence[str]) -> "list[DifferenceView]":
    """Return how audiences differ from a recomputation in the warehouse; those that are being filled are left out.

    Raises:
        NotFound: there is no audience of one of these names.
    """
    with opened(data) as stores:
        answers = build_answers(stores)
        for name in names:
            answers.one(name)
        return answers.verify(names)


def export_audience(data: Path, name: str) -> "Iterator[MemberView]":
    """Give all members of an audience, each person once.

    Raises:
        NotFound: there is no such audience.
    """
    with opened(data) as stores:
        yield from build_answers(stores).every_member(name)


def add_source(data: Path, *, name: str, channel: str) -> collect.Source:
    """Add a source.

    Raises:
        InvalidInput, Conflict: see ``collect.api.add_source``.
    """
    with opened(data) as stores, stores.database.write() as connection:
        added = collect.add_source(connection, name=name, channel=channel, now=stores.now())
        access.record(connection, access.COMMAND, "source.add", added.name, now=stores.now())
        return added


def rekey_source(data: Path, name: str) -> collect.Source:
    """Give a source another write key.

    Raises:
        NotFound: there is no such source.
    """
    with opened(data) as stores, stores.database.write() as connection:
        changed = collect.change_key(connection, collect.source(connection, name))
        access.record(connection, access.COMMAND, "source.key", changed.name, now=stores.now())
        return changed


def sources(data: Path) -> list[collect.Source]:
    """Return all sources."""
    with opened(data) as stores, stores.database.read() as connection:
        return collect.sources(connection)


def add_token(data: Path, *, name: str, role: str) -> str:
    """Add a token and return its secret.

    Raises:
        InvalidInput: there is no such role for tokens.
    """
    with opened(data) as stores, stores.database.write() as connection:
        secret = access.add_token(connection, name=name, role=role, now=stores.now())
        access.record(connection, access.COMMAND, "token.add", name, now=stores.now(), role=role)
        return secret


def tokens(data: Path) -> list[access.Token]:
    """Return all tokens."""
    with opened(data) as stores, stores.database.read() as connection:
        return access.tokens(connection)


def revoke_token(data: Path, number: int) -> None:
    """Revoke a token.

    Raises:
        NotFound: there is none to revoke.
    """
    with opened(data) as stores, stores.database.write() as connection:
        access.revoke_token(connection, number, stores.now())
        access.record(connection, access.COMMAND, "token.revoke", str(number), now=stores.now())


class QuarantineLine(msgspec.Struct, frozen=True, kw_only=True):
    """A quarantined message, as the command shows it."""

    id: str
    message_id: str
    source: str
    received_at: str
    code: str
    reason: str
    message: str


def quarantined(data: Path, *, limit: int) -> list[QuarantineLine]:
    """Return open messages of the quarantine, newest first."""
    with opened(data) as stores, stores.database.read() as connection:
        names = collect.source_names(connection)
        return [
            QuarantineLine(
                id=ids.to_text(one.id),
                message_id=one.message_id,
                source=names.get(one.source, str(one.source)),
                received_at=clock.to_text(one.received_at),
                code=one.code,
                reason=one.reason,
                message=one.message,
            )
            for one in collect.quarantined(connection, limit=limit)
        ]


def replay(data: Path, *, number: str, repaired: Path | None) -> int:
    """Bring quarantined messages in again and return how many.

    Raises:
        InvalidInput: the number or the repaired message cannot be used.
        NotFound: there is no such message.
    """
    with opened(data) as stores:
        if number == "all":
            return _replay_all(stores)
        with stores.database.read() as connection:
            held = collect.quarantined_message(connection, _number(number))
        text = None
        if repaired is not None:
            text = sys.stdin.read() if str(repaired) == "-" else repaired.read_text(encoding="utf-8")
        stores.log.append([collect.replay_entry(held, text, stores.now())])
    return 1


def _replay_all(stores: Stores) -> int:
    count, before = 0, None
    while True:
        with stores.database.read() as connection:
            page = collect.quarantined(connection, before=before, limit=500)
        if not page:
            return count
        before = page[-1].id
        entries = []
        for held in page:
            with contextlib.suppress(InvalidInput):
                entries.append(collect.replay_entry(held, None, stores.now()))
        if entries:
            stores.log.append(entries)
        count += len(entries)


def discard(data: Path, number: str) -> None:
    """Note that a quarantined message will not be repaired.

    Raises:
        InvalidInput, Conflict: it is not open.
    """
    with opened(data) as stores, stores.database.write() as connection:
        collect.discard(connection, _number(number))
        access.record(connection, access.COMMAND, "quarantine.discard", number, now=stores.now())


def _number(text: str) -> int:
    number = ids.from_text(text)
    if number is None:
        raise InvalidInput(
            f"“{text}” is no number of a message.", hint="Use the number that `beleef quarantine list` shows."
        )
    return number


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

"""The command ``beleef``: everything an operator does, pleasant for people and, with ``--json``, for programs."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

import beleef
from beleef.case_cli import cases_app
from beleef.demo.model import DEMO_EMAIL
from beleef.feedback.cli import SurveyLine
from beleef.feedback.cli import command as surveys_command
from beleef.kernel.errors import BeleefError
from beleef.printing import DATA, AsJson, Data, err, out, print_json, print_table

app = typer.Typer(
    name="beleef",
    help="Every interaction in one log, every customer one person. Start with [bold]beleef demo[/], or [bold]beleef init[/] and [bold]beleef serve[/].",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sources_app = typer.Typer(no_args_is_help=True, help="Where facts come from: websites, apps, tills, files.")
tokens_app = typer.Typer(no_args_is_help=True, help="Tokens with which programs read and change things.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Messages that cannot become facts as they are.")
campaigns_app = typer.Typer(
    no_args_is_help=True, help="Messages over time, tried out on past facts before they run."
)
audiences_app = typer.Typer(no_args_is_help=True, help="The people that rules select, kept live.")
app.add_typer(audiences_app, name="audiences")
app.add_typer(cases_app, name="cases")
app.add_typer(campaigns_app, name="campaigns")
app.add_typer(sources_app, name="sources")
app.add_typer(tokens_app, name="tokens")
app.add_typer(quarantine_app, name="quarantine")


def _surveys_at(data: Path) -> Any:
    from beleef import file_commands

    return file_commands.feedback(data)


def main() -> None:
    """Run the command; an expected refusal ends with one clear line and exit code 1."""
    try:
        app()
    except BeleefError as error:
        err.print(f"[red]✗[/] {error.message}", soft_wrap=True)
        if error.hint:
            err.print(f"  {error.hint}", style="dim", soft_wrap=True, markup=False)
        sys.exit(1)


def _print_surveys(found: list[SurveyLine]) -> None:
    rows = [[one.name, one.state, str(one.version), f"{one.asked:,}", f"{one.finished:,}"] for one in found]
    print_table(
        ["Name", "State", "Version", "Asked", "Answered"], rows, empty="No survey yet: beleef apply FILE"
    )


app.add_typer(surveys_command(_surveys_at, _print_surveys, Data, DATA), name="surveys")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"beleef {beleef.__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from beleef import logs

    logs.configure()


@app.command()
def init(
    admin_email: Annotated[str, typer.Option(help="E-mail address of the first administrator.")],
    admin_password_file: Annotated[
        Path, typer.Option(help="File that holds the password; - reads it from the terminal or a pipe.")
    ],
    data: Data = DATA,
) -> None:
    """Set up a data folder, with its first administrator."""
    from beleef import commands

    password = commands.read_password(admin_password_file)
    commands.init(data, email=admin_email, password=password)
    out.print(f"[green]✓[/] {data} is set up, and {admin_email} is its administrator.", soft_wrap=True)
    out.print(f"  Next: beleef serve --data {data}", style="dim", soft_wrap=True)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8400,
    web: Annotated[bool, typer.Option("--web", help="Only answer HTTP.")] = False,
    worker: Annotated[bool, typer.Option("--worker", help="Only work on what came in.")] = False,
    sender: Annotated[bool, typer.Option("--sender", help="Only send messages.")] = False,
    data: Data = DATA,
) -> None:
    """Run Beleef: answer HTTP, work on what comes in, and send. Stops cleanly on Ctrl-C or SIGTERM."""
    from beleef import commands

    sys.exit(commands.serve(data, host=host, port=port, web=web, worker=worker, sender=sender))


@app.command()
def demo(
    persons: Annotated[
        int, typer.Option(help="How many simulated customers; each has about 75 facts.", min=1)
    ] = 14_000,
    months: Annotated[int, typer.Option(help="Length of their history in months.", min=1)] = 18,
    seed: Annotated[int, typer.Option(help="Decides all that chance decides.", min=0)] = 7,
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="Start it when it is loaded.")] = False,
    trickle: Annotated[
        bool, typer.Option("--trickle", help="Only let new facts trickle in.", hidden=True)
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8400,
    data: Data = Path("demo-data"),
) -> None:
    """Load a lively, simulated organisation, to look around in and to measure with."""
    from beleef import commands

    if trickle:
        commands.trickle(data)
        return
    address = commands.own_address(host, port)
    found = commands.demo(data, persons=persons, months=months, seed=seed, address=address, console=err)
    out.print(
        f"[green]✓[/] A simulated organisation with {found.persons:,} customers is in {data}.", soft_wrap=True
    )
    if serve_:
        out.print(
            f"  Open [bold]{address}[/] and sign in as [bold]{DEMO_EMAIL}[/] with [bold]{found.password}[/]"
        )
        out.print("  Stop it with Ctrl-C.", style="dim")
        sys.exit(commands.serve_demo(data, host=host, port=port))
    out.print(f"  Sign in as {DEMO_EMAIL} with {found.password}", soft_wrap=True)
    out.print(f"  Next: beleef demo --data {data} --serve", style="dim", soft_wrap=True)


@app.command()
def status(data: Data = DATA, as_json: AsJson = False) -> None:
    """Show how many messages came in, and what became of them."""
    from beleef import commands

    found = commands.status(data)
    if as_json:
        print_json(found)
        return
    rows = [[name.replace("_", " "), f"{value:,}"] for name, value in msgspec.to_builtins(found).items()]
    print_table(["", ""], rows, empty="")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV, JSONL or Parquet file.", exists=True, dir_okay=False)],
    map_: Annotated[Path, typer.Option("--map", help="The mapping (YAML).", exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="Name of the source.")],
    rejects: Annotated[
        Path | None, typer.Option(help="File for rows that cannot be used, with line numbers.")
    ] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Bring in a file. The same file twice changes nothing; an interrupted import goes on where it was."""
    from beleef import commands

    found = commands.import_file(data, file=file, mapping=map_, source=source, rejects=rejects, console=err)
    if as_json:
        keys = ("read", "accepted", "repeated", "rejected")
        print_json({key: getattr(found, key) for key in keys})
        return
    out.print(
        f"[green]✓[/] {found.read:,} rows read: {found.accepted:,} messages accepted, "
        f"{found.repeated:,} known already, {found.rejected:,} rows rejected."
    )
    for line, reason in found.examples:
        out.print(f"  line {line}: {reason}", style="dim", markup=False)


@app.command()
def rebuild(
    into: Annotated[
        Path | None, typer.Option(help="Build into a new folder and leave this one as it is.")
    ] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Build all state again from the log. Stop [bold]beleef serve[/] first, or build [bold]--into[/] a new folder."""
    from beleef import commands

    found = commands.rebuild(data, into=into, console=err)
    if as_json:
        print_json(found)
    else:
        out.print(f"[green]✓[/] Rebuilt from {found.accepted:,} messages: {found.people:,} people.")


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="namespace:value, for example email:jan@example.nl")],
    lift: Annotated[
        bool,
        typer.Option("--lift", help="Take facts about this identifier in again: the customer came back."),
    ] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Erase a person from the log, the state and the lake, for good. What statistics need stays, without the person."""
    from beleef import commands

    if lift:
        commands.lift(data, person)
        out.print(f"[green]✓[/] Facts about {person} are taken in again.", soft_wrap=True)
        return
    found = commands.erase(data, person)
    if as_json:
        print_json(found)
    else:
        out.print(f"[green]✓[/] Erased. {found.facts:,} facts no longer belong to anybody.")


@app.command()
def export(
    person: Annotated[str, typer.Argument(help="namespace:value, for example email:jan@example.nl")],
    data: Data = DATA,
) -> None:
    """Print everything kept about a person, as JSON lines."""
    from beleef import commands

    for line in commands.export(data, person):
        print_json(line)


@app.command("apply")
def apply_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="YAML files with audiences, messages, blocks, gate rules, campaigns, surveys, themes and rules of service.",
            exists=True,
            dir_okay=False,
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="Publish campaigns and surveys that changed; people under way finish on their version.",
        ),
    ] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Bring what files hold into force: all of it, or nothing where something cannot work. Campaigns stay drafts."""
    from beleef import file_commands

    found = file_commands.apply(data, files, dry_run=dry_run, publish=publish)
    if as_json:
        print_json(found)
        return
    signs = {"new": "[green]+[/]", "changed": "[yellow]~[/]", "same": " "}
    for one in found:
        out.print(f"{signs[one.what]} {one.kind} {one.name}: {one.what}")
        for line in one.diff.splitlines():
            out.print(f"    {line}", style="dim", markup=False)
    if dry_run:
        out.print("Nothing was changed: this was a dry run.", style="dim")


@audiences_app.command("list")
def audiences_list(data: Data = DATA, as_json: AsJson = False) -> None:
    """List the audiences, with how many people are in each."""
    from beleef import commands

    found = commands.audiences(data)
    if as_json:
        print_json(found)
        return
    rows = [
        [one.name, f"{one.size:,}" if one.filled == 1 else f"being filled, {one.filled:.0%}", one.sentence]
        for one in found
    ]
    print_table(["Name", "People", "Who"], rows, empty="No audience yet: make one on the page Audiences.")


@audiences_app.command("verify")
def audiences_verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which audiences; all when none is named.")
    ] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Work out from the facts alone who is in each audience, and compare. Exit code 1 when there is a difference."""
    from beleef import commands

    found = commands.verify_audiences(data, names or [])
    if as_json:
        print_json(found)
    else:
        rows = [
            [one.name, f"{one.members:,}", f"{one.recomputed:,}", f"{one.missing:,}", f"{one.surplus:,}", " ".join(one.examples)]
            for one in found
        ]  # fmt: skip
        columns = ["Name", "Members", "Recomputed", "Missing", "Too many", "Examples"]
        print_table(columns, rows, empty="No audience is filled yet.")
    if any(one.missing or one.surplus for one in found):
        raise typer.Exit(1)


@audiences_app.command("export")
def audiences_export(
    name: Annotated[str, typer.Argument(help="The audience.")],
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Print the members of an audience, each person once: CSV, or with --json one line of JSON per person."""
    import csv

    from beleef import commands

    rows = csv.writer(sys.stdout, lineterminator="\n")
    if not as_json:
        rows.writerow(["id", "since", "user_id", "email", "phone"])
    for one in commands.export_audience(data, name):
        if as_json:
            print_json(one)
        else:
            known = one.identifiers
            rows.writerow([one.id, one.since, *(known.get(key, "") for key in ("user_id", "email", "phone"))])


@campaigns_app.command("list")
def campaigns_list(data: Data = DATA, as_json: AsJson = False) -> None:
    """List the campaigns, with how many entered and how many are under way."""
    from beleef import commands

    found = commands.campaigns(data)
    if as_json:
        print_json(found)
        return
    rows = [[one.name, one.state, str(one.version), f"{one.entered:,}", f"{one.active:,}"] for one in found]
    print_table(
        ["Name", "State", "Version", "Entered", "Under way"], rows, empty="No campaign yet: beleef apply FILE"
    )


@campaigns_app.command("simulate")
def campaigns_simulate(
    file: Annotated[Path, typer.Argument(help="A YAML file with campaigns.", exists=True, dir_okay=False)],
    since: Annotated[str, typer.Option("--from", help="First day, e.g. 2026-03-01.")],
    until: Annotated[str, typer.Option("--to", help="Day that it ends with, not included.")],
    most: Annotated[int | None, typer.Option("--people", help="Over at most so many people.", min=1)] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Run campaigns in simulated time over past facts. Exit code 1 when something comes out other than its author expects."""
    from beleef import commands

    found = commands.simulate(data, file, since=since, until=until, most=most)
    if as_json:
        print_json(found)
    else:
        for one in found:
            _show_simulated(one)
    if any(one.broken for one in found):
        raise typer.Exit(1)


def _show_simulated(one: Any) -> None:
    shown = one.simulated
    out.print(f"[bold]{shown.campaign}[/]: {shown.entered:,} entered, of {shown.looked_at:,} people")
    tables = (
        ("sent", shown.sent),
        ("held", shown.held),
        ("skipped", shown.skipped),
        ("left", shown.left),
        ("goals", shown.goals),
    )
    for word, table in tables:
        told = ", ".join(f"{name or '-'} {count:,}" for name, count in table.items())
        out.print(f"  {word}: {told or 'nothing'}", soft_wrap=True, markup=False)
    out.print(f"  most messages in a week for one person: {max(shown.busiest_week, default=0)}")
    for wrong in one.broken:
        out.print(f"[red]✗[/] {wrong.path}: {wrong.message}", soft_wrap=True)
    if not one.broken:
        out.print("[green]✓[/] All expectations hold.")


@app.command()
def match(data: Data = DATA, as_json: AsJson = False) -> None:
    """Look for people who are probably one, by name, address and birth date; the page Identity shows them for a decision."""
    from beleef import commands

    found = commands.match(data)
    if as_json:
        print_json(found)
    else:
        out.print(
            f"[green]✓[/] {found.compared:,} people compared: {found.open:,} proposals wait for a decision."
        )


@app.command()
def settings(as_json: AsJson = False) -> None:
    """Show every setting: environment variable, default and meaning."""
    from beleef.settings import SETTINGS

    if as_json:
        print_json(SETTINGS)
        return
    rows = [[one.name, one.default or "-", one.unit or "-", one.meaning] for one in SETTINGS]
    print_table(["Variable", "Default", "Unit", "Meaning"], rows, empty="")


@sources_app.command("add")
def sources_add(
    name: Annotated[str, typer.Argument(help="Its name, for example: web shop")],
    channel: Annotated[str, typer.Option(help="Channel of its facts: web, app, email, phone, shop, …")],
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Add a source and print its write key."""
    from beleef import commands

    added = commands.add_source(data, name=name, channel=channel)
    if as_json:
        print_json({"name": added.name, "write_key": added.write_key, "channel": added.channel})
    else:
        out.print(f"[green]✓[/] {added.name}: write key [bold]{added.write_key}[/]")


@sources_app.command("rekey")
def sources_rekey(
    name: Annotated[str, typer.Argument(help="Its name, for example: web shop")],
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Give a source a new write key; the present one is refused within seconds."""
    from beleef import commands

    changed = commands.rekey_source(data, name)
    if as_json:
        print_json({"name": changed.name, "write_key": changed.write_key, "channel": changed.channel})
    else:
        out.print(f"[green]✓[/] {changed.name}: write key [bold]{changed.write_key}[/]")


@sources_app.command("list")
def sources_list(data: Data = DATA, as_json: AsJson = False) -> None:
    """List the sources and their write keys."""
    from beleef import commands

    found = commands.sources(data)
    if as_json:
        print_json(
            [
                {"name": s.name, "write_key": s.write_key, "channel": s.channel, "enabled": s.enabled}
                for s in found
            ]
        )
        return
    rows = [[s.name, s.channel, s.write_key, "" if s.enabled else "switched off"] for s in found]
    print_table(
        ["Name", "Channel", "Write key", ""],
        rows,
        empty="No source yet: beleef sources add web --channel web",
    )


@tokens_app.command("add")
def tokens_add(
    name: Annotated[str, typer.Argument(help="What it is for, for example: website")],
    role: Annotated[str, typer.Option(help="reader, editor or administrator")],
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Add a token for a program and print it; it is shown only now."""
    from beleef import commands

    secret = commands.add_token(data, name=name, role=role)
    if as_json:
        print_json({"token": secret})
    else:
        out.print(f"[green]✓[/] Token: [bold]{secret}[/]", soft_wrap=True)


@tokens_app.command("list")
def tokens_list(data: Data = DATA, as_json: AsJson = False) -> None:
    """List the tokens, without their secrets."""
    from beleef import commands

    found = commands.tokens(data)
    if as_json:
        print_json(
            [
                {"id": t.id, "name": t.name, "role": t.role.name, "revoked": t.revoked_at is not None}
                for t in found
            ]
        )
        return
    rows = [[str(t.id), t.name, t.role.name, "revoked" if t.revoked_at else ""] for t in found]
    print_table(
        ["Number", "Name", "Role", ""], rows, empty="No token yet: beleef tokens add website --role reader"
    )


@tokens_app.command("revoke")
def tokens_revoke(
    number: Annotated[int, typer.Argument(help="Its number, from the list.")], data: Data = DATA
) -> None:
    """Revoke a token at once."""
    from beleef import commands

    commands.revoke_token(data, number)
    out.print("[green]✓[/] Revoked.")


@quarantine_app.command("list")
def quarantine_list(
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List messages that wait for repair, newest first."""
    from beleef import commands

    found = commands.quarantined(data, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [[one.id, one.source, one.code, one.reason, one.message_id] for one in found]
    print_table(["Number", "Source", "Code", "Reason", "Message id"], rows, empty="The quarantine is empty.")


@quarantine_app.command("replay")
def quarantine_replay(
    number: Annotated[
        str, typer.Argument(help="Its number, from the list; “all” tries every open one as it was.")
    ],
    message: Annotated[
        Path | None, typer.Option(help="File with the repaired JSON; - reads it from a pipe.")
    ] = None,
    data: Data = DATA,
) -> None:
    """Bring a message in again, repaired."""
    from beleef import commands

    count = commands.replay(data, number=number, repaired=message)
    out.print(f"[green]✓[/] {count:,} brought in again.")


@quarantine_app.command("discard")
def quarantine_discard(
    number: Annotated[str, typer.Argument(help="Its number, from the list.")], data: Data = DATA
) -> None:
    """Note that a message will not be repaired."""
    from beleef import commands

    commands.discard(data, number)
    out.print("[green]✓[/] Discarded.")

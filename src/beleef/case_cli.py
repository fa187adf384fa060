"""The commands of ``beleef cases``: the list, the proof that every clock is right, and the rules."""

from typing import Annotated

import typer

from beleef.printing import DATA, AsJson, Data, print_json, print_table

cases_app = typer.Typer(no_args_is_help=True, help="Cases of customers, and the promises made in them.")


@cases_app.command("list")
def cases_list(
    closed: Annotated[
        bool, typer.Option("--closed", help="Those that are closed, the newest first.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many at most.")] = 50,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List the open cases with a promise, the one that is due first in front."""
    from beleef import case_commands

    found = case_commands.cases(data, closed=closed, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        [one.case, one.status, one.kind, one.priority, one.title, one.assignee, one.due_at or ""]
        for one in found
    ]
    columns = ["Case", "Status", "Kind", "Priority", "Title", "Assignee", "Due"]
    print_table(columns, rows, empty="No case.")


@cases_app.command("verify")
def cases_verify(data: Data = DATA, as_json: AsJson = False) -> None:
    """Work every promise and every timer out anew from what happened, and compare. Exit code 1 when there is a difference."""
    from beleef import case_commands

    found = case_commands.verify_cases(data)
    if as_json:
        print_json(found)
    else:
        rows = [[f"C-{one.case}", one.what, one.stored, one.worked_out] for one in found]
        print_table(["Case", "What", "Stored", "Worked out"], rows, empty="Every case is what its facts say.")
    if found:
        raise typer.Exit(1)


@cases_app.command("rules")
def cases_rules(data: Data = DATA) -> None:
    """Print the rules of service as YAML: calendars, promises, departments, root causes. `beleef apply` takes it back."""
    from beleef import case_commands

    typer.echo(case_commands.service_rules(data), nl=False)

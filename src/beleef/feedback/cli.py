"""The command ``beleef surveys``: which there are, and what was answered, as CSV or YAML."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import typer

if TYPE_CHECKING:
    from beleef.feedback.api import Feedback

Opened = Callable[[Path], AbstractContextManager[tuple["Feedback", Any]]]
"""Gives feedback of a data folder with a connection to read from."""


class SurveyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A survey, as the command shows it."""

    name: str
    label: str
    kind: str
    state: str
    version: int
    asked: int
    not_asked: int
    finished: int


def command(
    opened: Opened, show: Callable[[list[SurveyLine]], None], data_option: Any, default: Path
) -> typer.Typer:
    """Return the command.

    Args:
        opened: Opens a data folder.
        show: Prints surveys for people.
        data_option: The annotated type of ``--data``, as all commands have it.
        default: Its default.
    """
    app = typer.Typer(no_args_is_help=True, help="Questions to customers, and what they answered.")

    @app.command("list")
    def surveys_list(
        data: data_option = default,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """List the surveys, with how many were asked, were not, and answered."""
        with opened(data) as (feedback, connection):
            found = [_line(feedback, connection, one) for one in feedback.surveys(connection)]
        if as_json:
            typer.echo(msgspec.json.encode(found).decode())
        else:
            show(found)

    @app.command("export")
    def surveys_export(
        name: Annotated[str, typer.Argument(help="The survey.")],
        form: Annotated[
            Literal["csv", "yaml"],
            typer.Option("--format", help="Answers as CSV, or the definition as YAML."),
        ] = "csv",
        data: data_option = default,
    ) -> None:
        """Print a survey's answers, one a line, or its definition. Of an anonymous survey: groups and comments only."""
        from beleef.feedback.api import surveys_to_yaml  # noqa: PLC0415 -- commands start faster without

        with opened(data) as (feedback, connection):
            if form == "yaml":
                typer.echo(surveys_to_yaml([feedback.survey(connection, name).survey]), nl=False)
                return
            for line in feedback.export_csv(connection, name):
                typer.echo(line, nl=False)

    @app.command("themes")
    def surveys_themes(data: data_option = default) -> None:
        """Print what people write about as YAML: the themes with their words. `beleef apply` takes it back."""
        from beleef.feedback.voices.files import themes_to_yaml  # noqa: PLC0415 -- commands start faster without
        from beleef.feedback.voices.keeping import themes  # noqa: PLC0415

        with opened(data) as (_, connection):
            typer.echo(themes_to_yaml(themes(connection)), nl=False)

    return app


def _line(feedback: "Feedback", connection: Any, stored: Any) -> SurveyLine:
    name = stored.survey.name
    asked, done = feedback.asked(connection, name), feedback.progress(connection, name)
    return SurveyLine(
        name=name,
        label=stored.survey.label,
        kind=stored.survey.kind,
        state=stored.state,
        version=stored.version,
        asked=asked.asked,
        not_asked=sum(asked.not_asked.values()),
        finished=done.finished,
    )

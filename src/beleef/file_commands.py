"""What the commands about files and surveys do, apart from how they look: bringing files into force, opening what was answered."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from beleef.access import api as access
from beleef.app import Stores, build_support
from beleef.commands import opened, text_in
from beleef.support import api as support

if TYPE_CHECKING:
    from beleef.campaigns.applying import Applied
    from beleef.feedback.api import Feedback
    from beleef.feedback.applying import SurveyApplied


def apply(
    data: Path, files: Sequence[Path], *, dry_run: bool, publish: bool
) -> "tuple[Applied | SurveyApplied, ...]":
    """Bring audiences, messages, blocks, gate rules, campaigns, surveys, themes and rules of service into force; return what changes.

    Raises:
        InvalidInput: one of them cannot be; nothing is kept.
    """
    from beleef.app import build_campaigns, build_feedback  # noqa: PLC0415
    from beleef.campaigns.applying import Applying, read  # noqa: PLC0415
    from beleef.feedback import applying as surveying  # noqa: PLC0415

    with opened(data) as stores:
        texts, said = surveying.taken(text_in(file) for file in files)
        texts, service = support.taken_out(texts)
        feedback = build_feedback(stores)
        wanted = read(texts, zone=stores.settings.timezone)
        applying = Applying(build_campaigns(stores))
        if dry_run:
            with stores.database.read() as connection:
                return (
                    *applying.changes(connection, wanted),
                    *surveying.changes(connection, feedback, said),
                    *_service(stores, connection, service),
                )
        with stores.database.write() as connection:
            now, by = stores.now(), access.COMMAND.name
            found: tuple[Applied | SurveyApplied, ...] = (
                *applying.apply(connection, wanted, now, by=by, publish=publish),
                *surveying.apply(connection, feedback, said, now, publish=publish),
                *_service(stores, connection, service),
            )
            if service is not None:
                build_support(stores).save_rules(
                    connection, service, by=access.COMMAND.name, now=stores.now()
                )
            for one in found:
                if one.what != "same":
                    access.record(connection, access.COMMAND, f"{one.kind}.apply", one.name, now=stores.now())
        return found


def _service(
    stores: Stores, connection: sa.Connection, wanted: support.ServiceRules | None
) -> "tuple[Applied, ...]":
    from beleef.campaigns.applying import Applied  # noqa: PLC0415

    if wanted is None:
        return ()
    diff = support.difference(build_support(stores).rules(connection).rules, wanted)
    return (Applied(kind="service", name="rules", what="changed" if diff else "same", diff=diff),)


@contextlib.contextmanager
def feedback(data: Path) -> "Iterator[tuple[Feedback, sa.Connection]]":
    """Give what answers about surveys, with a connection to read from."""
    from beleef.app import build_feedback  # noqa: PLC0415

    with opened(data) as stores, stores.database.read() as connection:
        yield build_feedback(stores), connection

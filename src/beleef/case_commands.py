"""What the commands about cases do, apart from how they look."""

from pathlib import Path
from typing import Literal

import msgspec

from beleef.app import build_support
from beleef.commands import opened
from beleef.kernel import clock
from beleef.support import api as support


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case, as the command shows it; moments are ISO 8601."""

    case: str
    status: str
    kind: str
    priority: str
    title: str
    assignee: str
    department: str
    opened_at: str
    due_at: str | None


def cases(data: Path, *, closed: bool, limit: int) -> list[CaseLine]:
    """Return the open cases (or the closed ones), those whose promise is due first in front."""
    order: Literal["newest", "due"] = "newest" if closed else "due"
    with opened(data) as stores, stores.database.read() as connection:
        wanted = support.Wanted(is_open=not closed, order=order)
        page = build_support(stores).inbox(connection, wanted, now=stores.now(), limit=limit)
    return [
        CaseLine(
            case=one.reference,
            status=one.life.status,
            kind=one.life.kind,
            priority=one.life.priority,
            title=one.life.title,
            assignee=one.life.assignee,
            department=one.life.department,
            opened_at=clock.to_text(one.life.opened_at),
            due_at=None if one.next_due_at is None else clock.to_text(one.next_due_at),
        )
        for one in page.cases
    ]


def verify_cases(data: Path) -> list[support.Differs]:
    """Work every timer of every case out anew, from what happened in it, and return where the rows differ."""
    found: list[support.Differs] = []
    after: int | None = 0
    with opened(data) as stores:
        keeper = build_support(stores)
        while after is not None:
            with stores.database.read() as connection:
                some, after = keeper.verify(connection, after=after)
            found += some
    return found


def service_rules(data: Path) -> str:
    """Return the rules of service in force, as YAML that ``beleef apply`` takes."""
    with opened(data) as stores, stores.database.read() as connection:
        return support.to_yaml(build_support(stores).rules(connection).rules)

"""SQL about one campaign's messages: what became of them by step and variant, and letting them wait while it is paused."""

from collections.abc import Collection

import sqlalchemy as sa

from beleef.contact.model import OPEN, CampaignOutcome
from beleef.contact.tables import contacts
from beleef.kernel.clock import DAY
from beleef.store.records.database import is_any_of

PAUSED = "campaign_paused"
_NEVER = 100_000 * DAY
"""A moment that nobody lives to see: what is due then waits until it is let go."""

_c = contacts.c


def hold(connection: sa.Connection, campaign: str) -> int:
    """Let what the gate has not let through yet wait; return how many rows."""
    statement = sa.update(contacts).where(_c.campaign == campaign, _c.state.in_(OPEN))
    return connection.execute(statement.values(state="held", reason=PAUSED, rule="", due_at=_NEVER)).rowcount


def let_go(connection: sa.Connection, campaign: str, now: int) -> int:
    """Let the gate look again at what waited because the campaign was paused; return how many rows."""
    statement = sa.update(contacts).where(_c.campaign == campaign, _c.state == "held", _c.reason == PAUSED)
    return connection.execute(statement.values(state="waiting", reason="", due_at=now)).rowcount


def withdraw(connection: sa.Connection, keys: Collection[str]) -> int:
    """Cancel what the gate has not let through yet of some messages, by their keys; return how many rows."""
    statement = sa.update(contacts).where(is_any_of(_c.key, list(keys)), _c.state.in_(OPEN))
    return connection.execute(statement.values(state="cancelled", reason="campaign_left", rule="")).rowcount


def states(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """Return how many messages of each campaign are in which state."""
    rows = connection.execute(
        sa.select(_c.campaign, _c.state, sa.func.count())
        .where(_c.campaign != "")
        .group_by(_c.campaign, _c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for campaign, state, messages in rows:
        found.setdefault(campaign, {})[state] = messages
    return found


def outcomes(connection: sa.Connection, campaign: str) -> list[CampaignOutcome]:
    """Return how many messages of a campaign came to what, by step, variant, channel, state and reason."""
    clicked, opened = sa.func.count(_c.clicked_at), sa.func.count(_c.opened_at)
    rows = connection.execute(
        sa.select(_c.step, _c.variant, _c.channel, _c.state, _c.reason, sa.func.count(), clicked, opened)
        .where(_c.campaign == campaign)
        .group_by(_c.step, _c.variant, _c.channel, _c.state, _c.reason)
        .order_by(_c.step, _c.variant, _c.channel, _c.state, _c.reason)
    )
    return [
        CampaignOutcome(
            step=row[0],
            variant=row[1],
            channel=row[2],
            state=row[3],
            reason=row[4],
            messages=row[5],
            clicked=row[6],
            opened=row[7],
        )
        for row in rows
    ]

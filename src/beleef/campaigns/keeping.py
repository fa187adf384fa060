"""Putting campaigns in force, pausing, resuming and stopping them: what that means for people under way and messages not yet sent."""

import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.campaigns import queries
from beleef.campaigns.book import rules_asked
from beleef.campaigns.model import InFlight, StoredCampaign, Timers
from beleef.campaigns.program import compile_
from beleef.contact.api import Contact
from beleef.kernel.errors import Conflict


def owner(stored: StoredCampaign) -> str:
    """Return the name under which a campaign's rules are kept in audiences."""
    return f"campaign:{stored.campaign.name}"


def publish(
    connection: sa.Connection, stored: StoredCampaign, now: int, in_flight: InFlight, audiences: Audiences
) -> None:
    """Put the draft in force as the next version; a campaign that is paused stays so."""
    version = stored.version + 1
    queries.add_version(connection, stored.number, version, stored.campaign, now, in_flight)
    if in_flight == "move":
        steps = compile_(stored.campaign).places
        queries.move_on(connection, stored.number, version, steps, now)
    begins = stored.state in {"draft", "stopped"}
    queries.set_state(
        connection,
        stored.number,
        "active" if begins else stored.state,
        version=version,
        active_from=now if begins or stored.active_from is None else stored.active_from,
        paused_at=None if begins else stored.paused_at,
    )
    # People under way may still be asked what earlier versions ask.
    known = [one.definition for one in queries.versions(connection, [stored.number]).values()]
    audiences.keep(connection, owner(stored), rules_asked(known))
    queries.note_change(connection)


def pause(connection: sa.Connection, stored: StoredCampaign, now: int, contact: Contact) -> None:
    """Pause a campaign: its messages that are not yet sent wait.

    Raises:
        Conflict: it does not run.
    """
    if stored.state != "active":
        raise Conflict("The campaign does not run.", hint="Only a running campaign can be paused.")
    queries.set_state(connection, stored.number, "paused", paused_at=now)
    contact.hold(connection, campaign=stored.campaign.name)
    queries.note_change(connection)


def resume(
    connection: sa.Connection, stored: StoredCampaign, now: int, timers: Timers, contact: Contact
) -> None:
    """Let a paused campaign go on.

    Raises:
        Conflict: it is not paused.
    """
    if stored.state != "paused" or stored.paused_at is None:
        raise Conflict("The campaign is not paused.", hint="Only a paused campaign can be resumed.")
    if timers == "shift":
        queries.shift(connection, stored.number, now - stored.paused_at)
    queries.set_state(connection, stored.number, "active", paused_at=None)
    contact.let_go(connection, campaign=stored.campaign.name, now=now)
    queries.note_change(connection)


def stop(
    connection: sa.Connection, stored: StoredCampaign, now: int, audiences: Audiences, contact: Contact
) -> None:
    """Stop a campaign: everybody leaves, and what is not yet sent is cancelled.

    Raises:
        Conflict: it does not run.
    """
    if stored.state not in {"active", "paused"}:
        raise Conflict("The campaign does not run.", hint="There is nothing to stop.")
    queries.end_all(connection, stored.number, now, "stopped")
    queries.set_state(connection, stored.number, "stopped", paused_at=None)
    contact.cancel(connection, campaign=stored.campaign.name)
    audiences.keep(connection, owner(stored), ())
    queries.note_change(connection)

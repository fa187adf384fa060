"""Puts messages into inboxes; the site, the app or the portal fetches them from there."""

from collections.abc import Sequence

from beleef.contact.channels.inbox import queries
from beleef.contact.channels.inbox.queries import Item
from beleef.contact.channels.port import Outgoing, Sent
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.profiles.api import Profile
from beleef.store.records.database import Database


class InboxChannel:
    """The inboxes.

    Args:
        database: Where they are kept.
        now: The clock.
    """

    kind = "inbox"

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    def address(self, person: Person, profile: Profile) -> str | None:  # noqa: ARG002 -- the interface's
        """Return the person's number: everybody has an inbox."""
        return ids.to_text(person.number)

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Put messages into inboxes; one that is there stays as it is."""
        now = self._now()
        with self._database.write() as connection:
            queries.add(
                connection,
                [
                    Item(
                        contact=one.contact,
                        key=one.key,
                        subject=one.person.number,
                        at=now,
                        campaign=one.campaign,
                        language=one.language,
                        parts=one.parts,
                    )
                    for one in outgoing
                ],
            )
        return [Sent(outcome="sent", provider_id=f"inbox-{one.contact}") for one in outgoing]

    def close(self) -> None:
        """Nothing is open."""

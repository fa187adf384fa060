"""The built-in outbox: a channel that keeps messages instead of sending them, so that Beleef can be tried without a mail server."""

from collections.abc import Sequence

import msgspec

from beleef.contact import queries
from beleef.contact.channels.addresses import email_address
from beleef.contact.channels.port import Outgoing, Sent
from beleef.identity.api import Person
from beleef.kernel.clock import Clock
from beleef.profiles.api import Profile
from beleef.store.records.database import Database


class OutboxChannel:
    """Keeps messages of a kind.

    Args:
        kind: The kind it stands in for.
        database: Where it keeps them.
        now: The clock.
    """

    def __init__(self, kind: str, database: Database, now: Clock) -> None:
        self.kind = kind
        self._database = database
        self._now = now

    def address(self, person: Person, profile: Profile) -> str | None:
        """Return the person's e-mail address, or None where none is known."""
        return email_address(person, profile)

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Keep messages; one that is kept already stays as it is."""
        with self._database.write() as connection:
            for message in outgoing:
                queries.keep_message(
                    connection,
                    {
                        "contact": message.contact,
                        "kind": self.kind,
                        "at": self._now(),
                        "subject": message.person.number,
                        "address": message.address,
                        "parts": msgspec.json.encode(message.parts).decode(),
                    },
                )
        return [Sent(outcome="sent", provider_id=f"outbox-{message.contact}") for message in outgoing]

    def close(self) -> None:
        """Nothing is open."""

"""Puts people on the call list, with the script; staff ring them and enter what came of it on the page."""

from collections.abc import Sequence

from beleef.contact.channels.call import queries
from beleef.contact.channels.call.queries import Call
from beleef.contact.channels.places import phone
from beleef.contact.channels.port import Outgoing, Sent
from beleef.identity.api import Person
from beleef.kernel.clock import Clock
from beleef.profiles.api import Profile
from beleef.store.records.database import Database


class CallChannel:
    """The call list.

    Args:
        database: Where it is kept.
        now: The clock.
        region: ISO 3166 code for numbers without a country code.
    """

    kind = "call"

    def __init__(self, database: Database, now: Clock, *, region: str) -> None:
        self._database = database
        self._now = now
        self._region = region

    def address(self, person: Person, profile: Profile) -> str | None:
        """Return the number to ring."""
        return phone(person, profile, region=self._region, takes_texts=False)

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Put calls on the list; one that is there stays as it is."""
        now = self._now()
        with self._database.write() as connection:
            queries.add(
                connection,
                [
                    Call(
                        contact=one.contact,
                        key=one.key,
                        subject=one.person.number,
                        at=now,
                        phone=one.address,
                        campaign=one.campaign,
                        script=one.parts.get("body", ""),
                        due_at=now,
                    )
                    for one in outgoing
                ],
            )
        return [Sent(outcome="sent", provider_id=f"call-{one.contact}") for one in outgoing]

    def close(self) -> None:
        """Nothing is open."""

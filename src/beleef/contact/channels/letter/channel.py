"""Keeps letters for the print service. Each is drawn once before it counts as handed over: a letter that cannot be printed is refused."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from beleef.contact.channels.letter import paper, queries
from beleef.contact.channels.letter.model import Letter, is_too_long, read_settings
from beleef.contact.channels.places import postal
from beleef.contact.channels.port import ChannelSetup, Outgoing, Sent
from beleef.identity.api import Person
from beleef.kernel.clock import Clock, to_datetime
from beleef.profiles.api import Profile
from beleef.store.records.database import Database


def check_settings(given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:  # noqa: ARG001 -- as for every channel
    """Pass where letters can be made like this.

    Raises:
        InvalidInput: they cannot; code ``invalid_channel``.
    """
    paper.draw((), read_settings(given))


class LetterChannel:
    """Letters.

    Args:
        setup: The channel.
        database: Where letters are kept.
        now: The clock.
        zone: IANA name of the zone whose days letters belong to.

    Raises:
        InvalidInput: the settings cannot be.
    """

    kind = "letter"

    def __init__(self, setup: ChannelSetup, *, database: Database, now: Clock, zone: str) -> None:
        self._name = setup.name
        check_settings(setup.settings, {})
        self._settings = read_settings(setup.settings)
        self._database = database
        self._now = now
        self._zone = ZoneInfo(zone)

    def address(self, person: Person, profile: Profile) -> str | None:  # noqa: ARG002 -- the interface's
        """Return the lines of the postal address, name first."""
        lines = postal(profile)
        return None if lines is None else "\n".join(lines)

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Keep letters; one that is kept stays as it is."""
        now = self._now()
        day = to_datetime(now).astimezone(self._zone).date().isoformat()
        letters = [self._letter(one, now, day) for one in outgoing]
        sent = [self._check(letter) for letter in letters]
        with self._database.write() as connection:
            queries.add(
                connection,
                [letter for letter, said in zip(letters, sent, strict=True) if said.outcome == "sent"],
            )
        return sent

    def close(self) -> None:
        """Nothing is open."""

    def _check(self, letter: Letter) -> Sent:
        if is_too_long(letter):
            return Sent(outcome="refused", code="too_long", detail="Longer than fits one envelope")
        if paper.missing_signs((*letter.address, letter.body), self._settings):
            return Sent(outcome="refused", code="unprintable", detail="Signs that the typeface lacks")
        return Sent(outcome="sent", provider_id=f"letter-{letter.contact}")

    def _letter(self, outgoing: Outgoing, now: int, day: str) -> Letter:
        return Letter(
            contact=outgoing.contact,
            subject=outgoing.person.number,
            channel=self._name,
            at=now,
            day=day,
            campaign=outgoing.campaign,
            language=outgoing.language,
            address=tuple(outgoing.address.split("\n")),
            body=outgoing.parts.get("body", ""),
        )

"""Tells the organisation's own people something, at the addresses that Apprise understands.

An address holds its own key, so all of them are kept as a secret.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from beleef.contact.channels.port import ChannelSetup, Outgoing, Sent
from beleef.contact.channels.wire import each
from beleef.identity.api import Person
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Profile

_LONGEST_TITLE = 80


def read_addresses(secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses to tell, one a line in the secret ``addresses``.

    Raises:
        InvalidInput: there is none, or one that Apprise does not understand; its number is named, never the address.
    """
    found = tuple(line.strip() for line in secrets.get("addresses", "").splitlines() if line.strip())
    if not found:
        raise _invalid("No address is filled in.")
    for number, address in enumerate(found, start=1):
        if not _bell().add(address):
            raise _invalid(f"Apprise does not understand address {number}.")
    return found


def check_settings(given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Pass where staff can be told like this.

    Raises:
        InvalidInput: they cannot; code ``invalid_channel``.
    """
    if given:
        raise _invalid("Staff alerts have no settings but their addresses.")
    read_addresses(secrets)


class StaffChannel:
    """Alerts for staff.

    Args:
        setup: The channel.
        secrets: ``addresses``, one a line.

    Raises:
        InvalidInput: the addresses cannot be.
    """

    kind = "staff"

    def __init__(self, setup: ChannelSetup, secrets: Mapping[str, str]) -> None:
        self._name = setup.name
        self._bells: list[Any] = []
        for address in read_addresses(secrets):
            bell = _bell()
            bell.add(address)
            self._bells.append(bell)

    def address(self, person: Person, profile: Profile) -> str | None:  # noqa: ARG002 -- the interface's
        """Return the channel's own name: it reaches staff, whoever the message is about."""
        return f"staff:{self._name}"

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Tell every address each message."""
        return each(outgoing, self._send)

    def close(self) -> None:
        """Nothing is open."""

    def _send(self, outgoing: Outgoing) -> Sent:
        body = outgoing.parts.get("body", "").strip()
        title = (outgoing.campaign or body.partition("\n")[0])[:_LONGEST_TITLE]
        told = [bool(bell.notify(body=body, title=title)) for bell in self._bells]
        if all(told):
            return Sent(outcome="sent")
        if any(told):
            # Telling all again would tell some twice; one who was told can tell the others.
            return Sent(
                outcome="sent", code="partly", detail=f"{told.count(False)} of {len(told)} not reached"
            )
        return Sent(outcome="retry", code="connection", detail="No address took it")


def _bell() -> Any:
    # Apprise knows a hundred services and takes a while to load; only installations that alert staff pay for it.
    import apprise  # noqa: PLC0415

    return apprise.Apprise()


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(
        message,
        hint="Write one address a line, such as mailto://… or slack://…; Apprise's documentation lists them.",
        code="invalid_channel",
    )

"""Opens channels as they are set up: the one place that knows every kind."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from beleef.contact.channels.call.channel import CallChannel
from beleef.contact.channels.email.channel import EmailChannel, check_settings
from beleef.contact.channels.inbox.channel import InboxChannel
from beleef.contact.channels.letter import channel as letter
from beleef.contact.channels.outbox import OutboxChannel
from beleef.contact.channels.port import Channel, ChannelSetup
from beleef.contact.channels.provider import channel as provider
from beleef.contact.channels.push import channel as push
from beleef.contact.channels.staff import channel as staff
from beleef.contact.channels.webhook import channel as webhook
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database

BUILT_IN = (
    ChannelSetup(name="outbox", kind="email", driver="outbox"),
    ChannelSetup(name="inbox", kind="inbox", driver="inbox"),
    ChannelSetup(name="calls", kind="call", driver="list"),
)
"""What there is before anybody has set anything up: mail is kept, and can be read on the page of the outbox; inboxes and
the call list need nothing but Beleef itself."""

_CHECKS: dict[tuple[str, str], Any] = {
    ("email", "outbox"): None,
    ("email", "smtp"): check_settings,
    ("sms", "http"): provider.check_settings,
    ("whatsapp", "http"): provider.check_settings,
    ("push", "webpush"): push.check_settings,
    ("inbox", "inbox"): None,
    ("webhook", "http"): webhook.check_settings,
    ("letter", "pdf"): letter.check_settings,
    ("call", "list"): None,
    ("staff", "apprise"): staff.check_settings,
}
"""By kind and driver: what looks whether settings and secrets can be; None where there are none."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What channels may need of the installation.

    Attributes:
        database: Where the built-in outbox keeps messages.
        now: The clock.
        organisation: Name of the organisation.
        address: The installation's own public address, without a slash at the end.
        zone: The organisation's time zone, an IANA name.
        region: ISO 3166 code for phone numbers without a country code.
    """

    database: Database
    now: Clock
    organisation: str
    address: str
    zone: str = "Europe/Amsterdam"
    region: str = "NL"


def open_channel(setup: ChannelSetup, secrets: Mapping[str, str], around: Surroundings) -> Channel:
    """Return a channel, ready to send. Nothing is connected yet.

    Raises:
        InvalidInput: there is no such driver, or its settings cannot be.
    """
    match setup.kind, setup.driver:
        case "email", "outbox":
            return OutboxChannel(setup.kind, around.database, around.now)
        case "email", "smtp":
            return EmailChannel(setup.settings, secrets, organisation=around.organisation)
        case ("sms" | "whatsapp"), "http":
            reports = f"{around.address}/v1/channels/{quote(setup.name, safe='')}/reports"
            return provider.ProviderChannel(
                setup, secrets, region=around.region, report_url=reports if around.address else ""
            )
        case "push", "webpush":
            return push.PushChannel(setup, secrets, database=around.database, now=around.now)
        case "inbox", "inbox":
            return InboxChannel(around.database, around.now)
        case "webhook", "http":
            return webhook.WebhookChannel(setup, secrets, now=around.now)
        case "letter", "pdf":
            return letter.LetterChannel(setup, database=around.database, now=around.now, zone=around.zone)
        case "call", "list":
            return CallChannel(around.database, around.now, region=around.region)
        case "staff", "apprise":
            return staff.StaffChannel(setup, secrets)
    raise InvalidInput(
        f"There is no way “{setup.driver}” to send “{setup.kind}”.",
        hint="See the page of the channels for what there is.",
        code="invalid_channel",
    )


def check_setup(setup: ChannelSetup, secrets: Mapping[str, str]) -> None:
    """Pass where a channel can be set up like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    if (setup.kind, setup.driver) not in _CHECKS:
        raise InvalidInput(
            f"There is no way “{setup.driver}” to send “{setup.kind}”.",
            hint="See the page of the channels for what there is.",
            code="invalid_channel",
        )
    check = _CHECKS[setup.kind, setup.driver]
    if check is not None:
        check(setup.settings, secrets)

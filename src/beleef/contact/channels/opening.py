"""Opens channels as they are set up: the one place that knows every kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from beleef.contact.channels.call.channel import CallChannel
from beleef.contact.channels.email import channel as email
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

Secrets = Mapping[str, str]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What channels may need of the installation.

    Attributes:
        database: Where the channels keep what they keep here.
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


class _Way(msgspec.Struct, frozen=True):
    """A way to send: what opens it, and what looks whether settings and secrets can be."""

    open: Callable[[ChannelSetup, Secrets, Surroundings], Channel]
    check: Callable[[Mapping[str, Any], Secrets], None]


def _nothing_to_set(settings: Mapping[str, Any], secrets: Secrets) -> None:
    if settings or secrets:
        raise InvalidInput(
            "There is nothing to set about this channel.", hint="Leave it empty.", code="invalid_channel"
        )


def _provider(setup: ChannelSetup, secrets: Secrets, around: Surroundings) -> Channel:
    reports = f"{around.address}/v1/channels/{quote(setup.name, safe='')}/reports" if around.address else ""
    return provider.ProviderChannel(setup, secrets, region=around.region, report_url=reports)


def _push(setup: ChannelSetup, secrets: Secrets, around: Surroundings) -> Channel:
    return push.PushChannel(setup, secrets, database=around.database, now=around.now)


def _letter(setup: ChannelSetup, _secrets: Secrets, around: Surroundings) -> Channel:
    return letter.LetterChannel(setup, database=around.database, now=around.now, zone=around.zone)


_PROVIDER = _Way(_provider, provider.check_settings)
_WAYS: Final[dict[tuple[str, str], _Way]] = {
    ("email", "outbox"): _Way(
        lambda setup, _, around: OutboxChannel(setup.kind, around.database, around.now), _nothing_to_set
    ),
    ("email", "smtp"): _Way(
        lambda setup, secrets, around: email.EmailChannel(
            setup.settings, secrets, organisation=around.organisation
        ),
        email.check_settings,
    ),
    ("sms", "http"): _PROVIDER,
    ("whatsapp", "http"): _PROVIDER,
    ("push", "webpush"): _Way(_push, push.check_settings),
    ("inbox", "inbox"): _Way(
        lambda _, __, around: InboxChannel(around.database, around.now), _nothing_to_set
    ),
    ("webhook", "http"): _Way(
        lambda setup, secrets, around: webhook.WebhookChannel(setup, secrets, now=around.now),
        webhook.check_settings,
    ),
    ("letter", "pdf"): _Way(_letter, letter.check_settings),
    ("call", "list"): _Way(
        lambda _, __, around: CallChannel(around.database, around.now, region=around.region), _nothing_to_set
    ),
    ("staff", "apprise"): _Way(
        lambda setup, secrets, _: staff.StaffChannel(setup, secrets), staff.check_settings
    ),
}
"""By kind and driver."""


def open_channel(setup: ChannelSetup, secrets: Secrets, around: Surroundings) -> Channel:
    """Return a channel, ready to send. Nothing is connected yet.

    Raises:
        InvalidInput: there is no such driver, or its settings cannot be.
    """
    return _way(setup).open(setup, secrets, around)


def check_setup(setup: ChannelSetup, secrets: Secrets) -> None:
    """Pass where a channel can be set up like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    _way(setup).check(setup.settings, secrets)


def _way(setup: ChannelSetup) -> _Way:
    way = _WAYS.get((setup.kind, setup.driver))
    if way is None:
        raise InvalidInput(
            f"There is no way “{setup.driver}” to send “{setup.kind}”.",
            hint="See the page of the channels for what there is.",
            code="invalid_channel",
        )
    return way

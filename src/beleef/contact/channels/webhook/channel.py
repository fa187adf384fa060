"""Hands a message to another system as a signed POST, in the shape of the Standard Webhooks specification.

The receiver recognises a repeat by the header ``webhook-id``, so a message whose answer never came may be sent again.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from beleef.contact.channels.port import ChannelSetup, Outgoing, Sent
from beleef.contact.channels.wire import client, each, no_answer, retry_after
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import signing
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Profile


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to, and how long to wait for an answer, in seconds."""

    url: str
    timeout_s: float = 10.0


def read_settings(given: Mapping[str, Any]) -> WebhookSettings:
    """Return the settings of a webhook.

    Raises:
        InvalidInput: they cannot be.
    """
    try:
        settings = msgspec.convert(given, WebhookSettings)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    parts = urlsplit(settings.url)
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        raise _invalid("The address of a webhook starts with https://.")
    if not 0.1 <= settings.timeout_s <= 60:
        raise _invalid("Wait between 0.1 and 60 seconds for an answer.")
    return settings


def check_settings(given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Pass where a webhook can be set up like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    read_settings(given)
    if not secrets.get("signing_secret"):
        raise _invalid("A webhook has a secret to sign with.")


class WebhookChannel:
    """Signed requests to one address.

    Args:
        setup: The channel.
        secrets: ``signing_secret``.
        now: The clock.

    Raises:
        InvalidInput: the settings cannot be, or there is no secret.
    """

    kind = "webhook"

    def __init__(self, setup: ChannelSetup, secrets: Mapping[str, str], *, now: Clock) -> None:
        check_settings(setup.settings, secrets)
        self._settings = read_settings(setup.settings)
        self._secret = secrets["signing_secret"]
        self._now = now
        self._client = client(self._settings.timeout_s)

    def address(self, person: Person, profile: Profile) -> str | None:  # noqa: ARG002 -- the interface's
        """Return the address, which is the same for everybody."""
        return self._settings.url

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Hand messages over, one request each."""
        return each(outgoing, self._send)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _send(self, outgoing: Outgoing) -> Sent:
        body = self._body(outgoing)
        headers = signing.headers(self._secret, outgoing.key, body, self._now())
        try:
            response = self._client.post(outgoing.address, content=body, headers=headers)
        except httpx.TransportError as error:
            return no_answer(error, repeats_recognised=True)
        status = response.status_code
        if response.is_success:
            return Sent(outcome="sent", provider_id=outgoing.key)
        if status in {408, 425, 429} or status >= 500:
            return Sent(
                outcome="retry",
                code=str(status),
                detail=f"HTTP {status}",
                retry_after_s=retry_after(response),
            )
        return Sent(outcome="refused", code=str(status), detail=f"HTTP {status}")

    @staticmethod
    def _body(outgoing: Outgoing) -> bytes:
        try:
            data = msgspec.json.decode(outgoing.parts.get("body", ""))
        except msgspec.DecodeError:
            data = outgoing.parts.get("body", "")
        return msgspec.json.encode(
            {
                "type": "message",
                "key": outgoing.key,
                "campaign": outgoing.campaign,
                "purpose": outgoing.purpose,
                "person": identity.naming(outgoing.person),
                "data": data,
            }
        )


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Look at the settings of the channel.", code="invalid_channel")

"""The channel itself: one HTTP request per message, its outcome read by the provider's own rules.

A message whose answer never came is uncertain, and is not sent again, unless the provider recognises repeats.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from beleef.contact.channels.places import phone
from beleef.contact.channels.port import ChannelSetup, Outgoing, Sent
from beleef.contact.channels.provider.model import (
    Provider,
    fill,
    fill_url,
    needed_secrets,
    read_answer,
    read_provider,
)
from beleef.contact.channels.wire import client, each, no_answer, retry_after
from beleef.identity.api import Person
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Profile

_LARGEST_ANSWER = 100_000


def check_settings(given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Pass where a provider can be spoken to like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    missing = [name for name in needed_secrets(read_provider(given)) if not secrets.get(name)]
    if missing:
        raise InvalidInput(
            f"The secret “{missing[0]}” is not filled in.",
            hint="Fill it in with the channel's settings.",
            code="invalid_channel",
        )


class ProviderChannel:
    """SMS or WhatsApp by HTTP.

    Args:
        setup: The channel; its settings are a ``Provider``.
        secrets: What the provider needs to know who asks.
        region: ISO 3166 code for numbers without a country code.
        report_url: Where the provider may report deliveries; empty where the installation has no public address.

    Raises:
        InvalidInput: the settings cannot be, or a secret is missing.
    """

    def __init__(
        self, setup: ChannelSetup, secrets: Mapping[str, str], *, region: str, report_url: str = ""
    ) -> None:
        self.kind = setup.kind
        check_settings(setup.settings, secrets)
        self._provider: Provider = read_provider(setup.settings)
        self._secrets = dict(secrets)
        self._region = region
        self._report_url = report_url
        self._client = client(self._provider.timeout_s)

    def address(self, person: Person, profile: Profile) -> str | None:
        """Return the person's number where text messages reach it."""
        return phone(person, profile, region=self._region, takes_texts=True)

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Hand in messages, one request each."""
        return each(outgoing, self._send)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _send(self, outgoing: Outgoing) -> Sent:
        request = self._request(outgoing)
        try:
            response = self._client.send(request)
        except httpx.TransportError as error:
            return no_answer(error, repeats_recognised=self._provider.retry.repeats_recognised)
        answered = read_answer(self._provider, response.status_code, _json(response))
        return Sent(
            outcome=answered.outcome,
            provider_id=answered.provider_id,
            code=answered.code,
            detail=answered.detail,
            retry_after_s=retry_after(response) if answered.outcome == "retry" else 0.0,
        )

    def _request(self, outgoing: Outgoing) -> httpx.Request:
        provider, values = self._provider, self._values(outgoing)
        headers = {name: _one_line(text) for name, text in fill(provider.headers, values).items()}
        if provider.auth == "bearer":
            headers["Authorization"] = f"Bearer {self._secrets['token']}"
        elif provider.auth == "basic":
            login = httpx.BasicAuth(self._secrets["user"], self._secrets["password"])
            headers["Authorization"] = login._auth_header
        body = fill(provider.body, values)
        given: dict[str, Any] = {}
        if provider.method == "GET":
            given["params"] = body
        else:
            given["data" if provider.format == "form" else "json"] = body
        return self._client.build_request(
            provider.method, fill_url(provider.url, values), headers=headers, **given
        )

    def _values(self, outgoing: Outgoing) -> dict[str, str]:
        return {
            **{f"secret_{name}": value for name, value in self._secrets.items()},
            **self._provider.values,
            "to": outgoing.address,
            "digits": outgoing.address.lstrip("+"),
            "text": outgoing.parts.get("text", ""),
            "key": outgoing.key,
            "token": outgoing.token,
            "language": outgoing.language,
            "purpose": outgoing.purpose,
            "topic": outgoing.topic,
            "campaign": outgoing.campaign,
            "report_url": self._report_url,
        }


def _json(response: httpx.Response) -> Any:
    if len(response.content) > _LARGEST_ANSWER:
        return None
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return None


def _one_line(text: str) -> str:
    return " ".join(text.split())

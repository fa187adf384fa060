"""Sends notifications to every browser of a person (RFC 8030, 8188, 8291, 8292); a browser that is gone is forgotten.

A repeat replaces the notification that is shown already, by its tag, so a message whose answer never came may be sent again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from beleef.contact.channels.port import ChannelSetup, Outgoing, Sent
from beleef.contact.channels.push import queries
from beleef.contact.channels.push.keys import pem
from beleef.contact.channels.push.model import is_allowed, read_settings
from beleef.contact.channels.push.queries import Subscription
from beleef.contact.channels.wire import client, each, retry_after
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import SECOND, Clock
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Profile
from beleef.store.records.database import Database

_LONGEST_PAYLOAD = 3_000
"""Bytes: push services take 4,096 of the encrypted message."""
_CLAIM_S = 12 * 3_600

_Tried = tuple[Literal["sent", "gone", "retry", "refused"], float, str]


def check_settings(given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Pass where web push can be set up like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    read_settings(given)
    if not secrets.get("private_key"):
        raise InvalidInput(
            "Web push has no key yet.", hint="Save the channel; Beleef makes one.", code="invalid_channel"
        )
    pem(secrets["private_key"])


class PushChannel:
    """Notifications in browsers.

    Args:
        setup: The channel.
        secrets: ``private_key``.
        database: Where subscriptions are.
        now: The clock.

    Raises:
        InvalidInput: the settings or the key cannot be.
    """

    kind = "push"

    def __init__(
        self, setup: ChannelSetup, secrets: Mapping[str, str], *, database: Database, now: Clock
    ) -> None:
        check_settings(setup.settings, secrets)
        self._settings = read_settings(setup.settings)
        self._pem = pem(secrets["private_key"])
        self._database = database
        self._now = now
        self._client = client(self._settings.timeout_s)

    def address(self, person: Person, profile: Profile) -> str | None:  # noqa: ARG002 -- the interface's
        """Return the person's number where a browser of theirs takes notifications."""
        with self._database.read() as connection:
            return ids.to_text(person.number) if queries.has_any(connection, _subjects(person)) else None

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Send each message to all browsers of its person."""
        wanted = {subject for one in outgoing for subject in _subjects(one.person)}
        with self._database.read() as connection:
            found = queries.of(connection, wanted)
        by_subject: dict[int, list[Subscription]] = {}
        for subscription in found:
            by_subject.setdefault(subscription.subject, []).append(subscription)
        gone: list[str] = []
        sent = each(outgoing, lambda one: self._send(one, by_subject, gone))
        if gone:
            with self._database.write() as connection:
                queries.remove(connection, gone)
        return sent

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _send(
        self, outgoing: Outgoing, by_subject: Mapping[int, list[Subscription]], gone: list[str]
    ) -> Sent:
        mine = [one for subject in _subjects(outgoing.person) for one in by_subject.get(subject, ())]
        tried = [(one, self._try(outgoing, one)) for one in mine if one.id not in gone]
        gone += [one.id for one, (outcome, _, _) in tried if outcome == "gone"]
        outcomes = {outcome for _, (outcome, _, _) in tried}
        if "sent" in outcomes:
            return Sent(outcome="sent", provider_id=_tag(outgoing.key))
        if "retry" in outcomes:
            wait, code = max((wait, code) for _, (outcome, wait, code) in tried if outcome == "retry")
            return Sent(outcome="retry", retry_after_s=wait, code=code)
        code = next((code for _, (outcome, _, code) in tried if outcome == "refused"), "gone")
        return Sent(outcome="refused", code=code, detail="No browser takes notifications any more")

    def _try(self, outgoing: Outgoing, subscription: Subscription) -> _Tried:
        if not is_allowed(subscription.endpoint, self._settings.services):
            return "refused", 0.0, "service_not_allowed"
        body = _encrypt(subscription, self._payload(outgoing))
        try:
            response = self._client.post(
                subscription.endpoint, content=body, headers=self._headers(outgoing, subscription)
            )
        except httpx.TransportError:
            return "retry", 0.0, "connection"
        status = response.status_code
        if response.is_success:
            return "sent", 0.0, str(status)
        if status in {404, 410}:
            return "gone", 0.0, str(status)
        if status in {408, 425, 429} or status >= 500:
            return "retry", retry_after(response), str(status)
        return "refused", 0.0, str(status)

    def _payload(self, outgoing: Outgoing) -> bytes:
        parts = outgoing.parts
        said = {
            "title": parts.get("title", ""),
            "body": parts.get("body", ""),
            "url": parts.get("url", ""),
            "icon": self._settings.icon,
            "tag": _tag(outgoing.key),
            "token": outgoing.token,
            "lang": outgoing.language,
        }
        payload = msgspec.json.encode({name: value for name, value in said.items() if value})
        over = len(payload) - _LONGEST_PAYLOAD
        if over > 0:
            # Letters are at most four bytes, so this many fewer always fit.
            payload = msgspec.json.encode({**said, "body": said["body"][: -over - 1] + "…"})
        return payload

    def _headers(self, outgoing: Outgoing, subscription: Subscription) -> dict[str, str]:
        parts = urlsplit(subscription.endpoint)
        hours = self._now() // SECOND // 3_600
        return {
            "Authorization": _authorization(
                self._pem, f"{parts.scheme}://{parts.netloc}", self._settings.contact, hours
            ),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._settings.keep_s),
            "Topic": _tag(outgoing.key),
            "Urgency": "normal" if outgoing.purpose != "marketing" else "low",
        }


def _subjects(person: Person) -> list[int]:
    return list(dict.fromkeys([*person.subjects, *(one.subject for one in person.identifiers)]))


def _tag(key: str) -> str:
    """Return 32 letters for a key, as RFC 8030 section 5.4 allows for a topic."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=64)
def _authorization(pem_: bytes, audience: str, contact: str, hours: int) -> str:
    """Return the header by which a push service knows the sender; the same within an hour, as signing costs time."""
    from py_vapid import Vapid02  # noqa: PLC0415 -- loads its cryptography only where something is pushed

    claims: dict[str, Any] = {
        "aud": audience,
        "sub": f"mailto:{contact}",
        "exp": hours * 3_600 + _CLAIM_S,
    }
    return str(Vapid02.from_pem(pem_).sign(claims)["Authorization"])


def _encrypt(subscription: Subscription, payload: bytes) -> bytes:
    from pywebpush import WebPusher  # noqa: PLC0415

    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    return bytes(pusher.encode(payload, content_encoding="aes128gcm")["body"])

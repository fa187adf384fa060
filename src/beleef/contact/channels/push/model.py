"""The settings of web push, and which addresses a browser may be registered with.

Whoever knows a write key can register, so only push services that are named may be sent to: nobody makes Beleef call elsewhere.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from beleef.kernel.errors import InvalidInput

SERVICES: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""Push services of Chrome and Edge on Android, Firefox, Safari and Edge on Windows."""


class PushSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How notifications are sent.

    Attributes:
        contact: Where a push service reaches the sender: an e-mail address.
        services: Hosts of push services; ``*.`` stands for any part before.
        keep_s: For how many seconds the push service keeps a notification for a browser that is off.
        timeout_s: How long to wait for an answer, in seconds.
        icon: Address of the picture in the notification; empty for the browser's own.
    """

    contact: str
    services: tuple[str, ...] = SERVICES
    keep_s: int = 86_400
    timeout_s: float = 10.0
    icon: str = ""


def read_settings(settings: Mapping[str, Any]) -> PushSettings:
    """Return the settings of web push.

    Raises:
        InvalidInput: they cannot be.
    """
    try:
        read = msgspec.convert(settings, PushSettings)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    if "@" not in read.contact or " " in read.contact:
        raise _invalid("Push services ask for an e-mail address of the sender.")
    if not 0 <= read.keep_s <= 2_419_200 or not 0.1 <= read.timeout_s <= 60:
        raise _invalid(
            "A notification is kept for at most 28 days, and an answer waited for at most a minute."
        )
    return read


def is_allowed(endpoint: str, services: tuple[str, ...]) -> bool:
    """Return whether an address is that of a push service that may be sent to.

    A service named with ``http://`` is for trying things out on one's own machine.
    """
    parts = urlsplit(endpoint)
    if len(endpoint) > 2_000 or parts.username or not parts.hostname:
        return False
    for service in services:
        scheme, _, host = service.rpartition("://")
        if parts.scheme != (scheme or "https"):
            continue
        if ":" in host and parts.netloc == host:
            return True
        if ":" not in host and parts.port in {None, 443} and _fits(parts.hostname, host):
            return True
    return False


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Look at the settings of the channel.", code="invalid_channel")

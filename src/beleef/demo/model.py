"""What the demo hands out: requests as an SDK would post them, and its sources with their touchpoint rules as data."""

from typing import Literal

import msgspec

from beleef.collect.api import TouchpointRule


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request to ``/v1/batch`` of a simulated source.

    Attributes:
        received_at: When it arrives, in microseconds.
        source: Name of the source that posts it, one of ``sources()``.
        kind: The route: always ``batch``.
        messages: How many messages the body carries, 1 to 300.
        body: JSON in UTF-8: ``{"batch": […], "sentAt": …, "writeKey": …}``.
    """

    received_at: int
    source: str
    kind: Literal["batch"] = "batch"
    messages: int
    body: bytes


class DemoSource(msgspec.Struct, frozen=True, kw_only=True):
    """One source of the demo.

    Attributes:
        name: Its name, as in ``Request.source``.
        label: What people call it.
        channel: The medium that its messages are of.
        write_key: The key that the bodies carry. It is no secret: nothing real can be reached with it.
        touchpoints: Its rules, the most specific first.
    """

    name: str
    label: str
    channel: str
    write_key: str
    touchpoints: tuple[TouchpointRule, ...]


CAMPAIGN_DAYS = 14
"""For how many days before the history's end Beleef sends the shop's campaigns; before that, its mailing program did."""

ORGANISATION = "Lindewijk"
"""The organisation's name, as its pages and mails give it."""

DEMO_EMAIL = "demo@example.nl"
"""Who signs in to a demo; the password is made by chance for each."""

"""What to write in a website or a program so that it sends to a source: ready to copy, with its own key and address."""

import msgspec

from beleef.collect.model import Source


class Snippet(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for one kind of program.

    Attributes:
        name: Stands in the address of the page.
        label: What the program is; a name, the same in every language.
        code: The lines.
    """

    name: str
    label: str
    code: str


def snippets(source: Source, address: str) -> tuple[Snippet, ...]:
    """Return the snippets of a source.

    Args:
        source: Whose key they carry.
        address: Where this Beleef is reached, without a slash at the end, e.g. ``https://cx.example.org``.
    """
    texts = {
        "curl": ("curl", _CURL),
        "browser": ("Segment, browser", _BROWSER),
        "python": ("Segment, Python", _PYTHON),
        "node": ("Segment, Node.js", _NODE),
        "rudder-python": ("RudderStack, Python", _RUDDER_PYTHON),
        "rudder-node": ("RudderStack, Node.js", _RUDDER_NODE),
    }
    return tuple(
        Snippet(
            name=name, label=label, code=code.replace("KEY", source.write_key).replace("ADDRESS", address)
        )
        for name, (label, code) in texts.items()
    )


_CURL = """\
curl ADDRESS/v1/track -u 'KEY:' -H 'Content-Type: application/json' \\
  -d '{"userId": "1001", "event": "Order Completed", "properties": {"revenue": 49.95, "currency": "EUR"}}'
"""

_BROWSER = """\
import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({ writeKey: "KEY", cdnURL: "ADDRESS" });
analytics.page();
analytics.identify("1001", { email: "anna@example.nl" });
"""

_PYTHON = """\
from segment.analytics import Client

client = Client("KEY", host="ADDRESS")
client.identify("1001", {"email": "anna@example.nl"})
client.track("1001", "Order Completed", {"revenue": 49.95, "currency": "EUR"})
client.flush()
"""

_NODE = """\
const { Analytics } = require("@segment/analytics-node");

const analytics = new Analytics({ writeKey: "KEY", host: "ADDRESS" });
analytics.track({ userId: "1001", event: "Order Completed", properties: { revenue: 49.95, currency: "EUR" } });
analytics.closeAndFlush();
"""

_RUDDER_PYTHON = """\
from rudderstack.analytics.client import Client

client = Client("KEY", host="ADDRESS")
client.track("1001", "Order Completed", {"revenue": 49.95, "currency": "EUR"})
client.flush()
"""

_RUDDER_NODE = """\
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");

const client = new RudderAnalytics("KEY", { dataPlaneUrl: "ADDRESS" });
client.track({ userId: "1001", event: "Order Completed", properties: { revenue: 49.95, currency: "EUR" } });
client.flush();
"""

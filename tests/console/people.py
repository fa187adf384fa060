"""What the tests of the customer pages share: customers of the cast with a history, and their numbers."""

import time
from typing import Any

import httpx

from tests.cast import Customer
from tests.console.conftest import Console

Json = dict[str, Any]


def introduced(customer: Customer, *, device: int = 0) -> list[Json]:
    """Return the messages in which a customer signs in on a device and says who they are."""
    traits = {"email": customer.email, "name": customer.name}
    return [
        {
            "type": "identify",
            "userId": customer.user_id,
            "anonymousId": customer.anonymous_ids[device],
            "traits": traits,
        }
    ]


def bought(customer: Customer, revenue: float, *names: str) -> Json:
    """Return the message of an order."""
    products = [{"product_id": name, "name": name, "quantity": 1} for name in names]
    properties = {"order_id": "W-1", "revenue": revenue, "currency": "EUR", "products": products}
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": customer.user_id,
        "properties": properties,
    }


def number_of(console: Console, identifier: str) -> str:
    """Return the number, as it stands in addresses, of the person that ``namespace:value`` names."""
    return str(console.installation.ask(f"/v1/people/{identifier}")["id"])


def status_of(console: Console, message_id: str) -> str:
    """Return what became of a message, once it is worked on; ``accepted`` where that takes too long."""
    status, deadline = "accepted", time.monotonic() + 180
    while status == "accepted" and time.monotonic() < deadline:
        time.sleep(0.05)
        try:
            status = str(console.installation.receipt(message_id)["status"])
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 404  # noqa: PT017 -- not looked up yet
    return status

"""Contact over HTTP: programs ask and send, links in mails are followed, one click unsubscribes, and providers report what came back."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from beleef.app import Stores, build_links, build_sender
from beleef.contact.api import Links
from tests.cast import ANNA, ELIF
from tests.services.beleef import Installation, installed

Json = dict[str, Any]


class Site:
    """A Beleef that is served, with its links."""

    def __init__(self, installation: Installation) -> None:
        from beleef import settings

        self.installation = installation
        self.stores = Stores(settings.load(installation.data, dict(installation.environment)))
        self.links: Links = build_links(self.stores)
        self.client = httpx.Client(base_url=installation.address, timeout=20)

    def ask(self, method: str, path: str, *, role: str = "administrator", **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.installation.token(role)}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def send(self, key: str, **more: Any) -> Json:
        """Send Anna a message, and return its row when it is out."""
        order = {"key": key, "who": f"user_id:{ANNA.user_id}", "channel": "email", **more}
        order.setdefault("parts", {"subject": "Dag", "text": "Dag Anna"})
        assert self.ask("POST", "/v1/contact/messages", json=order).status_code == 200
        sender = build_sender(self.stores)
        sender.decide()
        sender.send()
        return self.row(key)

    def row(self, key: str) -> Json:
        found = self.ask("GET", f"/v1/people/user_id:{ANNA.user_id}/contacts").json()["contacts"]
        return next(one for one in found if one["key"] == key)

    def events(self, name: str) -> list[Json]:
        found = self.ask("GET", f"/v1/people/user_id:{ANNA.user_id}/timeline?limit=200").json()["facts"]
        return [one for one in found if one["name"] == name]

    def wait_for(self, name: str, count: int) -> list[Json]:
        """Return the facts of a name when there are so many."""
        end = time.monotonic() + 15
        while len(found := self.events(name)) < count:
            assert time.monotonic() < end, f"{len(found)} × {name}"  # noqa: RUF001 -- a multiplication sign
            time.sleep(0.05)
        return found

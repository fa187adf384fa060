"""Signed addresses in messages: clicks, opens, unsubscribing, preferences, the message in a browser. What is signed says only numbers.

A token names what it is for, so that one from a link to be clicked cannot unsubscribe anybody.
"""

from typing import Any, Final

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from beleef.kernel import ids
from beleef.kernel.errors import NotFound

_LONGEST = 8_000

CLICK: Final = "click"
OPEN: Final = "open"
UNSUBSCRIBE: Final = "unsubscribe"
PREFERENCES: Final = "preferences"
VIEW: Final = "view"
RETURN: Final = "return"
WAYS: Final = (CLICK, OPEN, UNSUBSCRIBE, PREFERENCES, VIEW, RETURN)


class Clicked(msgspec.Struct, frozen=True, kw_only=True):
    """What a link to be clicked says: the message it stood in, and where it leads."""

    contact: int
    url: str


class Links:
    """Makes and reads signed addresses.

    Args:
        key: The installation's key.
        address: The installation's public address, e.g. ``https://cx.example.nl``.
    """

    def __init__(self, key: bytes, address: str) -> None:
        self.address = address.rstrip("/")
        self._signers = {way: URLSafeSerializer(key, salt=f"contact.{way}") for way in WAYS}

    def click(self, contact: int, url: str) -> str:
        """Return an address that leads to another, and tells that it was followed."""
        return f"{self.address}/c/{self._sign(CLICK, [contact, url])}"

    def open(self, contact: int) -> str:
        """Return the address of an image that tells that a message was opened."""
        return f"{self.address}/o/{self._sign(OPEN, contact)}.gif"

    def unsubscribe(self, contact: int) -> str:
        """Return the address at which one click ends messages of this kind (RFC 8058)."""
        return f"{self.address}/unsubscribe/{self._sign(UNSUBSCRIBE, contact)}"

    def preferences(self, subject: int) -> str:
        """Return the address of a person's own page of what they want to get."""
        return f"{self.address}/preferences/{self._sign(PREFERENCES, ids.to_text(subject))}"

    def view(self, contact: int) -> str:
        """Return the address of a message as a page."""
        return f"{self.address}/message/{self._sign(VIEW, contact)}"

    def return_token(self, contact: int) -> str:
        """Return a token for return paths: letters and digits that no mail server changes."""
        return self._sign(RETURN, contact).replace(".", "=")

    def clicked(self, token: str) -> Clicked:
        """Return what a link to be clicked says.

        Raises:
            NotFound: the token is none of ours, or somebody changed it.
        """
        found = self._read(CLICK, token)
        return Clicked(contact=found[0], url=found[1])

    def opened(self, token: str) -> int:
        """Return the number of the message that was opened.

        Raises:
            NotFound: the token is none of ours.
        """
        return int(self._read(OPEN, token))

    def unsubscribed(self, token: str) -> int:
        """Return the number of the message that somebody unsubscribes from.

        Raises:
            NotFound: the token is none of ours.
        """
        return int(self._read(UNSUBSCRIBE, token))

    def preferring(self, token: str) -> int:
        """Return the subject whose preferences a token opens.

        Raises:
            NotFound: the token is none of ours.
        """
        number = ids.from_text(str(self._read(PREFERENCES, token)))
        if number is None:
            raise _unknown()
        return number

    def viewed(self, token: str) -> int:
        """Return the number of the message that a token shows.

        Raises:
            NotFound: the token is none of ours.
        """
        return int(self._read(VIEW, token))

    def returned(self, token: str) -> int | None:
        """Return the number of the message that a return path names, or None where the token is none of ours."""
        try:
            return int(self._read(RETURN, token.replace("=", ".")))
        except NotFound:
            return None

    def _sign(self, way: str, said: object) -> str:
        return self._signers[way].dumps(said)

    def _read(self, way: str, token: str) -> Any:
        try:
            return self._signers[way].loads(token[:_LONGEST])
        except BadData as error:
            raise _unknown() from error


def _unknown() -> NotFound:
    return NotFound(
        "This link does not work.",
        hint="It may have been cut off: copy the whole of it from the message.",
        code="unknown_link",
    )

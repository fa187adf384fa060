"""Signed addresses of surveys: the personal one, the one that brings a first answer along, and the open one with its place.

What is signed says only numbers and names; a token of one kind opens nothing of another.
"""

from typing import Any, Final

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from beleef.feedback.model import DELIVERIES, Delivery
from beleef.kernel import ids
from beleef.kernel.errors import NotFound

_LONGEST: Final = 2_000
_WAYS: Final = ("personal", "first", "open")


class FirstAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a link in a mail says that was followed: whose invitation, and which answer it stands for."""

    invitation: int
    question: str
    value: int


class OpenLink(msgspec.Struct, frozen=True, kw_only=True):
    """What an open link says: which survey, and where it hangs."""

    survey: str
    touchpoint: str
    delivery: Delivery


class SurveyLinks:
    """Makes and reads addresses of surveys.

    Args:
        key: The installation's key.
        address: The installation's public address, e.g. ``https://cx.example.nl``.
    """

    def __init__(self, key: bytes, address: str) -> None:
        self.address = address.rstrip("/")
        self._signers = {way: URLSafeSerializer(key, salt=f"feedback.{way}") for way in _WAYS}

    def personal(self, invitation: int) -> str:
        """Return the address at which an invited person answers, and goes on where they stopped."""
        return f"{self.address}/s/{self.personal_token(invitation)}"

    def personal_token(self, invitation: int) -> str:
        """Return the token of that address."""
        return self._sign("personal", ids.to_text(invitation))

    def first_answer(self, invitation: int, question: str, value: int) -> str:
        """Return the address for a link in a mail that stands for an answer; following it records nothing yet."""
        said = [ids.to_text(invitation), question, value]
        return f"{self.address}/e/{self._sign('first', said)}"

    def open(self, survey: str, touchpoint: str = "", delivery: Delivery = "link") -> str:
        """Return the address at which anybody may answer, for a page, a poster or a QR code at a touchpoint."""
        return f"{self.address}/q/{self._sign('open', [survey, touchpoint, delivery])}"

    def invitation(self, token: str) -> int:
        """Return the number of the invitation that a personal link names.

        Raises:
            NotFound: the token is none of ours, or somebody changed it; code ``unknown_link``.
        """
        return _number(self._read("personal", token))

    def clicked(self, token: str) -> FirstAnswer:
        """Return what a link with a first answer says.

        Raises:
            NotFound: as ``invitation``.
        """
        found = self._read("first", token)
        return FirstAnswer(invitation=_number(found[0]), question=str(found[1]), value=int(found[2]))

    def opened(self, token: str) -> OpenLink:
        """Return what an open link says.

        Raises:
            NotFound: as ``invitation``.
        """
        survey, touchpoint, delivery = self._read("open", token)
        return OpenLink(
            survey=survey, touchpoint=touchpoint, delivery=delivery if delivery in DELIVERIES else "link"
        )

    def _sign(self, way: str, said: object) -> str:
        return self._signers[way].dumps(said)

    def _read(self, way: str, token: str) -> Any:
        try:
            return self._signers[way].loads(token[:_LONGEST])
        except BadData as error:
            raise unknown_link() from error


def _number(text: object) -> int:
    number = ids.from_text(str(text))
    if number is None:
        raise unknown_link()
    return number


def unknown_link() -> NotFound:
    """Return the refusal of a link that leads nowhere."""
    return NotFound(
        "This link does not work.",
        hint="It may have been cut off: copy the whole of it from the message.",
        code="unknown_link",
    )

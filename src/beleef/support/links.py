"""Signed addresses of cases: the customer's own page of a case, and the mail address at which answers find it.

What is signed says a number only; a token from a page's address opens no mail, and the other way around.
"""

import base64
import hashlib
import hmac
import re

from itsdangerous import BadData, URLSafeSerializer

from beleef.kernel.errors import NotFound
from beleef.support.model import reference

_LONGEST = 500
_PLUS = re.compile(r"\+c(\d{1,15})-([a-z2-7]{16})@", re.IGNORECASE)


class CaseLinks:
    """Makes and reads them.

    Args:
        key: The installation's key.
        address: The installation's public address, e.g. ``https://cx.example.nl``.
    """

    def __init__(self, key: bytes, address: str) -> None:
        self.base = address.rstrip("/")
        self._key = key
        self._signer = URLSafeSerializer(key, salt="support.case")

    def address(self, number: int) -> str:
        """Return the address of the customer's page of a case."""
        return f"{self.base}/case/{self._signer.dumps(number)}"

    def read(self, token: str) -> int:
        """Return the case that a token opens.

        Raises:
            NotFound: it is none of ours, or somebody changed it.
        """
        try:
            return int(self._signer.loads(token[:_LONGEST]))
        except BadData as error:
            raise NotFound(
                "This link does not work.",
                hint="It may have been cut off: copy the whole of it from the message.",
                code="unknown_link",
            ) from error

    def reply_address(self, number: int, mailbox: str) -> str:
        """Return an address at a mailbox that leads answers to a case, e.g. ``help+c10023-…@example.nl``."""
        local, _, domain = mailbox.rpartition("@")
        return f"{local}+c{number}-{self._mark(number)}@{domain}"

    def replied(self, addresses: str) -> str:
        """Return the reference of the case that the addresses of a mail lead to; empty where none of them does."""
        for number, mark in _PLUS.findall(addresses):
            if hmac.compare_digest(self._mark(int(number)), mark.lower()):
                return reference(int(number))
        return ""

    def _mark(self, number: int) -> str:
        # Small letters and digits: mail servers may change the case of letters on the way.
        digest = hmac.new(self._key, f"support.reply:{number}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:10]).decode().lower()

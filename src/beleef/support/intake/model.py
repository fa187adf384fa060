"""A mailbox that messages of customers are fetched from, and how far."""

from typing import Literal

import msgspec


class Mailbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox; the secret ``password`` goes with it.

    Attributes:
        name: Its name.
        address: The address that customers write to.
        host: Name of the IMAP server.
        port: Its port.
        security: ``tls`` from the first byte, ``starttls``, or ``none``.
        user: Who signs in.
        folder: Which folder.
        enabled: Whether it is fetched.
        begin: ``new``: only what comes from now on; ``all``: what lies there too.
        is_plus_addressed: Whether mail to ``name+anything@domain`` comes in as well: answers then find their case by address.
        kind, department, touchpoint: What cases from this mailbox are, unless their messages say otherwise.
    """

    name: str
    address: str
    host: str
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str
    folder: str = "INBOX"
    enabled: bool = True
    begin: Literal["new", "all"] = "new"
    is_plus_addressed: bool = False
    kind: str = ""
    department: str = ""
    touchpoint: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mailbox was fetched: the folder's UIDVALIDITY, the last UID, when, and what went wrong last (empty: nothing)."""

    validity: int
    uid: int
    fetched_at: int
    error: str = ""

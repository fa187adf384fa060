"""Fetches all mailboxes in turn, one process at a time, and says in the log what came in.

A mail's fact and the mailbox's place are one transaction: dying in between takes it in once more, and its message id lets the
repeat go.
"""

import threading
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from beleef.collect.api import say_later
from beleef.kernel.clock import Clock, to_text
from beleef.kernel.errors import BeleefError
from beleef.store.files import Files
from beleef.store.records.database import Database
from beleef.store.records.lease import Lease
from beleef.support import rule_queries
from beleef.support.intake.mail import File, Mail, read_mail
from beleef.support.intake.mailbox import fetch
from beleef.support.intake.model import Mailbox, Place
from beleef.support.links import CaseLinks
from beleef.support.model import Attachment

_log = structlog.get_logger("intake")

_IDLE_S = 20.0
_STANDBY_S = 2.0
_AFTER_ERROR_S = 30.0


class Fetching:
    """Fetches mailboxes.

    Args:
        database: Where mailboxes and their places are kept.
        files: Where attachments are put.
        links: Knows the addresses that lead answers to cases.
        lease: Held while at work.
        now: The clock.
    """

    def __init__(
        self, *, database: Database, files: Files, links: CaseLinks, lease: Lease, now: Clock
    ) -> None:
        self._database = database
        self._files = files
        self._links = links
        self._lease = lease
        self._now = now

    def run(self, stop: threading.Event) -> None:
        """Fetch until told to stop; the mail under way then is finished first."""
        while not stop.is_set():
            try:
                if not self._lease.acquire():
                    stop.wait(_STANDBY_S)
                elif not self.work():
                    stop.wait(_IDLE_S)
            except (BeleefError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("fetching_failed", error=type(error).__name__, reason=str(error)[:300])
                stop.wait(_AFTER_ERROR_S)
            except Exception as error:  # noqa: BLE001 -- one mail that goes wrong must not end the fetching
                _log.error("fetching_failed", error=type(error).__name__, exc_info=error)
                stop.wait(_AFTER_ERROR_S)
        self._lease.release()

    def work(self) -> int:
        """Fetch every mailbox once, as far as one round goes; return how many mails were taken. One that is silent delays no other."""
        with self._database.read() as connection:
            boxes = [one for one in rule_queries.all_mailboxes(connection) if one.enabled]
        own = {one.address.lower() for one in boxes}
        return sum(self._fetch(one, own) for one in boxes)

    def _fetch(self, mailbox: Mailbox, own: set[str]) -> int:
        with self._database.read() as connection:
            place = rule_queries.place(connection, mailbox.name)
            password = rule_queries.secrets(connection, mailbox.name).get("password", "")
        taken = 0

        def keep(raw: bytes, at: int, reached: Place) -> None:
            nonlocal taken
            self._keep(mailbox, raw, at, reached, own)
            taken += 1

        try:
            reached = fetch(mailbox, password, place, keep, now=self._now())
        except BeleefError as error:
            _log.warning("mailbox_failed", mailbox=mailbox.name, reason=error.hint)
            with self._database.write() as connection:
                # Validity 0: it was never fetched, and where it begins is still to be seen.
                last = rule_queries.place(connection, mailbox.name) or Place(validity=0, uid=0, fetched_at=0)
                failed = msgspec.structs.replace(last, error=f"{error.message} {error.hint}")
                rule_queries.save_place(connection, mailbox.name, failed)
            return taken
        with self._database.write() as connection:
            rule_queries.save_place(connection, mailbox.name, reached)
        return taken

    def _keep(self, mailbox: Mailbox, raw: bytes, at: int, reached: Place, own: set[str]) -> None:
        mail = read_mail(raw, own)
        attachments = [self._put(mail, number, one) for number, one in enumerate(mail.files)]
        said = message_of(mail, mailbox, attachments, self._links.replied(mail.recipients), at)
        with self._database.write() as connection:
            # Who cannot be named cannot be answered either.
            say_later(connection, [said] if mail.sender else [])
            rule_queries.save_place(connection, mailbox.name, reached)

    def _put(self, mail: Mail, number: int, file: File) -> Attachment:
        if file.content is None:
            return Attachment(name=file.name, type=file.type, size=file.size)
        path = f"{mail.id[:2]}/{mail.id}/{number}"
        self._files.write(path, [file.content])
        return Attachment(name=file.name, type=file.type, size=file.size, file=path)


def message_of(
    mail: Mail, mailbox: Mailbox, attachments: list[Attachment], case: str, at: int
) -> dict[str, Any]:
    """Return the message that says that a mail came in."""
    properties: dict[str, Any] = {
        "case": case,
        "message": mail.id,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "quoted": mail.quoted,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "from": f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender,
        "attachments": msgspec.to_builtins(attachments),
        "kind": mailbox.kind,
        "department": mailbox.department,
        "mailbox": mailbox.name,
    }
    said: dict[str, Any] = {
        "messageId": f"mail:{mail.id}",
        "type": "track",
        "event": "Message Received",
        "channel": "email",
        "timestamp": to_text(at),
        "properties": {name: value for name, value in properties.items() if value not in ("", [])}
        | {"auto": mail.auto},
        "context": {"externalIds": [{"type": "email", "id": mail.sender}]},
    }
    return said | ({"touchpoint": mailbox.touchpoint} if mailbox.touchpoint else {})

"""A real SMTP server on this machine: in the test's own process, or, as a program, in one that outlives the senders that are killed.

`python -m tests.contact.mail_server PORT FILE` writes the Message-ID of each mail it takes into a file, one a line.
"""

import asyncio
import email
import email.policy
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_DELAY_S = 0.002
"""How long the server thinks about each mail, so that kills find mails on their way."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as the server took it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The mail, taken apart."""
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found


class Server:
    """What a server took, and what it answers.

    Attributes:
        port: Where it listens.
        taken: The mails.
        answers: By recipient, the answer to its address instead of yes.
        answer: Called with each mail; returns the answer to its text, or None for yes.
        connections: How many were opened.
    """

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Mail] = []
        self.answers: dict[str, str] = {}
        self.answer: Callable[[Mail], str | None] = lambda _: None
        self.connections = 0

    async def handle_RCPT(  # noqa: N802 -- the names that aiosmtpd calls
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = Mail(sender=envelope.mail_from or "", recipients=tuple(envelope.rcpt_tos), raw=raw)
        said = self.answer(mail)
        if said is None:
            self.taken.append(mail)
        return said or "250 2.0.0 OK"


@contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, password: str | None = None, hide_tls: bool = False
) -> Iterator[Server]:
    """Give a server that runs until the end of the block, in a thread of its own.

    Args:
        tls: Offers STARTTLS with this.
        password: Asks for it, whoever signs in.
        hide_tls: Whether signing in is possible without TLS.
    """
    made, loop = Server(), asyncio.new_event_loop()

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        given = isinstance(data, LoginPassword) and data.password == (password or "").encode()
        return AuthResult(success=given, handled=False)

    def connect() -> SMTP:
        made.connections += 1
        return SMTP(
            made,
            loop=loop,
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=authenticate,
            auth_required=password is not None,
            auth_require_tls=not hide_tls,
            enable_SMTPUTF8=True,
        )

    async def start() -> asyncio.Server:
        return await loop.create_server(connect, "127.0.0.1", 0)

    server = loop.run_until_complete(start())
    made.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    talks = asyncio.all_tasks() - {asyncio.current_task()}
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)
    # What they closed lets go of its socket in the loop's next round.
    await asyncio.sleep(0)


class _Counting:
    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(_DELAY_S)
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        number = email.message_from_bytes(raw)["Message-ID"]
        self._file.write(f"{number}\n")
        return "250 2.0.0 OK"


async def _serve(port: int, path: Path) -> None:
    loop, handler = asyncio.get_running_loop(), _Counting(path)
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port, backlog=256)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))

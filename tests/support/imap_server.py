"""A small but real IMAP server on this machine, with UIDs as RFC 3501 has them, in a thread of the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

PASSWORD = "geheim"


class Box:
    """A mailbox.

    Attributes:
        mails: By UID, what lies in it.
        validity: Its UIDVALIDITY.
        port: Where the server listens.
        fetched: The UIDs that were fetched, in order.
    """

    def __init__(self, *mails: bytes) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity = 7
        self.port = 0
        self.fetched: list[int] = []
        self._next = 1
        for one in mails:
            self.put(one)

    def put(self, mail: bytes) -> None:
        """Let a mail come in."""
        self.mails[self._next] = mail
        self._next += 1

    def make_anew(self) -> None:
        """Number all mails anew, as a restored folder does."""
        self.validity += 1
        self.mails = {uid + 100: mail for uid, mail in self.mails.items()}
        self._next += 100

    def answer(self, tag: str, command: str, rest: str) -> list[bytes]:
        """Return the lines that answer a command."""
        done = f"{tag} OK done".encode()
        match command.upper():
            case "CAPABILITY":
                return [b"* CAPABILITY IMAP4rev1", done]
            case "LOGIN":
                return [done if PASSWORD in rest else f"{tag} NO wrong".encode()]
            case "SELECT" | "EXAMINE" if "INBOX" in rest:
                about = (
                    f"OK [UIDVALIDITY {self.validity}] UIDs valid",
                    f"OK [UIDNEXT {self._next}] next UID",
                )
                lines = [f"* {one}".encode() for one in about]
                return [f"* {len(self.mails)} EXISTS".encode(), *lines, f"{tag} OK [READ-ONLY] done".encode()]
            case "UID":
                return [*self._uid(*rest.split(" ", 1)), done]
            case "LOGOUT":
                return [b"* BYE", done]
        return [f"{tag} NO".encode()]

    def _uid(self, command: str, rest: str) -> list[bytes]:
        uids = sorted(self.mails)
        if command.upper() == "SEARCH":
            first = int(rest.split()[1].partition(":")[0])
            # The star is the newest mail, whatever was asked for.
            found = [one for one in uids if one >= first] or uids[-1:]
            return [f"* SEARCH {' '.join(map(str, found))}".rstrip().encode()]
        uid = int(rest.split(maxsplit=1)[0])
        self.fetched.append(uid)
        raw = self.mails[uid]
        head = f'* {uids.index(uid) + 1} FETCH (UID {uid} INTERNALDATE " 2-Mar-2026 09:30:00 +0000" BODY[]<0> {{{len(raw)}}}'
        return [head.encode() + b"\r\n" + raw + b")"]


@contextmanager
def imap_server(box: Box) -> Iterator[Box]:
    """Give a server with a mailbox that runs until the end of the block."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK IMAP4rev1 ready\r\n")
            while line := self.rfile.readline():
                tag, command, rest = (*line.decode().strip().split(" ", 2), "", "")[:3]
                for answer in box.answer(tag, command, rest):
                    self.wfile.write(answer + b"\r\n")
                if command.upper() == "LOGOUT":
                    return

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()

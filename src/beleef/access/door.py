"""Who is asking over HTTP: a program by its Bearer token, or a member of staff by the session cookie."""

import time
from typing import Any

from litestar.connection import ASGIConnection

from beleef.access import api
from beleef.access.model import Actor, Role
from beleef.kernel.clock import Clock
from beleef.kernel.errors import NotSignedIn
from beleef.store.records.database import Database

COOKIE = "beleef_session"
_FRESH_S = 2.0
_MOST_KEPT = 1_000

Connection = ASGIConnection[Any, Any, Any, Any]


class Door:
    """Lets requests in. What a token may do is believed for two seconds: revoking one takes that long at most.

    Args:
        database: Where tokens and sessions are.
        now: The clock.
    """

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now
        self._tokens: dict[str, tuple[float, Actor]] = {}

    def __call__(self, request: Connection, role: Role) -> Actor:
        """Return who asks, when they may.

        Raises:
            NotSignedIn: nobody known asks.
            NotAllowed: they have not the role.
        """
        actor = self.who(request)
        if actor is None:
            raise NotSignedIn(
                "This needs a token or a session.",
                hint="Send “Authorization: Bearer …”; `beleef tokens add` makes a token.",
            )
        actor.must_be(role)
        if actor.kind == "staff" and request.scope.get("method") not in {"GET", "HEAD"}:
            # A cookie goes along with requests that other sites make; the header can only be set by our own pages.
            api.check_form_token(actor, request.headers.get("x-csrf-token", ""))
        return actor

    def who(self, request: Connection) -> Actor | None:
        """Return who asks, or None where nobody known does."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret:
            return self._by_token(secret.strip())
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        with self._database.read() as connection:
            return api.by_session(connection, cookie, self._now())

    def _by_token(self, secret: str) -> Actor | None:
        kept = self._tokens.get(secret)
        if kept is not None and time.monotonic() - kept[0] < _FRESH_S:
            return kept[1]
        with self._database.read() as connection:
            actor = api.by_token(connection, secret)
        if actor is not None:
            if len(self._tokens) > _MOST_KEPT:
                self._tokens.clear()
            self._tokens[secret] = (time.monotonic(), actor)
        return actor

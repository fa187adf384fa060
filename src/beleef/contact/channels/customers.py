"""What customers' own browsers and apps ask: their inbox, and notifications for this browser.

A write key is public, so it opens only what belongs to the device that shows its own number; everything that belongs to a known
customer needs a signed token, which the organisation's server fetches for whoever is signed in there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer

from beleef.collect.api import SourceBook, say_later
from beleef.contact import queries as ledger
from beleef.contact.channels import book
from beleef.contact.channels.inbox import queries as inbox
from beleef.contact.channels.inbox.queries import Act, Item
from beleef.contact.channels.push import queries as push
from beleef.contact.channels.push.keys import decode, is_public_point, public_key
from beleef.contact.channels.push.model import is_allowed, read_settings
from beleef.contact.channels.push.queries import Subscription
from beleef.contact.telling import customer_fact
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import HOUR, Clock
from beleef.kernel.errors import InvalidInput, NotFound, NotSignedIn
from beleef.store.records.database import Database

_SHORTEST_DEVICE = 16
"""Letters: a shorter device number could be guessed."""
_LONGEST_TOKEN_HOURS = 24 * 30
_MOST_AT_ONCE = 100
_MOST_BROWSERS = 20
_EVENTS: Mapping[Act, str] = {
    "read": "Inbox Opened",
    "clicked": "Inbox Link Clicked",
    "dismissed": "Inbox Dismissed",
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer's browser shows to say who it is: a person token, or a write key and the device's own number."""

    token: str = ""
    write_key: str = ""
    anonymous_id: str = ""


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an inbox: what lies in it, how many of all are unread, and where the next page begins."""

    items: list[Item]
    unread: int
    after: int | None


class Customers:
    """Answers customers' browsers and apps.

    Args:
        database: Where everything is.
        sources: Whose write keys are known.
        key: The installation's key.
        region: ISO 3166 code for numbers without a country code.
        now: The clock.
    """

    def __init__(
        self, *, database: Database, sources: SourceBook, key: bytes, region: str, now: Clock
    ) -> None:
        self._database = database
        self._sources = sources
        self._key = key
        self._region = region
        self._now = now
        self._signer = URLSafeSerializer(key, salt="contact.person")

    def token(self, namespace: str, value: str, hours: int) -> tuple[str, int]:
        """Return a token that opens a customer's own things, and when it ends, in microseconds.

        Raises:
            InvalidInput: the identifier cannot be, or the time is not from 1 hour to 30 days.
        """
        if not 1 <= hours <= _LONGEST_TOKEN_HOURS:
            raise InvalidInput("A token holds from 1 to 720 hours.", hint="24 is usual.")
        with self._database.read() as connection:
            person = identity.find(connection, self._key, namespace, value, default_region=self._region)
        if person is None:
            raise NotFound("Nobody is known by that.", hint="Check the namespace and the value.")
        ends = self._now() + hours * HOUR
        return self._signer.dumps([ids.to_text(person.number), ends]), ends

    def inbox(self, shown: Shown, *, after: int | None, limit: int) -> Inbox:
        """Return what lies in the inbox of whoever asks.

        Raises:
            NotSignedIn: nothing says who that is.
            InvalidInput: the limit is not from 1 to 100.
        """
        if not 1 <= limit <= _MOST_AT_ONCE:
            raise InvalidInput("A page has 1 to 100 messages.", hint="20 is usual.")
        with self._database.read() as connection:
            person = self._person(connection, shown)
            if person is None:
                return Inbox(items=[], unread=0, after=None)
            mine = _subjects(person)
            items = inbox.of(connection, mine, after=after, limit=limit + 1)
            unread = inbox.count_unread(connection, mine)
        more = len(items) > limit
        return Inbox(items=items[:limit], unread=unread, after=items[limit - 1].contact if more else None)

    def mark(self, shown: Shown, contacts: Sequence[int], act: Act) -> int:
        """Note that a customer read, clicked or put away messages of theirs; return for how many it was the first time.

        Raises:
            NotSignedIn: nothing says who that is.
            InvalidInput: these are more than 100.
        """
        if len(contacts) > _MOST_AT_ONCE:
            raise InvalidInput("These are more than 100 messages.", hint="Mark fewer at once.")
        now = self._now()
        with self._database.write() as connection:
            person = self._person(connection, shown)
            if person is None:
                return 0
            first = inbox.mark(connection, _subjects(person), contacts, act, now)
            rows = ledger.by_ids(connection, [one.contact for one in first])
            say_later(
                connection,
                [
                    customer_fact(_EVENTS[act], row, person, now, f"{row.intent.key}:{act}")
                    for row in rows.values()
                ],
            )
        return len(first)

    def person(self, token: str) -> Person | None:
        """Return who shows a person token; None where they were forgotten since.

        Raises:
            NotSignedIn: the token is wrong, or it ended.
        """
        with self._database.read() as connection:
            return self._person(connection, Shown(token=token))

    def push_key(self) -> str:
        """Return the public key that browsers subscribe with.

        Raises:
            NotFound: web push is not set up.
        """
        with self._database.read() as connection:
            return public_key(self._push(connection)[1])

    def subscribe(self, shown: Shown, endpoint: str, keys: Mapping[str, Any]) -> None:
        """Register a browser for notifications.

        Raises:
            NotSignedIn: nothing says whose it is.
            NotFound: web push is not set up.
            InvalidInput: it is no subscription, or of a push service that is not known.
        """
        p256dh, auth = str(keys.get("p256dh", "")), str(keys.get("auth", ""))
        if not is_public_point(p256dh) or not _is_secret(auth):
            raise InvalidInput(
                "These are no keys of a browser.", hint="Send what PushSubscription.toJSON() gives."
            )
        with self._database.write() as connection:
            services = self._push(connection)[0]
            if not is_allowed(endpoint, services):
                raise InvalidInput(
                    "That push service is not known.",
                    hint="Name its host in the settings of web push.",
                    code="unknown_push_service",
                )
            subject = self._subject(connection, shown)
            push.save(
                connection,
                Subscription(
                    subject=subject, endpoint=endpoint, p256dh=p256dh, auth=auth, added_at=self._now()
                ),
            )
            old = push.of(connection, [subject])[_MOST_BROWSERS:]
            push.remove(connection, [one.id for one in old])

    def unsubscribe(self, shown: Shown, endpoint: str) -> bool:
        """Forget a browser of whoever asks; return whether it was registered.

        Raises:
            NotSignedIn: nothing says whose it is.
        """
        with self._database.write() as connection:
            person = self._person(connection, shown)
            mine = _subjects(person) if person else [self._subject(connection, shown)]
            found = [one.id for one in push.of(connection, mine) if one.endpoint == endpoint]
            return push.remove(connection, found) > 0

    def _push(self, connection: sa.Connection) -> tuple[tuple[str, ...], str]:
        for setup in book.setups(connection):
            if setup.kind == "push" and setup.enabled:
                private = book.secrets(connection).get(setup.name, {}).get("private_key", "")
                return read_settings(setup.settings).services, private
        raise NotFound("Web push is not set up.", hint="Set it up on the page of the channels.")

    def _person(self, connection: sa.Connection, shown: Shown) -> Person | None:
        """Return who shows that; None for a device that nobody is known by yet."""
        if shown.token:
            return identity.person(connection, self._from_token(shown.token))
        return identity.find(connection, self._key, "anonymous_id", self._device(shown))

    def _subject(self, connection: sa.Connection, shown: Shown) -> int:
        if shown.token:
            return self._from_token(shown.token)
        person = self._person(connection, shown)
        device = ids.subject_id(self._key, "anonymous_id", self._device(shown))
        known = {} if person is None else {one.value: one.subject for one in person.identifiers}
        return known.get(shown.anonymous_id, device)

    def _device(self, shown: Shown) -> str:
        source = self._sources.by_key(shown.write_key) if shown.write_key else None
        if source is None or not source.enabled:
            raise NotSignedIn(
                "Nothing says who asks.",
                hint="Send a person token, or a write key and the device's anonymousId.",
            )
        if len(shown.anonymous_id) < _SHORTEST_DEVICE:
            raise NotSignedIn(
                "A write key alone opens nothing.",
                hint="Send the device's anonymousId of at least 16 characters along, or a person token.",
            )
        return shown.anonymous_id

    def _from_token(self, token: str) -> int:
        try:
            number, ends = self._signer.loads(token[:1_000])
            subject = ids.from_text(number)
        except (BadData, ValueError, TypeError) as error:
            raise _bad_token() from error
        if subject is None or ends <= self._now():
            raise _bad_token()
        return subject


def _subjects(person: Person) -> list[int]:
    return list(dict.fromkeys([*person.subjects, *(one.subject for one in person.identifiers)]))


def _is_secret(text: str) -> bool:
    try:
        return len(decode(text)) == 16
    except ValueError:
        return False


def _bad_token() -> NotSignedIn:
    return NotSignedIn(
        "The person token is wrong or has ended.", hint="Fetch a new one: POST /v1/person-tokens."
    )

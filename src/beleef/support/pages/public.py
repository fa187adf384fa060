"""What the customers' own pages share: a calm frame in the customer's language, kind refusals, a limit on how often, and the visit.

A visit is a number by chance with the moment it began, signed; it travels in links and forms and in nothing else, no cookie.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Response

from beleef.access.desk import AnyRequest
from beleef.kernel import ids
from beleef.kernel.errors import BeleefError, NotFound, TooManyRequests, status_of
from beleef.support.pages.parts import SupportRoom, href
from beleef.ui.components import Callout, Link
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Language, Words, choose_language, translator

_VISIT_S: Final = 24 * 3_600
_MOST_KNOWN: Final = 10_000
_LONGEST_TOKEN: Final = 400


class LanguageLink(msgspec.Struct, frozen=True, kw_only=True):
    """The same page in another language."""

    language: Language
    name: str
    href: str
    active: bool


class CustomerFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a customer's page: the frame, the same page in other languages, and the words it is in."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    words: Words


class TellingPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/telling.html``: something to tell a customer, and where to go on."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    note: Callout | None
    paragraphs: tuple[str, ...]
    way_on: Link | None = None


class HelpVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit to the help pages: its number, how many seconds ago it began, and the token that says so."""

    id: str
    age_s: float
    token: str


class Visits:
    """Makes and reads visits.

    Args:
        key: The installation's key.
        clock: Seconds since 1970; the moment that tokens are signed at is the machine's own.
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="support.visit")
        self._clock = clock

    def begin(self) -> HelpVisit:
        """Return a new visit."""
        number = ids.new_secret(9)
        return HelpVisit(id=number, age_s=0.0, token=self._signer.dumps(number))

    def read(self, token: str) -> HelpVisit | None:
        """Return the visit of a token; None where it is none of ours, or older than a day."""
        try:
            number, began = self._signer.loads(
                token[:_LONGEST_TOKEN], max_age=_VISIT_S, return_timestamp=True
            )
        except BadSignature:
            return None
        return HelpVisit(id=str(number), age_s=self._clock() - began.timestamp(), token=token)


class Pace:
    """Lets everybody do something so often a minute, and no more. Kept in this process; others count for themselves.

    Args:
        per_minute: How often.
        clock: Seconds, never going back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def check(self, who: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: there were too many in this minute.
        """
        now = self._clock()
        with self._lock:
            since, count = self._used.pop(who, (now, 0))
            if now - since >= 60:
                since, count = now, 0
            self._used[who] = (since, count + 1)
            if len(self._used) > _MOST_KNOWN:
                self._used.popitem(last=False)
        if count >= self._per_minute:
            raise TooManyRequests(
                "That was often in a short time.",
                retry_after_s=max(1, round(60 - (now - since))),
                hint="Try again in a minute.",
            )


def client_of(request: AnyRequest) -> str:
    """Return who asks, as far as the connection tells."""
    return request.client.host if request.client else ""


def language_of(request: AnyRequest) -> Language:
    """Return the language asked for in the address, else the browser's."""
    return choose_language(
        setting=request.query_params.get("language"),
        cookie=None,
        accept=request.headers.get("accept-language"),
    )


def words_of(room: SupportRoom, request: AnyRequest) -> Words:
    """Return the words of a customer."""
    return translator(language_of(request), room.zone)


def customer_frame(
    room: SupportRoom,
    request: AnyRequest,
    title: Callable[[Words], str] | str,
    *,
    lead: str | None = None,
    language: Language | None = None,
    **query: str,
) -> CustomerFrame:
    """Return the frame of a customer's page.

    Args:
        room: What pages work with.
        request: Who asks.
        title: The page's title, or what makes it in the reader's words.
        lead: A sentence below it.
        language: The language; None for the one that is asked for.
        query: What else the address of this page holds.
    """
    chosen = language or language_of(request)
    words = translator(chosen, room.zone)
    path = request.url.path
    made = title if isinstance(title, str) else title(words)
    page = msgspec.structs.replace(
        room.desk.outside(request, made, lead=lead),
        language=chosen,
        theme="auto",
        roomy=True,
        user=None,
        csrf_token="",
        flashes=(),
        path=path,
    )
    links = tuple(
        LanguageLink(
            language=one, name=NAMES[one], href=href(path, language=one, **query), active=one == chosen
        )
        for one in LANGUAGES
    )
    return CustomerFrame(page=page, language_links=links, words=words)


def private(response: Response[str]) -> Response[str]:
    """Return a page that no search engine lists, and whose address no other site is told."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def telling(
    room: SupportRoom,
    request: AnyRequest,
    title: Callable[[Words], str],
    *paragraphs: Callable[[Words], str],
    status: int = 200,
    way_on: Callable[[Words], Link] | None = None,
) -> Response[str]:
    """Return a page that tells a customer something, each text made in the reader's words."""
    frame = customer_frame(room, request, title)
    view = TellingPage(
        page=frame.page,
        language_links=frame.language_links,
        note=None,
        paragraphs=tuple(one(frame.words) for one in paragraphs),
        way_on=way_on(frame.words) if way_on else None,
    )
    return private(room.desk.html("support/telling.html", view, status=status))


def refused(room: SupportRoom, request: AnyRequest, error: BeleefError) -> Response[str]:
    """Return the page that says kindly to a customer why something could not be done."""
    if isinstance(error, TooManyRequests):
        response = telling(
            room,
            request,
            lambda words: words.gettext("One moment, please"),
            lambda words: words.gettext("That was very often. Try again in a minute; nothing is lost."),
            status=429,
        )
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    if isinstance(error, NotFound):
        return telling(
            room,
            request,
            lambda words: words.gettext("This link does not work"),
            lambda words: words.gettext("It may have been cut off on its way to you. Nothing was changed."),
            status=404,
            way_on=lambda words: Link(text=words.gettext("Ask us a question"), href="/help/contact"),
        )
    return telling(
        room,
        request,
        lambda words: words.gettext("That did not work"),
        lambda words: words.gettext(
            "What you sent could not be used. Go back, look at it once more and send it again."
        ),
        status=status_of(error),
    )

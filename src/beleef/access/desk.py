"""What every staff page begins and ends with: who is there, may they, the frame around the page, and the answer as HTML.

A page's route calls ``desk.open`` (or ``desk.form`` where something is sent) and answers with ``desk.html`` or ``desk.redirect``.
"""

import hmac
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import urlencode

import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Response
from litestar.datastructures import Cookie

from beleef.access import api
from beleef.access.asking import Answers, AnyRequest, own_path, path_of, read_answers, wants_html
from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import BeleefError, NotSignedIn, TooManyRequests, status_of
from beleef.ui.components import Link, Tone
from beleef.ui.page import (
    THEMES,
    Flash,
    NavigationSection,
    Page,
    Refusal,
    Renderer,
    Search,
    Theme,
    User,
    View,
)
from beleef.ui.words import Language, Words, choose_language

__all__ = [
    "Answers",
    "AnyRequest",
    "Desk",
    "House",
    "Visit",
    "own_path",
    "read_answers",
    "role_name",
    "wants_html",
]

Navigation = Callable[[Actor, Words, str], tuple[NavigationSection, ...]]
"""Gives the navigation for somebody, with the page of that name marked as the one they are on."""

THEME_COOKIE = "beleef_theme"
LANGUAGE_COOKIE = "beleef_language"
FLASH_COOKIE = "beleef_flash"
FORM_COOKIE = "beleef_form"
"""Token of the forms of somebody who is not signed in: it must come back in the body, which no other site can arrange."""

_FLASH_S = 120
_YEAR_S = 365 * 24 * 3600

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every HTML answer: nothing from elsewhere, in nobody's frame, kept nowhere."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody known, at a page they may see.

    Attributes:
        actor: Who it is.
        words: Their language, in the organisation's time zone.
        frame: The frame of every page of theirs; ``page`` fills in the rest.
        navigation: Makes the navigation.
    """

    actor: Actor
    words: Words
    frame: Page
    navigation: Navigation

    @property
    def now(self) -> int:
        """The moment of the request, in microseconds."""
        return self.frame.now

    def may(self, role: Role) -> bool:
        """Return whether they have at least that role."""
        return self.actor.role >= role

    def page(
        self,
        title: str,
        *,
        active: str = "",
        crumbs: Sequence[Link] = (),
        actions: Sequence[Link] = (),
        lead: str | None = None,
        search: str = "",
    ) -> Page:
        """Return the frame of a page.

        Args:
            title: Its only first-level heading.
            active: Name of the page in the navigation, e.g. ``people``.
            crumbs: The way here, without the page itself.
            actions: What can be done from here; the first is the main one.
            lead: One sentence below the title.
            search: What stands in the search box.
        """
        box = self.frame.search
        return msgspec.structs.replace(
            self.frame,
            title=title,
            navigation=self.navigation(self.actor, self.words, active),
            breadcrumbs=tuple(crumbs),
            actions=tuple(actions),
            lead=lead,
            search=msgspec.structs.replace(box, value=search) if box and search else box,
        )


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same on all pages of an installation.

    Attributes:
        name: The organisation's name.
        key: The installation's key, which signs what a page tells the next one.
        simulated: Whether its data are made up.
        secure: Whether cookies may only travel over HTTPS.
    """

    name: str
    key: bytes
    simulated: bool = False
    secure: bool = False


class Desk:
    """Receives those who ask for a page.

    Args:
        door: Knows who is asking.
        renderer: Draws pages.
        navigation: Makes the navigation.
        house: What is the same on all pages.
        now: The clock.
    """

    def __init__(
        self, *, door: Door, renderer: Renderer, navigation: Navigation, house: House, now: Clock
    ) -> None:
        self._door = door
        self._renderer = renderer
        self._navigation = navigation
        self._house = house
        self._now = now
        self._flashes = URLSafeTimedSerializer(house.key, salt="beleef.flash")

    @property
    def organisation(self) -> str:
        """The organisation's name."""
        return self._house.name

    def is_known(self, request: AnyRequest) -> bool:
        """Return whether a member of staff is asking."""
        return self._staff(request) is not None

    def open(self, request: AnyRequest, role: Role) -> Visit:
        """Return the visit of a member of staff.

        Raises:
            NotSignedIn: nobody is signed in; the web process leads them to the page to sign in at.
            NotAllowed: they have not the role.
        """
        actor = self._door.who(request)
        if actor is None or actor.kind != "staff":
            raise NotSignedIn("Nobody is signed in.", hint="Sign in to see this page.", code="sign_in")
        actor.must_be(role)
        frame = self._frame(request, actor)
        return Visit(
            actor=actor,
            words=self._renderer.words(frame.language),
            frame=frame,
            navigation=self._navigation,
        )

    async def form(self, request: AnyRequest, role: Role) -> tuple[Visit, Answers]:
        """Return the visit and what was sent, when it was sent from a page of ours.

        The caller is on the event loop: what writes or reads much belongs into ``await asyncio.to_thread(...)``.

        Raises:
            NotSignedIn: nobody is signed in, or the form carries no token or an old one.
            NotAllowed: they have not the role.
            InvalidInput: the body is no form.
        """
        visit = self.open(request, role)
        answers = await read_answers(request)
        api.check_form_token(visit.actor, answers.pop("csrf_token", ""))
        return visit, answers

    async def open_form(self, request: AnyRequest) -> tuple[Actor | None, Answers]:
        """Return what was sent with a form that everybody may send, and who they are where they are known.

        Raises:
            NotSignedIn: the form carries no token or an old one.
            InvalidInput: the body is no form.
        """
        actor = self._staff(request)
        answers = await read_answers(request)
        given = answers.pop("csrf_token", "")
        if actor is not None:
            api.check_form_token(actor, given)
            return actor, answers
        expected = request.cookies.get(FORM_COOKIE, "")
        if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
            raise NotSignedIn(
                "The form is out of date.",
                hint="Go back, load the page again and send it once more.",
                code="form_token",
            )
        return None, answers

    def outside(self, request: AnyRequest, title: str, *, lead: str | None = None) -> Page:
        """Return the frame of a page that everybody may see: signing in, or what could not be done."""
        frame = self._frame(request, self._staff(request))
        return msgspec.structs.replace(frame, title=title, lead=lead, search=None)

    def words(self, request: AnyRequest) -> Words:
        """Return the words of whoever asks."""
        return self._renderer.words(self._language(request, self._staff(request)))

    def html(self, template: str, view: View, *, status: int = 200) -> Response[str]:
        """Return a page as answer.

        Args:
            template: Name with its slice, e.g. ``collect/sources.html``.
            view: The page's struct.
            status: The HTTP status; 400 for a form that is shown again with its errors.
        """
        response = self._answer(self._renderer.render(template, view), status)
        if view.page.flashes:
            response.delete_cookie(FLASH_COOKIE)
        if view.page.user is None and view.page.csrf_token:
            response.set_cookie(self.cookie(FORM_COOKIE, view.page.csrf_token))
        return response

    def fragment(self, template: str, view: View, headers: dict[str, str]) -> Response[str]:
        """Return a piece of a page, for a list that stays up to date, with headers of its own."""
        response = self._answer(self._renderer.render(template, view), 200)
        response.headers.update(headers)
        return response

    def redirect(self, to: str, *, flash: str | None = None, tone: Tone = "good") -> Response[str]:
        """Return the answer that leads to another page of ours, which says ``flash`` once.

        Args:
            to: A path; everything else leads to the first page.
            flash: What just happened, in the reader's language.
            tone: How it is meant.
        """
        response: Response[str] = Response("", status_code=303, headers={**HEADERS, "Location": own_path(to)})
        if flash:
            token = str(self._flashes.dumps([flash, tone]))
            response.set_cookie(self.cookie(FLASH_COOKIE, token, max_age_s=_FLASH_S))
        return response

    def refuse(self, request: AnyRequest, error: BeleefError) -> Response[str]:
        """Return what could not be done as a page, or the way to the page to sign in at."""
        # A list that keeps itself up to date must not take that page for its newest entry.
        walks = request.headers.get("sec-fetch-mode", "navigate") == "navigate"
        if isinstance(error, NotSignedIn) and error.code == "sign_in" and walks:
            back = path_of(request) if request.method in {"GET", "HEAD"} else "/"
            return self.redirect("/sign-in" if back == "/" else "/sign-in?" + urlencode({"next": back}))
        response = self.error(
            request, status=status_of(error), code=error.code, message=error.message, hint=error.hint
        )
        if isinstance(error, TooManyRequests):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    def error(
        self, request: AnyRequest, *, status: int, code: str, message: str, hint: str = ""
    ) -> Response[str]:
        """Return the page that says what could not be done."""
        words = self.words(request)
        message, hint = _in_words(code, words) or (words.refused(message), words.refused(hint))
        view = Refusal(
            page=self.outside(request, _error_title(status, words)),
            status=status,
            code=code,
            message=message,
            hint=hint,
            way_out=Link(text=words.gettext("To the first page"), href="/"),
        )
        return self.html("ui/error.html", view, status=status)

    def cookie(self, name: str, value: str, *, max_age_s: int | None = None) -> Cookie:
        """Return a cookie that no script reads and no other site sends; without ``max_age_s`` it ends with the browser."""
        return Cookie(
            key=name,
            value=value,
            httponly=True,
            samesite="lax",
            secure=self._house.secure,
            max_age=max_age_s,
            path="/",
        )

    def lasting_cookie(self, name: str, value: str) -> Cookie:
        """Return a cookie for a choice that holds for a year."""
        return self.cookie(name, value, max_age_s=_YEAR_S)

    def _answer(self, text: str, status: int) -> Response[str]:
        return Response(text, status_code=status, media_type="text/html", headers=dict(HEADERS))

    def _staff(self, request: AnyRequest) -> Actor | None:
        actor = self._door.who(request)
        return actor if actor is not None and actor.kind == "staff" else None

    def _language(self, request: AnyRequest, actor: Actor | None) -> Language:
        return choose_language(
            setting=actor.language if actor else None,
            cookie=request.cookies.get(LANGUAGE_COOKIE),
            accept=request.headers.get("accept-language"),
        )

    def _frame(self, request: AnyRequest, actor: Actor | None) -> Page:
        language = self._language(request, actor)
        words = self._renderer.words(language)
        user = box = None
        if actor is not None:
            user = User(name=actor.name, email=actor.email, role=role_name(actor.role, words))
            box = Search(action="/people", label=words.gettext("Search people by name, e-mail or number"))
        return Page(
            title="",
            workspace=self._house.name,
            now=self._now(),
            path=path_of(request),
            language=language,
            theme=_theme(request),
            csrf_token=actor.csrf if actor else request.cookies.get(FORM_COOKIE) or ids.new_secret(18),
            user=user,
            search=box,
            flashes=self._flashes_of(request),
            simulated=self._house.simulated,
        )

    def _flashes_of(self, request: AnyRequest) -> tuple[Flash, ...]:
        token = request.cookies.get(FLASH_COOKIE)
        if not token:
            return ()
        try:
            text, tone = self._flashes.loads(token, max_age=_FLASH_S)
        except (BadSignature, ValueError, TypeError):
            return ()
        return (Flash(text=str(text), tone=cast(Tone, tone)),)


def role_name(role: Role, words: Words) -> str:
    """Return a role's name in the reader's language."""
    names = {
        Role.reader: words.gettext("Reader"),
        Role.agent: words.gettext("Agent"),
        Role.editor: words.gettext("Editor"),
        Role.administrator: words.gettext("Administrator"),
    }
    return names[role]


def _theme(request: AnyRequest) -> Theme:
    chosen = request.cookies.get(THEME_COOKIE)
    return next((theme for theme in THEMES if theme == chosen), "auto")


def _error_title(status: int, words: Words) -> str:
    titles = {
        400: words.gettext("That does not work"),
        401: words.gettext("Not signed in"),
        403: words.gettext("Not for you"),
        404: words.gettext("Not found"),
        405: words.gettext("That does not work"),
        409: words.gettext("That does not fit"),
        413: words.gettext("Too large"),
        429: words.gettext("Later, please"),
        503: words.gettext("Not now"),
    }
    return titles.get(status, words.gettext("Something went wrong"))


def _in_words(code: str, words: Words) -> tuple[str, str] | None:
    """Return message and hint of the refusals that staff meet most, in their language; None for the others."""
    known = {
        "form_token": (
            words.gettext("The form is out of date."),
            words.gettext("Go back, load the page again and send it once more."),
        ),
        "sign_in": (words.gettext("Nobody is signed in."), words.gettext("Sign in to see this page.")),
        "not_allowed": (
            words.gettext("Your role does not allow this."),
            words.gettext("Ask an administrator for the role."),
        ),
        "no_such_page": (
            words.gettext("There is no such page."),
            words.gettext("Look whether the address is complete."),
        ),
        "internal_error": (
            words.gettext("Something went wrong inside Beleef."),
            words.gettext("It has been logged; please report it."),
        ),
    }
    return known.get(code)

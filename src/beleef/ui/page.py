"""The frame that every page stands in, and the renderer that draws a page from one struct.

A page is a frozen struct with a field ``page`` and its own parts; a template may use those fields and nothing else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Protocol

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from beleef.kernel.clock import to_text
from beleef.ui.components import Icon, Link, Tone
from beleef.ui.forms import Form
from beleef.ui.json_view import json_markup
from beleef.ui.static import StaticFiles
from beleef.ui.words import LANGUAGES, NAMES, Language, Words, translator

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")
TEMPLATES: Final = Path(__file__).parent / "templates"


class NavigationItem(msgspec.Struct, frozen=True, kw_only=True):
    """A page in the navigation.

    Attributes:
        label: Its name.
        href: Its path.
        icon: Its drawing.
        active: Whether the reader is there.
        key: The letter that goes there after ``g``.
        count: How much waits there, written for the reader.
    """

    label: str
    href: str
    icon: Icon
    active: bool = False
    key: str | None = None
    count: str | None = None


class NavigationSection(msgspec.Struct, frozen=True, kw_only=True):
    """Pages that belong together."""

    items: tuple[NavigationItem, ...]
    title: str | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, for the menu: name, address and role, in the reader's words."""

    name: str
    email: str
    role: str

    @property
    def initials(self) -> str:
        """The first letters of the first and last part of the name."""
        parts = self.name.split() or ["?"]
        return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """The search box in the header: a GET form with the field ``q``."""

    action: str
    label: str
    value: str = ""


class Flash(msgspec.Struct, frozen=True, kw_only=True):
    """What just happened, told once at the top of the next page."""

    text: str
    tone: Tone = "good"


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the frame's own forms are posted to, and where the logo leads."""

    home: str = "/"
    theme: str = "/theme"
    language: str = "/language"
    sign_out: str = "/sign-out"
    password: str = "/password"  # noqa: S105 -- an address


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The frame around a page.

    Attributes:
        title: Name of the page; its only first-level heading.
        workspace: Name of the organisation.
        now: The present moment in microseconds, for "3 minutes ago".
        path: Path and query of this page, to come back to after a switch of theme or language.
        language: Language of the frame and of all words in it.
        theme: Light, dark, or as the reader's device has it.
        csrf_token: Goes along with every form that is posted.
        navigation: Sections of the side navigation; empty on pages before sign-in.
        user: Who is signed in; None before sign-in.
        search: The search box; None for none.
        breadcrumbs: The way here, without the page itself.
        actions: What can be done from this page, right of the title; the first is the main one.
        lead: One sentence below the title.
        flashes: What just happened.
        simulated: Whether the data are made up; shows a ribbon on every page.
        roomy: Larger type and more air, for pages that customers read.
        addresses: Where the frame's own forms go.
    """

    title: str
    workspace: str
    now: int
    path: str = "/"
    language: Language = "en"
    theme: Theme = "auto"
    csrf_token: str = ""
    navigation: tuple[NavigationSection, ...] = ()
    user: User | None = None
    search: Search | None = None
    breadcrumbs: tuple[Link, ...] = ()
    actions: tuple[Link, ...] = ()
    lead: str | None = None
    flashes: tuple[Flash, ...] = ()
    simulated: bool = False
    roomy: bool = False
    addresses: Addresses = Addresses()


class View(Protocol):
    """A frozen msgspec struct that a page is drawn from: its frame and its own parts."""

    __struct_fields__: ClassVar[tuple[str, ...]]

    @property
    def page(self) -> Page:
        """The frame."""
        ...


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """``ui/sign_in.html``: the form to sign in with, and other ways in (single sign-on)."""

    page: Page
    form: Form
    others: tuple[Link, ...] = ()


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """``ui/error.html``: what could not be done, why, and what to do; ``status`` and ``code`` as the API gives them."""

    page: Page
    status: int
    code: str
    message: str
    hint: str = ""
    way_out: Link | None = None


class Confirm(msgspec.Struct, frozen=True, kw_only=True):
    """``ui/confirm.html``: asks before something happens, and says all that will. Used in place of script dialogs."""

    page: Page
    consequences: tuple[str, ...]
    form: Form


class Renderer:
    """Draws pages. Made once and shared by all requests.

    Args:
        static: The files that pages refer to.
        templates: Folder of templates per slice; ``{"console": folder}`` makes ``console/people.html`` findable. Beleef's
            own stand under ``ui/``.
        zone: IANA name of the time zone of the organisation.
    """

    def __init__(
        self, *, static: StaticFiles, templates: Mapping[str, Path], zone: str = "Europe/Amsterdam"
    ) -> None:
        folders = {"ui": TEMPLATES, **templates}
        loader = PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()})
        self.environments = {
            language: _environment(loader, static, translator(language, zone)) for language in LANGUAGES
        }
        self._zone = zone

    def words(self, language: Language) -> Words:
        """Return the words in which pages of ``language`` are written, in the organisation's time zone."""
        return translator(language, self._zone)

    def render(self, template: str, view: View) -> str:
        """Return the page (or fragment) as HTML text that can always be encoded as UTF-8.

        Args:
            template: Name with its slice, e.g. ``ui/error.html``.
            view: The page's struct; its fields are what the template may use.

        Raises:
            jinja2.UndefinedError: The template uses what the struct does not have: a mistake in the code.
        """
        values = {name: getattr(view, name) for name in view.__struct_fields__}
        text = self.environments[view.page.language].get_template(template).render(values)
        # Facts hold what clients sent; a lone surrogate in it would otherwise fail while the answer is being written.
        return text.encode("utf-8", "replace").decode("utf-8")


def _environment(loader: PrefixLoader, static: StaticFiles, words: Words) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    catalog = words.catalog
    environment.install_gettext_callables(catalog.gettext, catalog.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        asset=static.url, languages=[(language, NAMES[language]) for language in LANGUAGES], themes=THEMES
    )
    environment.filters.update(_filters(words))
    return environment


def _filters(words: Words) -> dict[str, Any]:
    @pass_context
    def ago(context: Context, moment: int) -> str:
        page: Page = context["page"]
        return words.ago(moment, page.now)

    def json(value: object) -> Markup:
        return json_markup(value, words)

    return {
        "ago": ago,
        "clock": words.clock,
        "day": words.day,
        "iso": to_text,
        "json": json,
        "moment": words.moment,
        "money": words.money,
        "number": words.number,
        "percent": words.percent,
    }

"""Pages: drawn from one struct, in both languages, safe against what facts hold."""

from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from jinja2 import UndefinedError

from beleef.ui import page as pages
from beleef.ui import static
from beleef.ui.components import Code, Column, Row, Table
from beleef.ui.forms import Fieldset, Form, Input
from beleef.ui.page import Page, Renderer, User, View
from beleef.ui.words import LANGUAGES, Language
from tests.ui import gallery
from tests.ui.rendering import assert_renders

RENDERER = gallery.renderer()
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Reader(HTMLParser):
    """Reads a page as a browser would and keeps what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def all_pages(language: Language) -> list[tuple[str, View]]:
    return [
        ("gallery/gallery.html", gallery.gallery(RENDERER.words(language))),
        ("ui/sign_in.html", gallery.sign_in(language)),
        ("ui/error.html", gallery.refusal(language)),
        ("ui/confirm.html", gallery.confirm(language)),
    ]


PAGES = [(language, template, view) for language in LANGUAGES for template, view in all_pages(language)]


@pytest.mark.parametrize(("language", "template", "view"), PAGES, ids=lambda value: str(value)[:20])
def test_every_page_is_drawn_from_its_struct_alone(language: str, template: str, view: View) -> None:
    read = Reader(assert_renders(RENDERER, template, view))
    assert not read.wrong
    assert not read.open
    assert ("html", {"lang": language, "data-theme": "auto"}) in read.tags


@pytest.mark.parametrize(("language", "template", "view"), PAGES, ids=lambda value: str(value)[:20])
def test_no_page_needs_what_the_strict_content_policy_forbids(
    language: str, template: str, view: View
) -> None:
    for tag, attributes in Reader(RENDERER.render(template, view)).tags:
        assert tag != "style"
        assert tag != "script" or attributes.get("src")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not (attributes.get(name) or "").startswith(("http", "//", "data:", "javascript:")), (
                attributes
            )


@pytest.mark.parametrize(("language", "template", "view"), PAGES, ids=lambda value: str(value)[:20])
def test_every_id_is_unique_and_every_reference_to_one_leads_somewhere(
    language: str, template: str, view: View
) -> None:
    tags = Reader(RENDERER.render(template, view)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in tags:
        for name in ("for", "aria-labelledby", "aria-describedby", "data-copies"):
            assert set((attributes.get(name) or "").split()) <= set(ids), attributes
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


@pytest.mark.parametrize(("language", "template", "view"), PAGES, ids=lambda value: str(value)[:20])
def test_every_posted_form_carries_the_token(language: str, template: str, view: View) -> None:
    html = RENDERER.render(template, view)
    posted = [
        part.split("</form>")[0] for part in html.split("<form")[1:] if 'method="post"' in part.split(">")[0]
    ]
    assert posted
    assert all(f'name="csrf_token" value="{view.page.csrf_token}"' in form for form in posted)


def test_a_template_that_asks_for_more_than_its_struct_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{% if page.roomy %}{{ forgotten }}{% endif %}")
    renderer = Renderer(static=static.load(), templates={"test": tmp_path})
    with pytest.raises(AssertionError, match="forgotten"):
        assert_renders(renderer, "test/page.html", gallery.refusal())
    (tmp_path / "other.html").write_text("{{ page.forgotten }}")
    with pytest.raises(UndefinedError):
        assert_renders(renderer, "test/other.html", gallery.refusal())


def test_what_clients_sent_is_text_and_never_markup() -> None:
    bad = "<script>alert(1)</script>\"'&"
    view = msgspec.structs.replace(gallery.refusal(), message=bad, hint=bad, code=bad)
    read = Reader(RENDERER.render("ui/error.html", view))
    assert read.text.count(bad) == 3
    assert len([tag for tag, _ in read.tags if tag == "script"]) == 1


def test_a_lone_surrogate_does_not_stop_a_page() -> None:
    view = msgspec.structs.replace(gallery.refusal(), message="half a letter: \ud83d")
    assert "half a letter: ?" in RENDERER.render("ui/error.html", view)


def test_wrong_answers_are_listed_and_lead_to_their_fields() -> None:
    fields = (
        Input(name="days", label="Days", value="x", help="A number.", error="Days must be a number."),
        Input(name="name", label="Name"),
    )
    form = Form(name="trait", action="/traits", sections=(Fieldset(fields=fields),), submit="Save")
    html = RENDERER.render("ui/sign_in.html", msgspec.structs.replace(gallery.sign_in(), form=form))
    assert form.errors == (("days", "Days must be a number."),)
    assert '<a href="#trait-days">Days must be a number.</a>' in html
    assert 'aria-describedby="trait-days-help trait-days-error" aria-invalid="true"' in html
    assert "One answer needs another look:" in html


def test_an_empty_table_says_what_to_do_next() -> None:
    view = gallery.gallery(RENDERER.words("en"))
    empty = Table(caption="People", columns=(Column(label="Name"),), rows=(), empty=view.nothing)
    html = RENDERER.render("gallery/gallery.html", msgspec.structs.replace(view, people=empty))
    assert html.count("How quarantine works") == 2
    filled = msgspec.structs.replace(empty, rows=(Row(cells=(Code(text="1001"),)),))
    html = RENDERER.render("gallery/gallery.html", msgspec.structs.replace(view, people=filled))
    assert html.count("How quarantine works") == 1


def test_made_up_data_carry_a_ribbon_and_real_data_do_not() -> None:
    page = gallery.page()
    view = msgspec.structs.replace(gallery.confirm(), page=page)
    assert "Simulated data." in RENDERER.render("ui/confirm.html", view)
    real = msgspec.structs.replace(view, page=msgspec.structs.replace(page, simulated=False))
    assert "Simulated data." not in RENDERER.render("ui/confirm.html", real)


def test_the_theme_of_the_reader_is_on_the_page_and_in_its_switch() -> None:
    html = RENDERER.render("ui/error.html", gallery.refusal(theme="dark"))
    assert 'data-theme="dark"' in html
    assert '<meta name="color-scheme" content="dark">' in html
    assert 'value="dark" aria-pressed="true"' in html
    assert 'value="light" aria-pressed="false"' in html


@pytest.mark.parametrize(
    ("name", "initials"), [("Fatima Aydin", "FA"), ("Gijs", "G"), ("  ", "?"), ("élif van Y", "ÉY")]
)
def test_initials_come_from_the_first_and_last_name(name: str, initials: str) -> None:
    assert User(name=name, email="", role="").initials == initials


def test_every_page_struct_of_the_frame_says_which_template_draws_it() -> None:
    for struct in (pages.SignIn, pages.Refusal, pages.Confirm):
        template = (struct.__doc__ or "").split("``")[1]
        assert (pages.TEMPLATES / template.removeprefix("ui/")).exists()
    assert Page.__struct_fields__[0] == "title"

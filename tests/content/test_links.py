"""Links of a finished mail: they change, and nothing else does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.content.links import add_utm, track_links, with_base
from beleef.content.markup import _without_actors, harmless, rewritten, tags
from beleef.content.plain import text_of

TRACKER = "https://mail.shop.example/c/"
PIECES = [
    '<a href="https://shop.example/a?x=1&amp;y=2#deel">',
    "<A HREF='http://shop.example/b' class=x>",
    "<a href=https://elsewhere.example/c>",
    '<a href="mailto:help@shop.example">',
    '<a href="tel:0201234567">',
    '<a href="#boven">',
    '<a name="https://shop.example/no">',
    '<a title="&lt;a href=&quot;https://no.example&quot;>" href="https://shop.example/d">',
    '<area href="https://shop.example/e" alt="">',
    '<a href="https://mail.shop.example/unsubscribe/t">',
    '<!--[if mso]><a href="https://shop.example/mso"><![endif]-->',
    "<!--[if !mso]><!-->",
    "<!--<![endif]-->",
    '<style>a[href="https://shop.example/css"]{color:red}</style>',
    "<script>var a = '<a href=\"https://shop.example/js\">';</script>",
    "</a>",
    "<p>",
    'tekst & <3 > "',
    "<",
    "<a",
    '<a href="',
    "</body></html>",
    "<br/>",
    "<td background=x>",
    "é€😀",
]


def tracked(html: str, pixel: str | None = None) -> str:
    return track_links(html, lambda address: TRACKER + re.sub(r"\W", "", address), pixel, untracked=[TRACKER])


def without_links(html: str) -> str:
    """Return HTML in which the addresses of all links are blanked, to compare what is around them."""
    return rewritten(html, lambda tag, one: "" if tag.name in {"a", "area"} and one.name == "href" else None)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a class=x HREF='https://a.nl/?b&amp;c' >x</a>", f'<a class=x HREF="{TRACKER}httpsanlbc" >x</a>'),
        ('<a href="mailto:a@b.nl">x</a>', '<a href="mailto:a@b.nl">x</a>'),
        ('<a href="/relative">x</a>', '<a href="/relative">x</a>'),
        ('<!-- <a href="https://a.nl"> -->', '<!-- <a href="https://a.nl"> -->'),
        ('<link href="https://a.nl">', '<link href="https://a.nl">'),
        (f'<a href="{TRACKER}x">x</a>', f'<a href="{TRACKER}x">x</a>'),
    ],
)
def test_only_web_links_lead_through_the_counter(html: str, expected: str) -> None:
    assert tracked(html) == expected


def test_links_to_unsubscribe_are_left_alone() -> None:
    html = '<a href="https://mail.shop.example/unsubscribe/t">x</a>'
    assert (
        track_links(html, lambda _: "https://bad", untracked=["https://mail.shop.example/unsubscribe/"])
        == html
    )


def test_the_address_survives_the_round_trip() -> None:
    seen: list[str] = []

    def see(address: str) -> str:
        seen.append(address)
        return address

    track_links('<a href="https://a.nl/?b=1&amp;c=%20&amp;amp;d#e">x</a>', see)
    assert seen == ["https://a.nl/?b=1&c=%20&amp;d#e"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join))
def test_tracking_twice_is_tracking_once_and_breaks_nothing(html: str) -> None:
    once = tracked(html, "https://mail.shop.example/o/1.gif")
    assert tracked(once, "https://mail.shop.example/o/1.gif") == once
    plain = tracked(html)
    assert without_links(plain) == without_links(html)
    assert [(tag.name, tag.closes) for tag in tags(plain)] == [(tag.name, tag.closes) for tag in tags(html)]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join))
def test_utm_twice_is_utm_once_and_breaks_nothing(html: str) -> None:
    def marked(text: str) -> str:
        return add_utm(text, campaign="lente & zo", source="beleef", medium="email", domains=["shop.example"])

    once = marked(html)
    assert marked(once) == once
    assert without_links(once) == without_links(html)
    assert "elsewhere.example/c?utm" not in once


def test_parameters_come_before_the_fragment_and_keep_what_is_there() -> None:
    html = '<a href="https://www.shop.example/x?a=%41&amp;utm_source=own#deel">x</a><a href="https://shop.example.evil.example">y</a>'
    shown = add_utm(html, campaign="c", source="s", medium="m", domains=["shop.example"])
    assert shown == (
        '<a href="https://www.shop.example/x?a=%41&amp;utm_source=own&amp;utm_campaign=c&amp;utm_medium=m#deel">x</a>'
        '<a href="https://shop.example.evil.example">y</a>'
    )
    assert "evil.example?utm_campaign=c" in add_utm(
        html, campaign="c", source="s", medium="m", everywhere=True
    )


def test_the_pixel_is_off_unless_it_is_asked_for() -> None:
    html = "<html><body><p>x</p></body></html>"
    assert tracked(html) == html
    assert tracked(html, "https://p/1.gif?a&b").count('src="https://p/1.gif?a&amp;b"') == 1
    assert tracked(html, "https://p/1.gif").endswith("</body></html>")


def test_own_pictures_get_the_address_of_the_installation() -> None:
    html = '<img src="/media/a.png"><td background="/media/b.png"><img src="/x.png"><img src="https://a/media/c.png">'
    assert with_base(html, "https://shop.example/") == (
        '<img src="https://shop.example/media/a.png"><td background="https://shop.example/media/b.png">'
        '<img src="/x.png"><img src="https://a/media/c.png">'
    )


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("a<script>x</script>b", "ab"),
        ("a<script>x", "a"),
        ('<p onclick="x()" class=y>', "<p  class=y>"),
        ('<a href=" java\tscript:x">', '<a href="#">'),
        ('<a href="data:text/html,x">', '<a href="#">'),
        ("<iframe src=x>y</iframe>z", "z"),
        ('<meta http-equiv="refresh" content="0">', ""),
        ("<style>@import url(//x);p{}</style>", "<style>p{}</style>"),
        ('<!--[if mso]><v:rect href="x"><![endif]--><p>', '<!--[if mso]><v:rect href="x"><![endif]--><p>'),
        ('<a href="https://a.nl">x</a>', '<a href="https://a.nl">x</a>'),
    ],
)
def test_what_could_act_on_a_reader_is_taken_out(html: str, left: str) -> None:
    assert harmless(html) == left
    assert harmless(left) == left


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join))
def test_no_script_is_left_in_any_html(html: str) -> None:
    left = harmless(f"{html}<script>x</script><p onclick=x>")
    assert not [tag for tag in tags(left) if tag.name == "script" or tag.get("onclick")]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join))
def test_the_short_way_through_a_harmless_mail_gives_what_the_long_way_gives(html: str) -> None:
    assert harmless(html) == _without_actors(html)


def test_a_long_hostile_text_is_read_in_one_pass() -> None:
    assert list(tags('<a "' * 50_000)) == []
    assert tracked("<" * 200_000) == "<" * 200_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>Lees <a href="https://a.nl">meer</a></p>', "Lees meer (https://a.nl)"),
        ('<a href="https://a.nl">https://a.nl</a>', "https://a.nl"),
        ('<a href="mailto:a@b.nl?subject=x">a@b.nl</a>', "a@b.nl"),
        ('<a href="mailto:a@b.nl">Mail ons</a>', "Mail ons (a@b.nl)"),
        ('<a href="https://a.nl"><img alt="Kijk"></a>', "Kijk (https://a.nl)"),
        ("<ol><li>een<li>twee</ol><ul><li>x</ul>", "1. een\n2. twee\n\n- x"),
        ('<div style="display:none">weg <br>weg</div>hier', "hier"),
        ("<style>p{}</style><title>t</title>a<br>b", "a\nb"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1  2\n\n3"),
        ("<p>een</p><p>twee &amp; drie</p>", "een\n\ntwee & drie"),
    ],
)
def test_the_text_part_says_what_the_html_says(html: str, text: str) -> None:
    assert text_of(html) == text

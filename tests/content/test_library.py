"""The library: versions that never change, files, feeds, pictures, and the blocks it begins with."""

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from beleef.content import api
from beleef.content.api import read_items, read_yaml, write_yaml
from beleef.content.files import check
from beleef.content.images import look
from beleef.content.model import Organisation, Stored
from beleef.kernel.clock import MINUTE
from beleef.kernel.errors import Conflict, InvalidInput, NotFound, TooLarge
from tests.cast import ANNA, GIJS, NOW
from tests.content.making import library, mail, section, sms, variables

EXAMPLE = Path(__file__).parents[2] / "examples" / "content.yaml"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000020000000308020000003683f0d10000000049454e44ae426082"
)


def test_publishing_makes_a_version_that_later_drafts_do_not_touch(database_address: str) -> None:
    with library(database_address) as (content, connection):
        content.save(connection, sms("een"), by=GIJS.name, new=True)
        assert content.message(connection, "kort").published is None
        with pytest.raises(NotFound, match="not published"):
            content.render(connection, "kort", person=variables())
        assert content.publish(connection, "message", "kort", by=GIJS.name, note="begin") == 1
        content.save(connection, sms("twee"), by=GIJS.name)
        assert content.message(connection, "kort").changed
        assert content.render(connection, "kort", person=variables()).parts["text"] == "een"
        assert content.publish(connection, "message", "kort", by=GIJS.name) == 2
        assert content.render(connection, "kort", person=variables()).parts["text"] == "twee"
        assert content.render(connection, "kort", 1, person=variables()).parts["text"] == "een"
        assert [(one.number, one.note) for one in content.versions(connection, "message", "kort")] == [
            (2, ""),
            (1, "begin"),
        ]


def test_an_old_version_becomes_the_draft_again_and_then_a_new_version(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        for text in ("een", "twee"):
            content.save(connection, sms(text), by=GIJS.name)
            content.publish(connection, "message", "kort", by=GIJS.name)
        content.restore(connection, "message", "kort", 1, by=GIJS.name)
        assert content.message(connection, "kort").draft == sms("een")
        assert content.render(connection, "kort", person=variables()).parts["text"] == "twee"
        assert content.publish(connection, "message", "kort", by=GIJS.name) == 3
        with pytest.raises(NotFound):
            content.restore(connection, "message", "kort", 9, by=GIJS.name)


def test_a_draft_equal_to_the_version_in_use_is_no_change(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        content.save(connection, sms("een"), by=GIJS.name)
        content.publish(connection, "message", "kort", by=GIJS.name)
        content.save(connection, sms("twee"), by=GIJS.name)
        content.save(connection, sms("een"), by=GIJS.name)
        assert not content.message(connection, "kort").changed


def test_what_is_deleted_stays_readable_by_its_number_and_numbers_are_never_used_twice(
    database_address: str,
) -> None:
    with library(database_address) as (content, connection):
        content.save(connection, sms("een"), by=GIJS.name)
        content.publish(connection, "message", "kort", by=GIJS.name)
        content.delete(connection, "message", "kort")
        assert content.render(connection, "kort", 1, person=variables()).parts["text"] == "een"
        with pytest.raises(NotFound):
            content.render(connection, "kort", person=variables())
        content.save(connection, sms("twee"), by=GIJS.name, new=True)
        assert content.publish(connection, "message", "kort", by=GIJS.name) == 2
        with pytest.raises(NotFound):
            content.delete(connection, "message", "gone")


def test_a_message_with_errors_cannot_be_published(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        content.save(connection, mail(section("{{ persoon.naam }}")), by=GIJS.name)
        with pytest.raises(InvalidInput, match="unknown_value") as refused:
            content.publish(connection, "message", "bericht", by=GIJS.name)
        assert refused.value.code == "findings"


def test_a_new_message_does_not_replace_one_of_its_name(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        content.save(connection, sms("een"), by=GIJS.name, new=True)
        with pytest.raises(Conflict):
            content.save(connection, sms("twee"), by=GIJS.name, new=True)


def test_a_changed_block_is_in_every_message_at_once(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        footer = content.block(connection, "footer").draft
        before = content.render(connection, "first-message", person=variables()).parts["body"]
        texts = {
            "nl": {"mail": footer.texts["nl"]["mail"].replace("Afmelden", "Stop ermee")},
            "en": footer.texts["en"],
        }
        content.save(connection, msgspec.structs.replace(footer, texts=texts), by=GIJS.name)
        assert content.render(connection, "first-message", person=variables()).parts["body"] == before
        content.publish(connection, "block", "footer", by=GIJS.name)
        assert "Stop ermee" in content.render(connection, "first-message", person=variables()).parts["body"]


def test_a_change_that_is_taken_back_leaves_nothing_behind(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        footer = content.block(connection, "footer").draft
        before = content.render(connection, "first-message", person=variables()).parts["body"]
        nested = connection.begin_nested()
        content.save(
            connection, msgspec.structs.replace(footer, texts={"nl": {"mail": section("Weg")}}), by=GIJS.name
        )
        content.publish(connection, "block", "footer", by=GIJS.name)
        assert "Weg" in content.render(connection, "first-message", person=variables()).parts["body"]
        nested.rollback()
        content.save(connection, sms("een"), by=GIJS.name)
        assert content.render(connection, "first-message", person=variables()).parts["body"] == before


def test_the_first_message_looks_good_at_once(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        stored: list[Stored[Any]] = [*content.blocks(connection), *content.messages(connection)]
        for one in stored:
            assert content.lint(connection, one.draft) == (), one.draft.name
            assert one.published == 1
        made = content.render(connection, "first-message", person=variables(first_name="Anna", language="en"))
        assert "Dear Anna," in made.parts["text"]
        assert "https://shop.example/unsubscribe/t1" in made.parts["body"]


def test_the_library_comes_once_and_what_was_deleted_stays_away(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        content.delete(connection, "message", "first-message")
        content.prepare(connection)
        assert content.messages(connection) == []


def test_what_the_organisation_says_of_itself_is_in_every_mail(database_address: str) -> None:
    with library(database_address) as (content, connection):
        content.shelf.save_organisation(
            connection,
            Organisation(
                name="Kersten", address="Dam 1, Amsterdam", email="info@kersten.example", colour="#7a1f1f"
            ),
        )
        body = content.render(connection, "first-message", person=variables()).parts["body"]
        assert "Kersten, Dam 1, Amsterdam" in body
        assert "#7a1f1f" in body
        assert content.organisation(connection).name == "Kersten"


def test_the_product_list_shows_what_was_bought(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        message = mail("{% render 'products', products: fact.products %}")
        products = [
            {"name": "Koffiemolen", "quantity": 2, "price": 27.45, "currency": "EUR"},
            {"product_id": "P-2"},
        ]
        made = content.render_draft(
            connection, message, person={**variables(), "fact": {"products": products}}
        )
        text = made.parts["text"].replace("\xa0", " ")
        assert "Koffiemolen  2 \N{MULTIPLICATION SIGN}  € 27,45" in text
        assert "P-2  1 \N{MULTIPLICATION SIGN}" in text
        assert made.missing == ()


# Feeds


def test_a_message_looks_things_up_in_a_feed(database_address: str) -> None:
    with library(database_address) as (content, connection):
        content.shelf.save_feed(
            connection, "products", "Producten", read_items(b"id;name\n1;Mok & bord\n2;Pan\n")
        )
        message = sms(
            "{{ items.products[fact.product_id].name }} {{ '2' | lookup: 'products' | map: 'name' }}"
        )
        made = content.render_draft(connection, message, person={"fact": {"product_id": 1}})
        assert made.parts["text"] == "Mok & bord Pan"
        unknown = content.render_draft(
            connection, message, person={"fact": {"product_id": "9"}}, marked=False
        )
        assert unknown.missing == ("items.products.9.name",)


def test_a_feed_of_a_hundred_thousand_rows_is_replaced_at_once(tmp_path: Path) -> None:
    rows = "\n".join(
        f"P-{number},Product {number},{number}.95,https://shop.example/{number}" for number in range(100_000)
    )
    body = f"sku,name,price,url\n{rows}\n".encode()
    with library(tmp_path) as (content, connection):
        begun = time.process_time()
        content.shelf.save_feed(connection, "products", "Producten", read_items(body))
        feed = content.shelf.save_feed(
            connection, "products", "", read_items(body.replace(b"Product ", b"Ding "))
        )
        assert time.process_time() - begun < 30
        assert (feed.rows, feed.key, feed.label) == (100_000, "sku", "Producten")
        begun = time.process_time()
        message = sms("{{ items.products[fact.sku].name }}")
        for number in range(0, 100_000, 500):
            made = content.render_draft(connection, message, person={"fact": {"sku": f"P-{number}"}})
            assert made.parts["text"] == f"Ding {number}"
        assert time.process_time() - begun < 4
        assert [one["sku"] for one in content.shelf.items(connection, feed, limit=2)] == ["P-0", "P-1"]


@pytest.mark.parametrize(
    ("body", "key", "said"),
    [
        (b"", "", "names of the fields"),
        (b"naam,prijs\nMok,3\n", "", "No field in it looks like a key"),
        (b"id,name\n1,Mok\n", "sku", "no field “sku”"),
        (b"id,name\n1,Mok\n,Pan\n", "", "Row 3 has no usable id"),
        (b"id,name\n", "", "no rows"),
        (b"id,id\n1,2\n", "", "each once"),
        (b'id,name\n1,"Mok', "", ""),
    ],
)
def test_a_file_that_is_no_feed_is_refused_with_its_row(body: bytes, key: str, said: str) -> None:
    if not said:
        assert read_items(body).items["1"]["name"] == "Mok"
        return
    with pytest.raises(InvalidInput, match=said):
        read_items(body, key=key)


def test_csv_is_read_as_shops_export_it() -> None:
    found = read_items('\ufeffProduct-ID;Naam;Prijs €\r\n1;Café;"1,95"\r\n\r\n'.encode(), key="product_id")
    assert found.items == {"1": {"Product_ID": "1", "Naam": "Café", "Prijs": "1,95"}}
    assert read_items("id\tnaam\n1\tCafé\n".encode("cp1252")).items["1"]["naam"] == "Café"


def test_json_is_read_as_a_list_or_with_its_key() -> None:
    assert read_items(b'[{"id": 1, "a": [1]}]', is_json=True).items == {"1": {"id": 1, "a": [1]}}
    assert read_items(b'{"key": "x", "rows": [{"x": "y"}]}', is_json=True).key == "x"
    for body in (b"{", b"[1]", b'{"rows": 1}'):
        with pytest.raises(InvalidInput):
            read_items(body, is_json=True)
    with pytest.raises(TooLarge):
        read_items(b"x" * 64_000_001)


def test_a_feed_is_deleted_with_its_items(database_address: str) -> None:
    with library(database_address) as (content, connection):
        feed = content.shelf.save_feed(connection, "products", "", read_items(b"id\n1\n"))
        content.shelf.delete_feed(connection, "products")
        assert content.shelf.feeds(connection) == []
        assert content.shelf.items(connection, feed) == []
        with pytest.raises(NotFound):
            content.shelf.delete_feed(connection, "products")
        with pytest.raises(InvalidInput):
            content.shelf.save_feed(connection, "Bad name", "", read_items(b"id\n1\n"))


# Pictures


def test_a_picture_is_kept_once_whatever_its_name(database_address: str) -> None:
    with library(database_address) as (content, connection):
        one = content.shelf.add_image(connection, PNG, name="a.png", alt="", by=GIJS.name)
        other = content.shelf.add_image(connection, PNG, name="b.exe", alt="Logo", by=GIJS.name)
        assert one.path == other.path
        assert (one.width, one.height, one.extension) == (2, 3, "png")
        kept, body = content.shelf.image(connection, one.digest)
        assert (kept.alt, body) == ("Logo", PNG)
        content.shelf.delete_image(connection, one.digest)
        with pytest.raises(NotFound):
            content.shelf.image(connection, one.digest)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (PNG, ("png", 2, 3)),
        (b"GIF89a\x05\x00\x06\x00" + bytes(20), ("gif", 5, 6)),
        (b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x07\x00\x09" + bytes(8), ("jpg", 9, 7)),
        (
            b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00"
            + bytes(4)
            + b"\x03\x00\x00\x04\x00\x00"
            + bytes(4),
            ("webp", 4, 5),
        ),
    ],
)
def test_a_picture_is_known_by_its_bytes(body: bytes, seen: tuple[str, int, int]) -> None:
    found = look(body)
    assert (found.extension, found.width, found.height) == seen


@pytest.mark.parametrize(
    "body", [b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n", PNG[:20], b"\xff\xd8\xff\xff", b"MZ" + PNG]
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        look(body)


def test_a_picture_of_many_bytes_is_refused() -> None:
    with pytest.raises(TooLarge):
        look(PNG + bytes(5_000_001))


def test_a_mail_that_is_sent_finds_its_pictures_and_a_preview_finds_them_here(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        image = content.shelf.add_image(connection, PNG, name="a.png", alt="Logo", by=GIJS.name)
        message = mail(
            section("Dag")
            + f'<mj-section><mj-column><mj-image src="{image.path}" alt="x" /></mj-column></mj-section>'
        )
        content.save(connection, message, by=GIJS.name)
        content.publish(connection, "message", "bericht", by=GIJS.name)
        sent = content.render(connection, "bericht", person=variables()).parts["body"]
        assert f'src="https://beleef.kersten.example{image.path}"' in sent
        assert (
            f'src="{image.path}"'
            in content.render_draft(connection, message, person=variables()).parts["body"]
        )


# Files


def test_what_is_exported_can_be_imported_and_changes_nothing(tmp_path: Path) -> None:
    with library(tmp_path) as (content, connection):
        messages = [one.draft for one in content.messages(connection)]
        blocks = [one.draft for one in content.blocks(connection)]
        given = read_yaml(write_yaml(messages, blocks))
        assert [*given.messages] == messages
        assert {one.what for one in content.changes(connection, given)} == {"same"}
        assert {one.what for one in content.apply(connection, given, by=GIJS.name)} == {"same"}
        assert content.message(connection, "first-message").latest == 1


def test_a_file_says_first_what_it_would_change(tmp_path: Path) -> None:
    moment = [NOW]
    with library(tmp_path, moment=moment) as (content, connection):
        given = read_yaml(write_yaml([sms("een")], []))
        assert [one.what for one in content.changes(connection, given)] == ["new"]
        assert content.messages(connection)[-1].draft.name == "first-message"
        moment[0] += MINUTE
        content.apply(connection, given, by=ANNA.name, publish=False)
        kept = content.message(connection, "kort")
        assert (kept.published, kept.changed_at, kept.changed_by) == (None, NOW + MINUTE, ANNA.name)
        assert [one.what for one in content.changes(connection, given)] == ["changed"]
        content.apply(connection, given, by=ANNA.name)
        assert content.message(connection, "kort").published == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "no YAML"),
        ("- 1", "no messages or blocks"),
        ("messages: 1", "no list"),
        ("messages: [{name: a}]", "message a"),
        (
            "messages: [{name: A b, label: x, channel: sms, purpose: service, texts: {}}]",
            "cannot be the name",
        ),
        (
            "messages: [{name: new, label: x, channel: sms, purpose: service, texts: {}}]",
            "cannot be the name",
        ),
        ("messages: [{name: a, label: '', channel: sms, purpose: service, texts: {}}]", "needs a label"),
        ("messages: [{name: a, label: x, channel: fax, purpose: service, texts: {}}]", "fax"),
        (
            "messages: [{name: a, label: x, channel: sms, purpose: service, texts: {de: {text: x}}}]",
            "language “de”",
        ),
        (
            "messages: [{name: a, label: x, channel: sms, purpose: service, texts: {nl: {body: x}}}]",
            "part “body”",
        ),
        ("blocks: [{name: a, label: x, texts: {}, colour: red}]", "colour"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_yaml(text)


def test_a_part_of_any_length_is_not_kept() -> None:
    with pytest.raises(InvalidInput, match="too long"):
        check(sms("x" * 400_001))


def test_the_example_file_is_the_library_that_everybody_begins_with() -> None:
    own = Path(api.__file__).parent / "library.yaml"
    assert yaml.safe_load(EXAMPLE.read_text()) == yaml.safe_load(own.read_text())

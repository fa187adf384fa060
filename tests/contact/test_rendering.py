"""A message of the library on its way: in the person's language, with signed links, tracked as the channel says, and seen again in a browser."""

import re
from typing import Any

import msgspec

from beleef.app import build_content, build_links, build_rendering
from beleef.contact.channels.port import ChannelSetup
from beleef.content.api import Message
from tests.cast import ANNA, BRAM
from tests.contact.listening import listening
from tests.contact.mail_server import mail_server
from tests.contact.making import Place, mail
from tests.contact.test_sender import close_channels, smtp

OFFER = Message(
    name="offer",
    label="Offer",
    channel="email",
    purpose="marketing",
    texts={
        "nl": {
            "subject": "Voor {{ person.name }}: {{ fact.product }}",
            "body": '<html><body><p><a href="https://shop.example/p/{{ fact.product }}">Kijk</a></p>'
            '<p><a href="{{ links.unsubscribe }}">Afmelden</a></p></body></html>',
        },
        "en": {
            "subject": "For {{ person.name }}: {{ fact.product }}",
            "body": '<html><body><p><a href="https://shop.example/p/{{ fact.product }}">Look</a></p>'
            '<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p></body></html>',
        },
    },
)


def _published(here: Place) -> None:
    content = build_content(here.stores)
    with here.database.write() as connection:
        content.save(connection, OFFER, by="Gijs")
        content.publish(connection, "message", "offer", by="Gijs")


def test_a_message_of_the_library_arrives_in_the_persons_language(embedded: Place) -> None:
    _published(embedded)
    (anna,) = embedded.meet(ANNA, language="en")
    (bram,) = embedded.meet(BRAM, language="nl")
    links = build_links(embedded.stores)
    with mail_server() as server:
        embedded.channel(smtp(server.port, track_opens=True, own_domains=["shop.example"]))
        variables = {"fact": {"product": "P-7"}}
        embedded.intend(
            *(
                mail(f"o{one}", one, parts=None, message="offer", campaign="spring", variables=variables)
                for one in (anna, bram)
            )
        )
        embedded.go()
        close_channels(embedded)
    subjects = {str(one.parsed["To"]): str(one.parsed["Subject"]) for one in server.taken}
    assert subjects == {
        ANNA.email: f"For {ANNA.name}: P-7",
        BRAM.email: f"Voor {BRAM.name}: P-7",
    }
    found = next(one for one in server.taken if one.parsed["To"] == ANNA.email).parsed.get_body(("html",))
    assert found is not None
    html = found.get_content()
    (token,) = re.findall(r'href="[^"]*/c/([^"]+)"', html)
    clicked = links.clicked(token)
    assert clicked.url.startswith("https://shop.example/p/P-7?")
    assert "utm_campaign=spring" in clicked.url
    assert clicked.contact == embedded.row(f"o{anna}").id
    (opened,) = re.findall(r'src="[^"]*/o/([^"]+)\.gif"', html)
    assert links.opened(opened) == clicked.contact
    (unsubscribe,) = re.findall(r'href="[^"]*/unsubscribe/([^"]+)"', html)
    assert links.unsubscribed(unsubscribe) == clicked.contact


def test_a_value_that_is_missing_fails_that_message_with_the_reason(embedded: Place) -> None:
    _published(embedded)
    (anna,) = embedded.meet(ANNA)
    embedded.intend(mail("m", anna, parts=None, message="offer"))
    embedded.go()
    row = embedded.row("m")
    assert (row.state, row.reason) == ("failed", "not_rendered")
    assert row.error.startswith("missing_value: ")


def test_text_that_comes_with_the_intent_is_never_taken_for_a_template(embedded: Place) -> None:
    (anna,) = embedded.meet(ANNA)
    embedded.intend(mail("m", anna, parts={"subject": "{{ person.email }}", "text": "{% if %}"}))
    embedded.go()
    (kept,) = embedded.kept()
    assert "{{ person.email }}" in str(kept["parts"])
    assert embedded.states("m") == ["sent"]


def test_the_text_of_a_step_is_filled_in_and_a_webhook_gets_it_with_what_led_to_it(embedded: Place) -> None:
    (anna,) = embedded.meet(ANNA)
    variables = {"fact": {"cart": 'C-"7"'}}
    how: dict[str, Any] = {"purpose": "transactional", "is_template": True, "variables": variables}
    text = "{{ person.name }} left {{ fact.cart }}."
    with listening() as there:
        setup = ChannelSetup(name="shop", kind="webhook", driver="http", settings={"url": there.address})
        embedded.channel(setup, {"signing_secret": "hush"})
        embedded.intend(
            mail("hook", anna, channel="webhook", parts={"text": text}, **how),
            mail("mail", anna, parts={"subject": "Left", "text": text}, **how),
            mail("none", anna, parts={"subject": "Left", "text": "{{ fact.nothing }}"}, **how),
        )
        embedded.go()
        close_channels(embedded)
        (received,) = there.received
    left = f'{ANNA.name} left C-"7".'
    assert msgspec.json.decode(received.body)["data"] == {"text": left, **variables}
    (kept,) = embedded.kept()
    assert msgspec.json.decode(kept["parts"]) == {"subject": "Left", "text": left}
    assert embedded.row("none").error.startswith("missing_value: ")


def test_a_message_for_another_channel_is_not_sent_over_this_one(embedded: Place) -> None:
    _published(embedded)
    (anna,) = embedded.meet(ANNA)
    embedded.intend(
        mail(
            "m",
            anna,
            channel="inbox",
            purpose="service",
            parts=None,
            message="offer",
            variables={"fact": {"product": "P"}},
        )
    )
    embedded.go()
    assert embedded.row("m").error.startswith("wrong_channel: ")


def test_a_message_seen_in_a_browser_tells_nobody(embedded: Place) -> None:
    _published(embedded)
    (anna,) = embedded.meet(ANNA)
    embedded.intend(mail("m", anna, parts=None, message="offer", variables={"fact": {"product": "P-7"}}))
    embedded.go()
    row = embedded.row("m")
    with embedded.database.read() as connection:
        person = embedded.contact.person_of(connection, row)
        assert person is not None
        _, parts = build_rendering(embedded.stores).view(connection, row, person, embedded.stores.now())
    assert 'href="https://shop.example/p/P-7"' in parts["body"]
    assert "/c/" not in parts["body"]

"""What single channels promise beyond what all do: the provider's words, signatures, browsers that are gone, letters that can be printed."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from beleef.contact.channels.letter import paper
from beleef.contact.channels.letter.model import Letter, LetterSettings, address_list
from beleef.contact.channels.places import postal
from beleef.contact.channels.port import ChannelSetup
from beleef.contact.channels.provider.channel import ProviderChannel
from beleef.contact.channels.provider.model import read_provider
from beleef.contact.channels.provider.reports import (
    Reported,
    Stopped,
    check_signature,
    read_reports,
)
from beleef.contact.channels.push import queries as browsers
from beleef.contact.channels.push.keys import decode, new_private_key, public_key
from beleef.contact.channels.push.model import SERVICES, is_allowed
from beleef.contact.channels.staff.channel import check_settings as check_staff
from beleef.kernel.errors import InvalidInput, NotSignedIn
from beleef.kernel.signing import sign
from beleef.store.records.database import Database
from tests.cast import NOW
from tests.contact.channel_benches import Bench, Browser, anna, message, profile
from tests.contact.listening import Answer, Listener, listening

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "channels"
SECRETS = {"user": "AC0", "password": "token", "token": "token", "report_secret": "token"}


def example(name: str, listener: Listener | None = None) -> dict[str, Any]:
    """Return the settings of an example, which speak to a listener instead of the provider."""
    settings: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    if listener is not None:
        settings["url"] = settings["url"].replace("https://api.twilio.com", listener.address)
    return settings


def twilio(listener: Listener) -> ProviderChannel:
    setup = ChannelSetup(name="sms", kind="sms", driver="http", settings=example("twilio-sms", listener))
    return ProviderChannel(
        setup, SECRETS, region="NL", report_url="https://cx.example/v1/channels/sms/reports"
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_of_a_provider_can_be_used(path: Path) -> None:
    assert read_provider(example(path.stem)).reports is not None


def test_twilio_gets_what_its_documentation_asks_for() -> None:
    with listening() as listener:
        listener.answers = [Answer(status=201, body=b'{"sid": "SM7", "status": "queued"}')]
        channel = twilio(listener)
        (sent,) = channel.send([message(1, "Tot morgen & groet")])
        channel.close()
    (request,) = listener.received
    assert (sent.outcome, sent.provider_id) == ("sent", "SM7")
    assert request.path == "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"AC0:token").decode()
    assert parse_qs(request.body.decode()) == {
        "To": ["+31612345678"],
        "From": ["+3197010200000"],
        "Body": ["Tot morgen & groet"],
        "StatusCallback": ["https://cx.example/v1/channels/sms/reports"],
    }


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (Answer(status=400, body=b'{"code": 21211}'), "refused", "21211"),
        (Answer(status=400, body=b'{"code": 20429}'), "retry", "20429"),
        (Answer(status=429, body=b"Too Many Requests"), "retry", "429"),
        (Answer(status=201, body=b'{"sid": "SM7", "status": "failed"}'), "refused", "201"),
        (Answer(status=502, body=b"<html>"), "uncertain", "502"),
    ],
)
def test_what_twilio_says_is_understood(answer: Answer, outcome: str, code: str) -> None:
    with listening() as listener:
        listener.answers = [answer]
        channel = twilio(listener)
        (sent,) = channel.send([message(1, "Hallo")])
        channel.close()
    assert (sent.outcome, sent.code) == (outcome, code)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://x/"}, "url"),
        ({"url": "https://{to}.example/"}, "url"),
        ({"body": {"to": "{to}"}}, "{text}"),
        ({"body": {"text": "{text} {secrets}"}}, "{secrets}"),
        ({"timeout_s": 600}, "timeout_s"),
        ({"metod": "POST"}, "metod"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said.replace("{", r"\{")):
        read_provider({"url": "https://sms.example/", "body": {"text": "{text}"}, **changes})


def _twilio_signature(url: str, fields: dict[str, str]) -> str:
    signed = url + "".join(name + value for name, value in sorted(fields.items()))
    return base64.b64encode(hmac.new(b"token", signed.encode(), hashlib.sha1).digest()).decode()


def test_a_report_is_read_only_with_the_right_signature() -> None:
    reports = read_provider(example("twilio-sms")).reports
    assert reports is not None
    url, body = "https://cx.example/v1/channels/sms/reports", b"MessageSid=SM7&MessageStatus=delivered"
    right = _twilio_signature(url, {"MessageSid": "SM7", "MessageStatus": "delivered"})
    check_signature(reports.signature, "token", url=url, headers={"X-Twilio-Signature": right}, body=body)
    for secret, headers, sent in (
        ("token", {}, body),
        ("other", {"X-Twilio-Signature": right}, body),
        ("", {"X-Twilio-Signature": right}, body),
        ("token", {"X-Twilio-Signature": right}, body + b"&x=1"),
    ):
        with pytest.raises(NotSignedIn):
            check_signature(reports.signature, secret, url=url, headers=headers, body=sent)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"MessageSid=SM7&MessageStatus=delivered", [Reported(provider_id="SM7", what="Delivered")]),
        (b"MessageSid=SM7&MessageStatus=READ", [Reported(provider_id="SM7", what="Opened")]),
        (b"MessageSid=SM7&MessageStatus=sent", []),
        (
            b"MessageSid=SM7&MessageStatus=undelivered&ErrorCode=30003",
            [Reported(provider_id="SM7", what="Bounced", code="30003", is_soft=True)],
        ),
        (
            b"MessageSid=SM7&MessageStatus=failed&ErrorCode=30005",
            [Reported(provider_id="SM7", what="Bounced", code="30005")],
        ),
        (b"\xff&;=", []),
    ],
)
def test_a_report_says_what_became_of_a_message(body: bytes, expected: list[Reported]) -> None:
    provider = read_provider(example("twilio-sms"))
    assert read_reports(provider, is_form=True, body=body) == (expected, [])


@pytest.mark.parametrize("answer", ["STOP", "stop!", "Afmelden."])
def test_somebody_who_answers_stop_is_heard(answer: str) -> None:
    provider = read_provider(example("twilio-whatsapp"))
    body = f"MessageSid=SM8&From=whatsapp%3A%2B31612345678&Body={answer}".encode()
    _, stopped = read_reports(provider, is_form=True, body=body)
    assert stopped == [Stopped(phone="+31612345678", answer_id="SM8")]


def test_the_signature_of_a_webhook_is_that_of_the_published_example() -> None:
    # Svix, "Verifying webhooks manually": secret, id, moment, body and signature as printed there.
    assert (
        sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_push_service_knows_the_sender_by_its_key(sqlite_database: Database) -> None:
    with listening() as listener:
        bench = Bench("push", sqlite_database, listener.address)
        bench.send((1, "Hallo"))
        bench.channel.close()
    (request,) = listener.received
    given = dict(
        part.strip().split("=", 1)
        for part in request.headers["authorization"].removeprefix("vapid ").split(",")
    )
    head, claims, signature = given["t"].split(".")
    said = msgspec.json.decode(decode(claims))
    assert (said["aud"], said["sub"]) == (listener.address, "mailto:cx@kersten.example")
    raw = decode(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(given["k"]))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert request.headers["ttl"] == "86400"


def test_the_public_key_is_one_that_browsers_take() -> None:
    key = decode(public_key(new_private_key()))
    assert (len(key), key[0]) == (65, 4)


def test_a_browser_that_is_gone_is_forgotten_and_the_other_one_gets_it(sqlite_database: Database) -> None:
    with listening() as listener:
        bench = Bench("push", sqlite_database, listener.address)
        other = Browser(listener.address)
        with sqlite_database.write() as connection:
            browsers.save(connection, other.subscription(subject=1))
        listener.answers = [Answer(status=410), Answer(status=201)]
        (sent,) = bench.send((1, "Hallo"))
        bench.channel.close()
    with sqlite_database.read() as connection:
        assert len(browsers.of(connection, [1, 2])) == 1
    assert sent.outcome == "sent"


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://web.push.apple.com/QAB", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com.evil.example/", False),
        ("https://user@fcm.googleapis.com/", False),
        ("https://fcm.googleapis.com:8443/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://push.apple.com/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_nobody_makes_beleef_call_another_host(endpoint: str, allowed: bool) -> None:
    assert is_allowed(endpoint, SERVICES) is allowed


def _letter(number: int, **changes: Any) -> Letter:
    given: dict[str, Any] = {
        "contact": number,
        "subject": 1,
        "channel": "letters",
        "at": NOW,
        "day": "2026-03-02",
        "campaign": "thanks",
        "language": "nl",
        "address": ("Anna de Vries", "Oudegracht 12", "3511 AB Utrecht"),
        "body": "Beste Anna,\n\nDank u — voor alles.\n\nKersten & Co",
        **changes,
    }
    return Letter(**given)


PAPER = LetterSettings(sender=("Kersten & Co", "Markt 1", "3511 AA Utrecht"), place="Utrecht")


def test_a_batch_has_a_page_per_letter_and_is_the_same_whenever_it_is_made() -> None:
    letters = [_letter(1), _letter(2, language="en")]
    first = paper.draw(letters, PAPER)
    assert first.startswith(b"%PDF-")
    assert first.count(b"/Type /Page\n") == 2
    assert paper.draw(letters, PAPER) == first


def test_a_letter_that_cannot_be_printed_is_refused_before_it_counts_as_sent(
    sqlite_database: Database,
) -> None:
    bench = Bench("letter", sqlite_database, "http://127.0.0.1")
    sent = bench.send((1, "Beste Łukasz"), (2, "Beste Anna"), (3, "x" * 30_000))
    assert [(one.outcome, one.code) for one in sent] == [
        ("refused", "unprintable"),
        ("sent", ""),
        ("refused", "too_long"),
    ]


def test_a_list_of_addresses_holds_no_formula() -> None:
    text = address_list([_letter(7, address=("=cmd|' /C calc'!A0", "Oudegracht 12", "3511 AB Utrecht"))])
    assert text.splitlines()[1] == "7,'=cmd|' /C calc'!A0,Oudegracht 12,3511 AB Utrecht,,,thanks,nl"


@pytest.mark.parametrize(
    ("traits", "lines"),
    [
        ({"address": {"street": "Markt 1", "postalCode": "3511 AA", "city": "Utrecht"}, "name": "Anna"}, ("Anna", "Markt 1", "3511 AA Utrecht")),
        ({"street": "Markt 1", "zip": "3511 AA", "city": "Utrecht", "firstName": "Anna", "lastName": "de Vries"}, ("Anna de Vries", "Markt 1", "3511 AA Utrecht")),
        ({"address": {"streetName": "Markt", "houseNumber": "1", "city": "Gent", "country": "België"}}, ("Markt 1", "Gent", "België")),
        ({"address": {"city": "Utrecht"}}, None),
        ({"address": "Markt 1, Utrecht"}, None),
    ],
)  # fmt: skip
def test_an_address_is_read_as_it_is_usually_written(
    traits: dict[str, Any], lines: tuple[str, ...] | None
) -> None:
    assert postal(profile(traits)) == lines


def test_an_address_of_staff_that_nobody_understands_is_not_repeated() -> None:
    with pytest.raises(InvalidInput, match="address 2") as caught:
        check_staff({}, {"addresses": "json://127.0.0.1/\nnonsense://secret-key"})
    assert "secret-key" not in caught.value.message + caught.value.hint


def test_calls_come_on_the_list_once(sqlite_database: Database) -> None:
    bench = Bench("call", sqlite_database, "http://127.0.0.1")
    bench.send((1, "Bel Anna"))
    bench.send((1, "Bel Anna"))
    with listening() as listener:
        assert [key for key, _ in bench.arrived(listener)] == ["welcome:1"]
    assert bench.channel.address(*anna()) == "+31612345678"

"""Reading what providers report: is it really theirs, what became of which message, and which customers answered “stop”.

Pure: no clock, no network, no store.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from beleef.contact.channels.provider.model import Provider, Reports, Signature, at_path, text_at
from beleef.kernel.errors import InvalidInput, NotSignedIn

_MOST_REPORTS = 10_000


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message: the provider's number of it, what, and the code of a failure."""

    provider_id: str
    what: Literal["Delivered", "Opened", "Bounced"]
    code: str = ""
    is_soft: bool = False


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's answer that means: no more. From which number, and the provider's number of the answer."""

    phone: str
    answer_id: str


def check_signature(
    signature: Signature, secret: str, *, url: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Return if a report was signed with the channel's secret.

    Args:
        signature: How reports are signed.
        secret: With what.
        url: The address it was sent to, as the provider knows it.
        headers: The request's headers.
        body: The body as it came.

    Raises:
        NotSignedIn: it has no signature, or a wrong one.
    """
    given = headers.get(signature.header, "").removeprefix(signature.prefix).strip()
    if signature.shape == "twilio":
        signed = url + "".join(name + value for name, value in sorted(_form(body)))
        raw = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
        encoding = "base64"
    else:
        raw = hmac.new(secret.encode(), body, signature.digest).digest()
        encoding = signature.encoding
    expected = base64.b64encode(raw).decode() if encoding == "base64" else raw.hex()
    given = given if encoding == "base64" else given.lower()
    if not secret or not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotSignedIn(
            "The report has no right signature.",
            hint="Fill in, with the channel, the secret that the provider signs with.",
            code="wrong_signature",
        )


def read_reports(provider: Provider, *, is_form: bool, body: bytes) -> tuple[list[Reported], list[Stopped]]:
    """Return what a body reports; states that mean nothing yet (queued, sent) are left out.

    Raises:
        InvalidInput: the body is neither a form nor JSON, or holds more than 10,000 reports.
    """
    rules = provider.reports
    if rules is None:
        return [], []
    items = _items(rules, is_form=is_form, body=body)
    reported = [one for item in items for one in _reported(rules, item)]
    stopped = [one for item in items for one in _stopped(rules, item)]
    return reported, stopped


def _items(rules: Reports, *, is_form: bool, body: bytes) -> Sequence[Any]:
    if is_form:
        return [dict(_form(body))]
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise InvalidInput("The report is no JSON.", hint="Send a form or JSON.") from error
    found = at_path(data, rules.items_path)
    items = found if isinstance(found, list) else [found]
    if len(items) > _MOST_REPORTS:
        raise InvalidInput("These are more than 10,000 reports.", hint="Send fewer at once.")
    return items


def _reported(rules: Reports, item: Any) -> Iterator[Reported]:
    number, state = text_at(item, rules.id_path), text_at(item, rules.state_path).casefold()
    if not number or not state:
        return
    code = text_at(item, rules.code_path)
    if state in _folded(rules.delivered):
        yield Reported(provider_id=number, what="Delivered")
    elif state in _folded(rules.read):
        yield Reported(provider_id=number, what="Opened")
    elif state in _folded(rules.failed):
        yield Reported(provider_id=number, what="Bounced", code=code, is_soft=code in rules.soft_codes)


def _stopped(rules: Reports, item: Any) -> Iterator[Stopped]:
    said = text_at(item, rules.text_path).strip(" .!").casefold()
    phone = text_at(item, rules.from_path).rpartition(":")[2]
    if phone and said in _folded(rules.stop_words):
        yield Stopped(phone=phone, answer_id=text_at(item, rules.id_path))


def _folded(words: tuple[str, ...]) -> set[str]:
    return {word.casefold() for word in words}


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)
    except ValueError as error:
        raise InvalidInput("The report has too many fields.", hint="Send fewer.") from error

"""A provider as data: the request that hands it a message, and how its answers and reports are read.

Places like ``{to}`` in texts are filled in with values and nothing is evaluated; to add a provider, copy ``examples/channels/twilio-sms.yaml``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import msgspec

from beleef.kernel.errors import InvalidInput

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_KNOWN_PLACES: Final = {
    "to", "digits", "text", "key", "token", "language", "purpose", "topic", "campaign", "report_url",
}  # fmt: skip
_LONGEST_DETAIL = 200


class Success(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When an answer means that the provider took the message.

    Attributes:
        statuses: HTTP statuses that do.
        path: Where in the JSON answer a word stands that says more; empty for none.
        not_in: Words there that mean that it did not.
    """

    statuses: tuple[int, ...] = (200, 201, 202)
    path: str = ""
    not_in: tuple[str, ...] = ()


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which refusals pass by themselves.

    Attributes:
        statuses: HTTP statuses after which the message was surely not taken and may be tried again.
        codes: The provider's own codes that mean the same, found at ``code_path``.
        repeats_recognised: Whether the provider lets a second message with the same key go (see ``headers``): only then a
            message whose answer never came is sent again.
    """

    statuses: tuple[int, ...] = (429, 503)
    codes: tuple[str, ...] = ()
    repeats_recognised: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the provider signs its reports, with the secret ``report_secret``.

    Attributes:
        shape: ``hmac``: HMAC of the body. ``twilio``: HMAC-SHA1 of the address and the sorted fields, as Twilio documents it.
        header: The header that holds it.
        prefix: What stands before it there.
        encoding: How its bytes are written.
        digest: Which hash, for ``hmac``.
    """

    shape: Literal["hmac", "twilio"] = "hmac"
    header: str = "X-Signature"
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    digest: Literal["sha256", "sha1"] = "sha256"


class Reports(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How delivery reports are read. A report is a form, a JSON object, or a JSON list of objects.

    Attributes:
        signature: How they are signed; one without a right signature is not read.
        items_path: Where the list stands in a JSON object; empty where the body is it.
        id_path: Where the provider's number of the message stands.
        state_path: Where the word stands that says what became of it.
        delivered: Words for: it arrived.
        read: Words for: it was opened.
        failed: Words for: it never will arrive.
        soft_codes: Codes at ``code_path`` of failures that say nothing bad about the number (switched off, no credit).
        code_path: Where the code of a failure stands.
        from_path: For answers of customers: where the customer's number stands.
        text_path: For answers of customers: where the text stands.
        stop_words: Answers, in any case, that mean: no more.
    """

    signature: Signature = Signature()
    items_path: str = ""
    id_path: str = ""
    state_path: str = ""
    delivered: tuple[str, ...] = ("delivered",)
    read: tuple[str, ...] = ("read",)
    failed: tuple[str, ...] = ("failed", "undelivered")
    soft_codes: tuple[str, ...] = ()
    code_path: str = ""
    from_path: str = ""
    text_path: str = ""
    stop_words: tuple[str, ...] = ("stop", "stopall", "unsubscribe", "end", "quit", "afmelden", "stoppen")


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a provider is spoken to.

    Attributes:
        url: Where messages are handed in; places in it are written percent-encoded.
        method: HTTP method.
        format: How ``body`` is written: a form, or JSON.
        body: The body; texts in it may hold places. With ``format`` ``form`` it is flat.
        headers: Further headers; may hold places.
        auth: How Beleef shows who it is: ``basic`` with the secrets ``user`` and ``password``, ``bearer`` with ``token``, or
            ``none`` (where a secret stands in ``headers`` or ``body`` as ``{secret_NAME}``).
        values: The installation's own values for places, e.g. the sender's number.
        success: When a message was taken.
        id_path: Where in the JSON answer the provider's number of the message stands.
        code_path: Where in the JSON answer the code of a refusal stands.
        retry: Which refusals pass.
        timeout_s: How long to wait for an answer, in seconds.
        reports: How delivery reports are read; None where there are none.
    """

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    format: Literal["form", "json"] = "json"
    body: dict[str, Any] = {}
    headers: dict[str, str] = {}
    auth: Literal["none", "basic", "bearer"] = "none"
    values: dict[str, str] = {}
    success: Success = Success()
    id_path: str = ""
    code_path: str = ""
    retry: Retry = Retry()
    timeout_s: float = 10.0
    reports: Reports | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What an HTTP answer says: the outcome as ``port.Sent`` has it, the provider's number, and what it said."""

    outcome: Literal["sent", "retry", "refused", "uncertain"]
    provider_id: str = ""
    code: str = ""
    detail: str = ""


def read_provider(settings: Mapping[str, Any]) -> Provider:
    """Return a provider from a channel's settings.

    Raises:
        InvalidInput: they cannot be; the message names the place.
    """
    try:
        provider = msgspec.convert(settings, Provider)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    parts = urlsplit(provider.url)
    if parts.scheme not in {"https", "http"} or not parts.netloc or _PLACE.search(parts.netloc):
        raise _invalid("`url` is a whole address that starts with https://.")
    if not 0.1 <= provider.timeout_s <= 60:
        raise _invalid("`timeout_s` is between 0.1 and 60 seconds.")
    if provider.format == "form" and any(isinstance(one, dict | list) for one in provider.body.values()):
        raise _invalid("A form has no lists or objects in `body`.")
    unknown = sorted(
        name
        for name in set(_places(provider.url, provider.body, provider.headers))
        if name not in _KNOWN_PLACES and name not in provider.values and not name.startswith("secret_")
    )
    if unknown:
        raise _invalid(f"Nothing is known by {{{unknown[0]}}}.")
    if not any(name == "text" for name in _places(provider.url, provider.body)):
        raise _invalid("The message itself, {text}, stands nowhere in `body`.")
    return provider


def needed_secrets(provider: Provider) -> tuple[str, ...]:
    """Return the names of the secrets that a provider needs."""
    needed = {"basic": ["user", "password"], "bearer": ["token"], "none": []}[provider.auth]
    named = {
        name[7:]
        for name in _places(provider.url, provider.body, provider.headers)
        if name.startswith("secret_")
    }
    return tuple(needed + sorted(named - set(needed)) + (["report_secret"] if provider.reports else []))


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return JSON data with the places in its texts filled in; its shape stays as it is, whatever the values hold."""
    if isinstance(template, str):
        return _PLACE.sub(lambda found: values.get(found[1], ""), template)
    if isinstance(template, dict):
        return {name: fill(one, values) for name, one in template.items()}
    if isinstance(template, list):
        return [fill(one, values) for one in template]
    return template


def fill_url(template: str, values: Mapping[str, str]) -> str:
    """Return an address with its places filled in, percent-encoded."""
    return _PLACE.sub(lambda found: quote(values.get(found[1], ""), safe=""), template)


def at_path(data: Any, path: str) -> Any:
    """Return what stands at a path like ``messages.0.id`` in JSON data, or None where nothing does."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def text_at(data: Any, path: str) -> str:
    """Return the text or number at a path as text; empty where there is none, or no path."""
    found = at_path(data, path) if path else None
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def read_answer(provider: Provider, status: int, data: Any) -> Answered:
    """Return what an HTTP answer says about the message.

    Args:
        provider: Whose answer.
        status: HTTP status.
        data: The JSON body; None where it was none.
    """
    code = text_at(data, provider.code_path) or str(status)
    word = text_at(data, provider.success.path)
    if status in provider.success.statuses and word not in provider.success.not_in:
        return Answered(outcome="sent", provider_id=text_at(data, provider.id_path))
    if status in provider.retry.statuses or code in provider.retry.codes:
        return Answered(outcome="retry", code=code, detail=f"HTTP {status}")
    if status >= 500:
        # It may have been taken before the other side fell over.
        outcome: Literal["retry", "uncertain"] = "retry" if provider.retry.repeats_recognised else "uncertain"
        return Answered(outcome=outcome, code=code, detail=f"HTTP {status}")
    said = f"HTTP {status}" + (f", {word}" if word else "")
    return Answered(outcome="refused", code=code, detail=said[:_LONGEST_DETAIL])


def _places(*templates: Any) -> Iterator[str]:
    for template in templates:
        if isinstance(template, str):
            yield from _PLACE.findall(template)
        elif isinstance(template, Mapping):
            yield from _places(*template.values())
        elif isinstance(template, list):
            yield from _places(*template)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(
        message, hint="Compare with examples/channels/twilio-sms.yaml.", code="invalid_channel"
    )

"""Values as people type them in a rule: numbers and words, lists parted by commas, days and moments of a zone.

What is written reads back as it was: a text that looks like a number, or holds a comma in a list, stands in quotation marks.
"""

import json
import re
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from beleef.kernel.clock import from_datetime, to_datetime

Scalar = str | int | float | bool

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,15})([.,]\d{1,10})?")
_DECODER: Final = json.JSONDecoder()


def read_scalar(text: str) -> Scalar:
    """Return a number, true or false where a text is one, or what stands in quotation marks; else the text.

    A decimal comma is read like a point, because that is how half of the readers write.
    """
    text = text.strip()
    if text in {"true", "false"}:
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", ".")) if "," in text or "." in text else int(text)
    quoted = _quoted(text, 0)
    return quoted[0] if quoted and quoted[1] == len(text) else text


def write_scalar(value: Scalar) -> str:
    """Return a value as ``read_scalar`` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    plain = read_scalar(value)
    return value if value and isinstance(plain, str) and plain == value else _in_quotes(value)


def read_list(text: str) -> list[Scalar]:
    """Return the values that stand parted by commas; a decimal comma needs a point or quotation marks here."""
    return [read_scalar(part) for part in _parts(text)]


def write_list(values: tuple[Scalar, ...]) -> str:
    """Return values as ``read_list`` reads them back."""

    def written(value: Scalar) -> str:
        text = write_scalar(value)
        if isinstance(value, str) and ("," in text or text != text.strip()) and not text.startswith('"'):
            return _in_quotes(value)
        return text

    return ", ".join(map(written, values))


def read_names(text: str) -> list[str]:
    """Return the names, of events for instance, that stand parted by commas."""
    names = []
    for part in _parts(text):
        quoted = _quoted(part, 0)
        names.append(quoted[0] if quoted and quoted[1] == len(part) else part)
    return names


def write_names(names: tuple[str, ...]) -> str:
    """Return names as ``read_names`` reads them back."""
    return ", ".join(
        _in_quotes(name) if "," in name or name.startswith('"') or name != name.strip() else name
        for name in names
    )


def write_moment(moment: int, zone: ZoneInfo) -> str:
    """Return a moment in microseconds as a day, or a day and time, of a zone, as a rule in a file reads it."""
    local = to_datetime(moment).astimezone(zone)
    naive = local.replace(tzinfo=None)
    if from_datetime(naive.replace(tzinfo=zone)) != moment:
        # The hour that comes twice when summer ends: only the distance from UTC tells which is meant.
        return local.isoformat(" ")
    return naive.date().isoformat() if naive.time() == time() else naive.isoformat(" ", _precision(naive))


def _precision(value: datetime) -> str:
    return "microseconds" if value.microsecond else "seconds" if value.second else "minutes"


def _parts(text: str) -> list[str]:
    """Return the parts between commas, where a comma within quotation marks parts nothing."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == '"' and not text[start:at].strip() and (quoted := _quoted(text, at)):
            at = quoted[1]
        elif text[at] == ",":
            parts.append(text[start:at])
            start = at = at + 1
        else:
            at += 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _quoted(text: str, at: int) -> tuple[str, int] | None:
    """Return the text in quotation marks that begins at a place, and where it ends."""
    if not text.startswith('"', at):
        return None
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError:
        return None
    return (value, end) if isinstance(value, str) else None


def _in_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

"""Writes the JSON of messages and bodies as SDKs do, by joining prepared pieces: a fresh encoding of each would cost most.

All texts that are put in come from the demo itself and hold nothing that JSON must escape.
"""

from collections.abc import Callable, Iterator

import numpy as np

from beleef.kernel.clock import DAY, SECOND, to_datetime

WEB_LIBRARY = '"library":{"name":"analytics.js","version":"npm:next-1.84.1"},"locale":"nl-NL","timezone":"Europe/Amsterdam"'
APP_LIBRARIES = (
    '"library":{"name":"analytics-kotlin","version":"1.19.2"},"locale":"nl-NL","os":{"name":"Android","version":"15"}',
    '"library":{"name":"analytics-swift","version":"1.7.3"},"locale":"nl-NL","os":{"name":"iOS","version":"18.1"}',
)
SERVER_LIBRARY = '"library":{"name":"analytics-python","version":"2.3.4"}'

_CLOCK = tuple(f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(86_400))
_MILLISECONDS = tuple(f".{millisecond:03d}Z" for millisecond in range(1_000))
_UUID_BLOCK = 1_024


def stamps() -> Callable[[int], str]:
    """Return a function that writes a moment in microseconds as ISO 8601 with milliseconds, and remembers days."""
    days: dict[int, str] = {}

    def stamp(moment: int) -> str:
        day, rest = divmod(moment, DAY)
        text = days.get(day)
        if text is None:
            days.clear()
            text = days[day] = to_datetime(moment).strftime("%Y-%m-%dT")
        second, rest = divmod(rest, SECOND)
        return text + _CLOCK[second] + _MILLISECONDS[rest // 1_000]

    return stamp


def uuids(draw: np.random.Generator) -> Iterator[str]:
    """Yield random UUIDs (version 4) without end."""
    while True:
        block = draw.bytes(16 * _UUID_BLOCK).hex()
        for start in range(0, 32 * _UUID_BLOCK, 32):
            h = block[start : start + 32]
            yield f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def external_id(kind: str, value: str) -> str:
    """Return ``,"externalIds":[…]`` for a message's context."""
    return f',"externalIds":[{{"id":"{value}","type":"{kind}","collection":"users","encoding":"none"}}]'


def campaign(name: str, source: str, medium: str) -> str:
    """Return ``,"campaign":{…}`` for a message's context."""
    return f',"campaign":{{"name":"{name}","source":"{source}","medium":"{medium}"}}'


def event(name: str, properties: str = "") -> str:
    """Return the beginning of a ``track`` message; ``properties`` is the inside of a JSON object."""
    return f'"type":"track","event":"{name}","properties":{{{properties}}}'

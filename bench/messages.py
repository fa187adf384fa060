"""Bodies as SDKs send them, for the rows that measure acceptance: one `track` each, and batches of a hundred."""

import uuid

from bench.load.client import request_bytes

BATCH = 100

_PAGE = '"page":{"path":"/p/coffee-250","referrer":"","search":"","title":"Coffee","url":"https://shop.example/p/coffee-250"}'
_LIBRARY = '"library":{"name":"analytics.js","version":"npm:next-1.84.1"},"locale":"nl-NL","timezone":"Europe/Amsterdam"'


def track(number: int, *, user: str, device: str = "", event: str = "Product Viewed") -> str:
    """Return the JSON of one message with a random message id, about 500 bytes; without a ``device`` it comes from a new one."""
    return (
        f'{{"type":"track","event":"{event}","properties":{{"product_id":"p-{number % 500}","name":"Coffee","price":12.5,'
        f'"currency":"EUR","category":"Coffee"}},"context":{{{_PAGE},{_LIBRARY}}},"messageId":"{uuid.uuid4()}",'
        f'"anonymousId":"{device or uuid.uuid4()}","userId":"{user}"}}'
    )


def singles(count: int, write_key: str) -> list[bytes]:
    """Return requests to ``/v1/track`` with one message each and the write key in the body."""
    return [
        request_bytes("POST", "/v1/track", _with_key(track(number, user=f"u-{number}"), write_key))
        for number in range(count)
    ]


def batches(count: int, write_key: str) -> list[bytes]:
    """Return requests to ``/v1/batch`` with a hundred messages each."""
    requests = []
    for number in range(count):
        messages = ",".join(track(place, user=f"u-{number}") for place in range(BATCH))
        body = f'{{"batch":[{messages}],"writeKey":"{write_key}"}}'
        requests.append(request_bytes("POST", "/v1/batch", body.encode()))
    return requests


def _with_key(message: str, write_key: str) -> bytes:
    return f'{message[:-1]},"writeKey":"{write_key}"}}'.encode()

"""The apps that Beleef's web process is held against, on the same server, the same loop and the same settings.

`python -m bench.baselines empty PORT` reads the body and says yes; `constant PORT FILE` is Litestar's route of a person with
the answer in that file.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, get

from beleef.collect.doors import Receive, Scope, Send
from beleef.profiles.people import PersonView
from beleef.serve import answer

_SUCCESS = b'{"success":true}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", b"16"),
    (b"access-control-allow-origin", b"*"),
]


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """Read one body, forget it, and answer as a door of collect does."""
    message = await receive()
    if message.get("more_body"):
        # Like Beleef it stops when all the bytes promised are here: the server says there may be more until it is asked again.
        missing = _length(scope) - len(message["body"])
        while missing > 0:
            missing -= len((await receive())["body"])
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _SUCCESS})


def _length(scope: Scope) -> int:
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


def constant(file: Path) -> Litestar:
    """Return an app with the route of a person, which always answers with the person in a file."""
    known = msgspec.json.decode(file.read_bytes(), type=PersonView)

    @get("/v1/people/{who:str}", sync_to_thread=False)
    def person(request: Request[Any, Any, Any], who: str) -> PersonView:  # noqa: ARG001 -- the same signature
        return known

    return Litestar(route_handlers=[person], openapi_config=None)


def main(name: str, port: int, *files: str) -> None:
    """Serve one of the apps until SIGTERM."""
    answer(empty if name == "empty" else constant(Path(files[0])), host="127.0.0.1", port=port)  # type: ignore[arg-type]  # because Litestar's own scope types are narrower than ASGI's


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

"""The files that browsers keep: style, scripts, icons and logo, each under an address that holds a hash of them all.

A changed file changes every address, so that a browser may keep each one for a year and still never shows an old one; one hash
for all lets scripts import each other, and styles point at pictures, by plain relative names.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from beleef.kernel.errors import NotFound

CACHE_CONTROL: Final = "public, max-age=31536000, immutable"
"""What to send with each file: its address changes when it does."""

OWN_FOLDER: Final = Path(__file__).parent / "static"

_CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class StaticFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file to serve.

    Attributes:
        body: Its bytes.
        content_type: For the header of that name.
        etag: Quoted strong validator.
    """

    body: bytes
    content_type: str
    etag: str


class StaticFiles(msgspec.Struct, frozen=True, kw_only=True):
    """All files by the path they are served at.

    Attributes:
        files: ``/static/{hash}/{name}`` to the file.
        prefix: ``/static/{hash}/``.
    """

    files: Mapping[str, StaticFile]
    prefix: str

    def url(self, name: str) -> str:
        """Return the path of the file ``name``.

        Raises:
            NotFound: There is no such file; a page that names it is wrong.
        """
        path = self.prefix + name
        if path not in self.files:
            raise NotFound(
                f"There is no static file {name}.", hint="Look in the folder ui/static for its name."
            )
        return path


def load(*folders: Path) -> StaticFiles:
    """Read the files of ``ui/static`` and of further ``folders``; a name that comes twice is taken from the later folder."""
    contents: dict[str, bytes] = {}
    for folder in (OWN_FOLDER, *folders):
        for path in sorted(folder.iterdir()):
            if path.suffix in _CONTENT_TYPES:
                contents[path.name] = path.read_bytes()
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{len(contents[name])}\0".encode() + contents[name])
    prefix = f"/static/{total.hexdigest()[:12]}/"
    return StaticFiles(
        prefix=prefix, files={prefix + name: _static_file(name, body) for name, body in contents.items()}
    )


def _static_file(name: str, body: bytes) -> StaticFile:
    etag = '"' + hashlib.sha256(body).hexdigest()[:20] + '"'
    return StaticFile(body=body, content_type=_CONTENT_TYPES[Path(name).suffix], etag=etag)

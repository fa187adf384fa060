"""Changes the links of a finished mail: through a counting address, and with campaign parameters.

Both leave every other letter of the mail as it is, and give the same mail again when they are applied twice.
"""

import html
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from beleef.content.markup import Attribute, Tag, rewritten, tags

_LINKS: Final = frozenset({"a", "area"})


def track_links(
    text: str,
    link: Callable[[str], str],
    pixel: str | None = None,
    *,
    untracked: Collection[str] = (),
) -> str:
    """Return HTML whose web links lead through another address.

    Left alone are ``mailto:``, ``tel:``, anchors, relative links and those that begin with an address in ``untracked``.

    Args:
        text: HTML.
        link: Gives the new address for an address; the same address leaves the link as it is.
        pixel: Address of a picture of one pixel that counts openings; None (the default of privacy) for none.
        untracked: Beginnings of addresses to leave alone: of unsubscribing, and of counting itself.
    """
    kept = tuple(untracked)

    def change(tag: Tag, attribute: Attribute) -> str | None:
        if tag.name not in _LINKS or attribute.name != "href" or attribute is not tag.get("href"):
            return None
        address = attribute.value.strip()
        if not is_web(address) or (kept and address.startswith(kept)):
            return None
        return link(address)

    changed = rewritten(text, change)
    return changed if pixel is None else _with_pixel(changed, pixel)


def add_utm(
    text: str,
    *,
    campaign: str,
    source: str,
    medium: str,
    content: str = "",
    domains: Collection[str] = (),
    everywhere: bool = False,
) -> str:
    """Return HTML whose links carry campaign parameters; a parameter that a link has already stays as it is.

    Args:
        text: HTML.
        campaign: For ``utm_campaign``.
        source: For ``utm_source``.
        medium: For ``utm_medium``.
        content: For ``utm_content``; empty for none.
        domains: The organisation's own domains; their subdomains count too.
        everywhere: Whether links to other domains get them as well.
    """
    given = {"utm_campaign": campaign, "utm_source": source, "utm_medium": medium, "utm_content": content}
    own = tuple(domain.lower().lstrip(".") for domain in domains)

    def change(tag: Tag, attribute: Attribute) -> str | None:
        if tag.name not in _LINKS or attribute.name != "href" or attribute is not tag.get("href"):
            return None
        address = attribute.value.strip()
        if not is_web(address) or not (everywhere or _is_on(address, own)):
            return None
        return _with_parameters(address, given)

    return rewritten(text, change)


def is_web(address: str) -> bool:
    """Return whether an address leads to a page on the web."""
    return address[:8].lower().startswith(("http://", "https://"))


def host_of(address: str) -> str | None:
    """Return the host of an address in small letters; None where it cannot be read or has none."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _is_on(address: str, domains: tuple[str, ...]) -> bool:
    host = host_of(address)
    return host is not None and any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _with_parameters(address: str, given: dict[str, str]) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = [
        f"{name}={quote(value, safe='')}" for name, value in given.items() if value and name not in present
    ]
    if not added:
        return None
    return urlunsplit(parts._replace(query="&".join([parts.query, *added] if parts.query else added)))


def _with_pixel(text: str, pixel: str) -> str:
    ends = [tag.start for tag in tags(text) if tag.name == "body" and tag.closes]
    drawn = f'<img src="{html.escape(pixel)}" width="1" height="1" alt="" style="display:block;border:0">'
    if drawn in text:
        return text
    place = ends[-1] if ends else len(text)
    return text[:place] + drawn + text[place:]


def with_base(text: str, base: str) -> str:
    """Return HTML whose pictures from here, ``/media/…``, have the full address that a mail program needs.

    Args:
        text: HTML.
        base: Address of the installation, e.g. ``https://beleef.example``.
    """
    root = base.rstrip("/")

    def change(_: Tag, attribute: Attribute) -> str | None:
        own = attribute.name in {"src", "href", "background"} and attribute.value.startswith("/media/")
        return root + attribute.value if own else None

    return rewritten(text, change)

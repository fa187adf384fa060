"""Parts of plain data, taken out one by one: each refusal says where the faulty part stands and what belongs there."""

from collections.abc import Mapping
from typing import Any

from beleef.campaigns.terms import wrong

Data = Mapping[str, Any]


def mapping(given: object, path: str, keys: set[str] | None = None) -> dict[str, Any]:
    """Return a mapping with texts as keys, and with no others than ``keys`` where these are given.

    Raises:
        InvalidInput: it is none, or has others.
    """
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        allowed = f" with {', '.join(sorted(keys))}" if keys else ""
        raise wrong(path, "It is missing or no mapping.", f"Write names and values{allowed}.")
    unknown = sorted(set(given) - keys) if keys else []
    if unknown and keys:
        raise wrong(path, f"{unknown[0]!r} means nothing here.", f"Choose from {', '.join(sorted(keys))}.")
    return given


def one_of(data: Data, kinds: set[str], path: str) -> str:
    """Return the one of some keys that is there.

    Raises:
        InvalidInput: none is, or more than one.
    """
    found = sorted(kinds & data.keys())
    if len(found) != 1:
        said = f"It says {' and '.join(found)}." if found else "It does not say what it is."
        raise wrong(path, said, f"Give exactly one of {', '.join(sorted(kinds))}.")
    return found[0]


def each(data: Data, key: str, path: str) -> list[tuple[object, str]]:
    """Return the parts of a list, each with its path; none where there is no list.

    Raises:
        InvalidInput: it is something else.
    """
    given = data.get(key)
    if given is None:
        return []
    if not isinstance(given, list):
        raise wrong(path, "It is no list.", "Begin each part with a dash.")
    return [(one, f"{path}.{index}") for index, one in enumerate(given)]


def text(data: Data, key: str, path: str) -> str:
    """Return a text; empty where there is none.

    Raises:
        InvalidInput: it is something else, or too long.
    """
    given = data.get(key)
    if given is not None and (not isinstance(given, str) or len(given) > 10_000):
        raise wrong(
            f"{path}.{key}",
            f"{given!r} is no text.",
            "Write a text, in quotation marks where it looks like a number.",
        )
    return given or ""


def needed(data: Data, key: str, path: str) -> str:
    """Return a text that has to be there.

    Raises:
        InvalidInput: it is missing.
    """
    found = text(data, key, path)
    if not found:
        raise wrong(path, f"`{key}` is missing.", f"Fill in `{key}`.")
    return found


def texts(data: Data, key: str, path: str) -> tuple[str, ...]:
    """Return a list of texts; one alone is a list too.

    Raises:
        InvalidInput: it is something else.
    """
    given = data.get(key)
    listed = [given] if isinstance(given, str) else given or []
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise wrong(f"{path}.{key}", f"{given!r} is no list of texts.", "Begin each part with a dash.")
    return tuple(listed)


def choice(data: Data, key: str, path: str, allowed: tuple[str, ...], default: str) -> str:
    """Return one of some words.

    Raises:
        InvalidInput: it is another.
    """
    found = data.get(key, default)
    if found not in allowed:
        raise wrong(f"{path}.{key}", f"{found!r} means nothing here.", f"Choose from {', '.join(allowed)}.")
    return str(found)


def number(data: Data, key: str, path: str, default: float, least: float, most: float) -> float:
    """Return a number between two bounds, both included.

    Raises:
        InvalidInput: it is none, or outside.
    """
    found = data.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise wrong(
            f"{path}.{key}",
            f"{found!r} is no number that fits.",
            f"Give a number from {least:g} to {most:g}.",
        )
    return found

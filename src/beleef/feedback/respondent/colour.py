"""The organisation's colour on its customers' pages: made darker or lighter until text in it, and on it, can be read.

Contrast is the ratio of relative luminances of WCAG 2.2 (definitions "contrast ratio" and "relative luminance"); 1.4.3 asks 4.5 of text.
"""

import re
from typing import Final

import msgspec

_LEAST: Final = 4.5
_STEPS: Final = 100
_SHAPE: Final = re.compile(r"[0-9a-f]{6}")
_PLAIN: Final = "1d4fb8"
"""Where the organisation's own cannot be read as a colour."""

Channels = tuple[float, float, float]
"""Red, green and blue, each from 0 to 255."""

_WHITE: Final[Channels] = (255.0, 255.0, 255.0)
_BLACK: Final[Channels] = (0.0, 0.0, 0.0)
_LIGHT_GROUNDS: Final = ("faf8f5", "ffffff", "f3f0eb")
_DARK_GROUNDS: Final = ("151412", "1d1b19", "121110", "282522")
"""What the style sheet paints behind text: ground, surface, sunken, and raised in the dark."""


class Shades(msgspec.Struct, frozen=True, kw_only=True):
    """A colour as one theme uses it, each ``#rrggbb``: for text and buttons, when pointed at, as a soft ground, and what is written on it."""

    accent: str
    strong: str
    soft: str
    on: str


def read_colour(text: str) -> str:
    """Return a colour's six digits in small letters; Beleef's own where the text is no ``#rrggbb``."""
    digits = text.strip().lower().removeprefix("#")
    return digits if _SHAPE.fullmatch(digits) else _PLAIN


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours of six digits, from 1 to 21."""
    light, dark = sorted((_luminance(_read(one)), _luminance(_read(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def light_shades(digits: str) -> Shades:
    """Return a colour for the light theme: darkened until it reads on every light ground, its own soft one included."""
    return _shades(digits, towards=_BLACK, grounds=_LIGHT_GROUNDS, softly=(_WHITE, 0.1), on="ffffff")


def dark_shades(digits: str) -> Shades:
    """Return a colour for the dark theme: lightened until it reads on every dark ground, its own soft one included."""
    base = _read(_DARK_GROUNDS[1])
    return _shades(digits, towards=_WHITE, grounds=_DARK_GROUNDS, softly=(base, 0.16), on="121110")


def style_sheet(digits: str) -> str:
    """Return the style sheet that gives a page this colour, in both themes."""
    light, dark = light_shades(digits), dark_shades(digits)
    pairs = {
        "accent": (light.accent, dark.accent),
        "accent-strong": (light.strong, dark.strong),
        "accent-soft": (light.soft, dark.soft),
        "on-accent": (light.on, dark.on),
    }
    lines = (f"  --{name}: light-dark({one}, {other});\n" for name, (one, other) in pairs.items())
    return ":root {\n" + "".join(lines) + "}\n"


def _shades(
    digits: str, *, towards: Channels, grounds: tuple[str, ...], softly: tuple[Channels, float], on: str
) -> Shades:
    wanted, (base, share) = _read(digits), softly
    soft = _write(_mixed(base, wanted, share))
    tried = (_write(_mixed(wanted, towards, step / _STEPS)) for step in range(_STEPS + 1))
    accent = next(
        one for one in tried if all(contrast(one, ground) >= _LEAST for ground in (*grounds, soft, on))
    )
    strong = _write(_mixed(_read(accent), towards, 0.25))
    return Shades(accent=f"#{accent}", strong=f"#{strong}", soft=f"#{soft}", on=f"#{on}")


def _mixed(one: Channels, other: Channels, share: float) -> Channels:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def _read(digits: str) -> Channels:
    red, green, blue = (float(int(digits[place : place + 2], 16)) for place in (0, 2, 4))
    return red, green, blue


def _write(colour: Channels) -> str:
    return "".join(f"{round(one):02x}" for one in colour)


def _luminance(colour: Channels) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (one / 255 for one in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

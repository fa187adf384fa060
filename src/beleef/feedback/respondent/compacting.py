"""Makes the widget's script small for the wire: without comments and without blanks that mean nothing. What stands in quotes stays."""

import re
from typing import Final

_PIECES: Final = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`]*`|//[^\n]*|/\*.*?\*/', re.DOTALL)
_BLANKS: Final = re.compile(r"[ \t]*([{}()\[\];,=<>?:&|*!+-])[ \t]*")
_STYLE_BLANKS: Final = re.compile(r"\s*([{};,])\s*")


def compacted(script: str) -> str:
    """Return a script that does the same in fewer bytes. Line ends stay, as some of them end statements.

    Args:
        script: JavaScript without regular expressions between slashes, and with nothing but style between backticks.
    """
    made, end = [], 0
    for found in _PIECES.finditer(script):
        made += [_code(script[end : found.start()]), _quoted(found[0])]
        end = found.end()
    made.append(_code(script[end:]))
    return "\n".join(line for line in map(str.strip, "".join(made).splitlines()) if line)


def _code(text: str) -> str:
    return _BLANKS.sub(r"\1", text)


def _quoted(text: str) -> str:
    if text.startswith(("//", "/*")):
        return ""
    if text.startswith("`"):
        return _STYLE_BLANKS.sub(r"\1", re.sub(r"\s+", " ", text)).replace(": ", ":")
    return text

"""Places in JSON, as the engines write them."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


@ibis.udf.scalar.builtin(name="json_array_length", signature=(("string",), "int64"))  # type: ignore[untyped-decorator]
def length_of(json: str) -> int:  # type: ignore[empty-body]  # the same on every engine
    """Return how many items a list in JSON has."""


def joined(path: Sequence[str | int | ir.IntegerValue], before: str, behind: str) -> ir.StringValue:
    """Return a path from ``$`` on, each key between two texts, each place in a list between square brackets."""
    parts: list[str | ir.StringValue] = ["$"]
    for step in path:
        if isinstance(step, str):
            parts.append(f"{before}{step}{behind}")
        elif isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts += ["[", step.cast("string"), "]"]
    whole: ir.StringValue = ibis.literal("")
    if all(isinstance(part, str) for part in parts):
        # An engine plans a path that it knows beforehand once.
        return ibis.literal("".join(part for part in parts if isinstance(part, str)))
    for part in parts:
        whole += ibis.literal(part) if isinstance(part, str) else part
    return whole

"""Reads templates without filling them in: which values they use, and which of these a person may lack."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from liquid import BoundTemplate, RenderContext
from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.case_tag import MultiExpressionBlockNode
from liquid.builtin.tags.echo_tag import EchoNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from beleef.content.templating import refusal

_OPTIONAL: Final = frozenset({"person", "account", "fact", "items"})
"""Roots whose values one person has and another lacks."""
_DEEPEST: Final = 12


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """What a template uses, blocks included.

    Attributes:
        paths: Every path to a value that it does not make itself, as its parts; a part that is a path itself is None.
        unguarded: Paths of values that are written out without ``default`` and outside an ``if`` that asks for them.
    """

    paths: frozenset[tuple[str | int | None, ...]]
    unguarded: frozenset[str]


def uses(template: BoundTemplate) -> Uses:
    """Return what a template uses.

    Raises:
        InvalidInput: a block that it puts in is not there, or is broken; code ``template_error``.
    """
    try:
        found = template.analyze().globals
        unguarded = frozenset(_unguarded(template.nodes, RenderContext(template), frozenset(), 0))
    except LiquidError as error:
        raise refusal(error) from error
    paths = {
        tuple(None if isinstance(part, list) else part for part in variable.segments)
        for variables in found.values()
        for variable in variables
    }
    return Uses(paths=frozenset(paths), unguarded=unguarded)


def _unguarded(
    nodes: Iterable[Node], context: RenderContext, guarded: frozenset[str], depth: int
) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    for node in nodes:
        if isinstance(node, OutputNode | EchoNode):
            yield from _lacking(node.expression, guarded)
        asked = guarded | _asked(node)
        children: Any = node.children(context, include_partials=True)
        yield from _unguarded(children, context, asked, depth + 1)


def _lacking(expression: Expression, guarded: frozenset[str]) -> Iterator[str]:
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return
    path = expression.left
    filters = {one.name for one in expression.filters or ()}
    if path.path[0] in _OPTIONAL and "default" not in filters and str(path) not in guarded:
        yield str(path)


def _asked(node: Node) -> set[str]:
    """Return the paths that a node asks for before it shows what is in it.

    What stands after ``else`` is let through as well: who wrote a condition has thought of the value.
    """
    if not isinstance(node, IfNode | UnlessNode | ConditionalBlockNode | MultiExpressionBlockNode):
        return set()
    return {str(path) for expression in node.expressions() for path in _paths(expression)}


def _paths(expression: Expression) -> Iterator[Path]:
    if isinstance(expression, Path):
        yield expression
    for child in expression.children():
        yield from _paths(child)

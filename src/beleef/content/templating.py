"""Liquid as messages use it: values are escaped in HTML, missing values are noted, and no template can run for long.

Only texts that staff wrote are ever read as templates; what customers send is a value, and stays one.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

import msgspec
from liquid import BoundTemplate, DictLoader, Environment, RenderContext, Token
from liquid.exceptions import (
    LiquidError,
    LiquidInterrupt,
    ResourceLimitError,
    TemplateNotFoundError,
)
from liquid.undefined import Undefined

from beleef.content.filters import FILTERS
from beleef.kernel.errors import InvalidInput

MOST_STEPS: Final = 200_000
"""Values read, loops gone round and blocks put in, of one part together; a long newsletter takes a few thousand."""
MOST_OUTPUT: Final = 1_000_000
"""Bytes that one part may become."""
_MOST_ITERATIONS: Final = 10_000
_MOST_NAMESPACE: Final = 400_000
_MOST_IN_FILTER: Final = 300_000
_MOST_BLOCKS: Final = 500
_BLOCK_STEPS: Final = MOST_STEPS // _MOST_BLOCKS
_TEMPLATES_KEPT: Final = 500

MARK_START: Final = "\ue000"
MARK_END: Final = "\ue001"
"""Around a missing value's path in a preview; letters that no text contains, since Unicode gives them no meaning."""

_ABSENT: Final = object()


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What a template became: its text, and the paths of values that were needed and not there."""

    text: str
    missing: frozenset[str]


class Templates:
    """Reads and fills in templates of one language, for HTML or for plain text.

    Args:
        blocks: What ``{% render 'name' %}`` puts in, by name.
        escaped: Whether values are escaped for HTML.
        filters: Filters beside Liquid's own, by name.
    """

    def __init__(
        self,
        blocks: Mapping[str, str],
        *,
        escaped: bool,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._environment = _Liquid(loader=DictLoader(dict(blocks)), autoescape=escaped)
        self._environment.equip({**FILTERS, **(filters or {})})
        self._blocks: dict[str, BoundTemplate] = {}
        self._environment.kept = self._blocks
        self._read: OrderedDict[str, BoundTemplate] = OrderedDict()

    def read(self, source: str) -> BoundTemplate:
        """Return a template, kept for the next time.

        Raises:
            InvalidInput: it is no Liquid; code ``template_error``, the message names the line.
        """
        known = self._read.get(source)
        if known is None:
            try:
                known = self._environment.from_string(source)
            except LiquidError as error:
                raise refusal(error) from error
            while len(self._read) >= _TEMPLATES_KEPT:
                self._read.popitem(last=False)
            self._read[source] = known
        return known

    def fill(self, source: str, variables: Mapping[str, Any], *, marked: bool = False) -> Filled:
        """Return a template filled in.

        Args:
            source: The template.
            variables: What it may use.
            marked: Whether a missing value is written as its path between ``MARK_START`` and ``MARK_END``, not as nothing.

        Raises:
            InvalidInput: it is no Liquid, or takes too long; code ``template_error``.
        """
        template = self.read(source)
        context = _Context(template, globals=template.make_globals(dict(variables)))
        context.notes.marked = marked
        buffer = context.get_buffer()
        try:
            template.render_with_context(context, buffer)
        except LiquidError as error:
            raise refusal(error) from error
        except (
            LiquidInterrupt,
            ArithmeticError,
            ValueError,
            TypeError,
            AttributeError,
            LookupError,
        ) as error:
            # Odd arguments make some of Liquid's own filters fail in other ways than with an error of Liquid's.
            raise InvalidInput(
                f"The template cannot be filled in: {error}.",
                hint="Look at the filters it uses, and at what they are given.",
                code="template_error",
            ) from error
        return Filled(text=buffer.getvalue(), missing=frozenset(context.notes.missing))


def refusal(error: LiquidError) -> InvalidInput:
    """Return what Liquid refused in words for whoever wrote the template."""
    place = error.context() if error.token is not None else None
    where = f"Line {place[0]}: " if place else ""
    if isinstance(error, ResourceLimitError):
        return InvalidInput(
            f"{where}The template takes too long or becomes too large ({error.message}).",
            hint="Shorten its loops, or put less in.",
            code="template_error",
        )
    if isinstance(error, TemplateNotFoundError):
        return InvalidInput(
            f"{where}There is no block {error.message}.",
            hint="Publish the block first, or correct its name.",
            code="template_error",
        )
    hint = place[3].strip()[:200] if place else ""
    return InvalidInput(f"{where}{error.message}.", hint=hint, code="template_error")


class _Notes:
    """What happens during one filling-in, shared by a template and the blocks in it."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.marked = False
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise ResourceLimitError("too many steps", token=None)


class Missing(Undefined):
    """A value that is not there: nothing in conditions and loops, the ``default`` where there is one, else noted."""

    __slots__ = ("_notes", "path")

    def __init__(self, path: str, notes: _Notes, token: Token | None) -> None:
        super().__init__(path, token=token)
        self.path = path
        self._notes = notes

    def __str__(self) -> str:
        self._notes.missing.add(self.path)
        return f"{MARK_START}{self.path}{MARK_END}" if self._notes.marked else ""

    def __int__(self) -> int:
        self._notes.missing.add(self.path)
        return 0

    def __hash__(self) -> int:
        return hash(self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Undefined) or other is None or other == ""


class _Context(RenderContext):
    def __init__(
        self, template: BoundTemplate, *, parent_context: RenderContext | None = None, **given: Any
    ) -> None:
        super().__init__(template, parent_context=parent_context, **given)
        self.notes: _Notes = parent_context.notes if isinstance(parent_context, _Context) else _Notes()

    def get(self, path: list[object], *, token: Token | None, default: object = _ABSENT) -> object:
        self.notes.spend()
        value = super().get(path, token=token, default=_ABSENT)
        # A blank value is as good as none: "Dear ," is as wrong as a missing name. What the template made itself may be blank.
        blank = isinstance(value, str) and not value.strip() and path[0] not in self.locals
        if value is not _ABSENT and value is not None and not blank:
            return value
        return Missing(_written(path), self.notes, token) if default is _ABSENT else default

    def copy(self, *given: Any, **named: Any) -> RenderContext:
        # Blocks that put each other in would multiply: each costs its share of all steps.
        self.notes.spend(_BLOCK_STEPS)
        return super().copy(*given, **named)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.notes.spend(length)
        super().raise_for_loop_limit(length)


class _Template(BoundTemplate):
    context_class = _Context


class _Liquid(Environment):
    template_class = _Template
    loop_iteration_limit = _MOST_ITERATIONS
    local_namespace_limit = _MOST_NAMESPACE
    output_stream_limit = MOST_OUTPUT
    context_depth_limit = 12
    kept: dict[str, BoundTemplate]

    def equip(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Put in the filters of messages, all of them bounded, and take away what would undo escaping."""
        # `include` can reach the variables around it and takes names made of values; `render` does neither.
        del self.tags["include"]
        for name in ("safe", "escapejs", "base64_decode", "base64_url_safe_decode", "url_decode"):
            del self.filters[name]
        self.filters.update(filters)
        self.filters = {name: _bounded(given) for name, given in self.filters.items()}

    def get_template(self, name: str, **_: Any) -> BoundTemplate:
        """Return a block; read once."""
        known = self.kept.get(name)
        if known is None:
            known = self.kept[name] = super().get_template(name)
        return known


def _bounded(given: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that refuses what would take long: ranges of millions, texts that multiply each other."""

    @wraps(given)
    def checked(value: Any, *arguments: Any, **named: Any) -> Any:
        size = _size(value)
        for one in arguments:
            size = max(size, _size(one))
        if size > _MOST_IN_FILTER or (len(arguments) == 2 and _product(value, arguments) > MOST_OUTPUT):
            raise ResourceLimitError("a filter was given too much", token=None)
        return given(value, *arguments, **named)

    return checked


def _size(value: Any) -> int:
    if isinstance(value, str | range | list | tuple):
        return len(value)
    # A number of a million digits takes as long as a text of that length.
    return value.bit_length() // 3 if isinstance(value, int) else 0


def _product(value: Any, arguments: tuple[Any, ...]) -> int:
    """Return how long ``replace`` could make a text: each letter may become the whole replacement."""
    old, new = str(arguments[0]), str(arguments[1])
    text = value if isinstance(value, str) else str(value) if not isinstance(value, Undefined) else ""
    return (text.count(old) if old else len(text) + 1) * len(new)


def _written(path: list[object]) -> str:
    text = str(path[0])
    for segment in path[1:]:
        if isinstance(segment, Missing):
            text += f"[{segment.path}]"
        elif isinstance(segment, str) and segment.replace("_", "a").isalnum():
            text += f".{segment}"
        else:
            text += f"[{segment!r}]"
    return text[:200]

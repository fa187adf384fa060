"""Which messages and blocks ask for something: whoever wants to take that away is told so first.

Drafts and what is in use both count: one will be published, the other goes out today.
"""

from collections.abc import Iterator, Sequence

from beleef.content.model import BLOCK_PARTS, PARTS, Block, Message
from beleef.content.reading import uses
from beleef.content.rendering import Composer
from beleef.kernel.errors import InvalidInput


def asking_for_computed(
    content: Sequence[Message | Block], composer: Composer, trait: str
) -> list[tuple[str, str]]:
    """Return kind and label of the messages and blocks that show or ask for a computed trait, each once.

    Args:
        content: Drafts, and what is in use.
        composer: Reads their templates, with the blocks in use.
        trait: Name of the computed trait.
    """
    wanted = ("person", "computed", trait)
    found = [
        ("message" if isinstance(one, Message) else "block", one.label)
        for one in content
        if any(path[:3] == wanted for path in _paths(one, composer))
    ]
    return list(dict.fromkeys(found))


def _paths(one: Message | Block, composer: Composer) -> Iterator[tuple[str | int | None, ...]]:
    parts = PARTS[one.channel] if isinstance(one, Message) else BLOCK_PARTS
    for language, texts in one.texts.items():
        for part in parts:
            source = texts.get(part.name, "")
            if "computed" not in source and "render" not in source:
                continue
            try:
                yield from uses(composer.templates(language, part).read(source)).paths
            except InvalidInput:
                # A draft that cannot be read yet asks for nothing.
                continue

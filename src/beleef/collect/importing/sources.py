"""The files that take part in an import: the file itself and its lookups, opened, and asked whether they have the columns needed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from beleef.collect.importing.document import nearest, refusal
from beleef.collect.importing.language import LINES, Count, Over, Reference
from beleef.collect.importing.mapping import Lookup, Mapping
from beleef.collect.importing.rows import Rows, open_rows


class Source:
    """One file, with the lookups that belong to its rows.

    Attributes:
        path: The file.
        rows: The opened file.
        lookup: How it belongs to the file above it; None for the imported file itself.
        lookups: The files below it, by their names.
        used: Columns that the mapping speaks of; None: all.
    """

    def __init__(self, path: Path, rows: Rows, lookup: Lookup | None) -> None:
        self.path = path
        self.rows = rows
        self.lookup = lookup
        self.lookups: dict[str, Source] = {}
        self.used: set[str] | None = set()

    def close(self) -> None:
        """Let go of all files."""
        self.rows.close()
        for below in self.lookups.values():
            below.close()

    def use(self, name: str, place: str) -> None:
        """Note that the mapping speaks of a column.

        Raises:
            InvalidInput: there is no such column; the hint names the nearest.
        """
        columns, first = self.rows.columns, name.partition(".")[0]
        if self.used is not None:
            self.used.update((name, first))
        if columns is not None and name not in columns and first not in columns:
            raise refusal(
                place,
                f"There is no column '{name}' in '{self.path.name}'.",
                nearest(name, [*columns, *self.lookups]),
            )


def open_sources(file: Path, mapping: Mapping) -> Source:
    """Open a file and its lookups, whose paths begin at the file's folder.

    Raises:
        NotFound: one of the files is not there.
        InvalidInput: one cannot be read, or has not the columns that the mapping speaks of.
    """
    source = Source(file, open_rows(file, mapping.format), None)
    try:
        _open_lookups(source, mapping.lookups, file.parent, "lookups")
        _check(source, mapping)
    except BaseException:
        source.close()
        raise
    return source


def _open_lookups(source: Source, lookups: tuple[Lookup, ...], folder: Path, place: str) -> None:
    for lookup in lookups:
        here = f"{place}.{lookup.name}"
        if source.rows.columns and lookup.name in source.rows.columns:
            raise refusal(
                here, f"'{source.path.name}' has a column of the same name.", "Give the lookup another name."
            )
        path = folder / lookup.file
        below = Source(path, open_rows(path, lookup.format), lookup)
        source.lookups[lookup.name] = below
        source.use(lookup.by, f"{here}.by")
        below.use(lookup.key, f"{here}.key")
        _open_lookups(below, lookup.lookups, folder, f"{here}.lookups")


def _check(source: Source, mapping: Mapping) -> None:
    for name in mapping.group:
        source.use(name, "group")
    if mapping.group and LINES in (source.rows.columns or ()):
        raise refusal(
            "group", f"'{source.path.name}' has a column '{LINES}', which is what a group's lines are called."
        )
    if mapping.key == ("*",):
        source.used = None
    else:
        for name in mapping.key:
            _use(source, None, Reference(name=name, place="key"), mapping)
    for over, reference in _references(mapping.where, None):
        if over is not None or reference.name.partition(".")[0] in source.lookups:
            raise refusal(
                reference.place,
                "'where' looks at the file's own columns only.",
                "Use a fact's 'when' for lookups and lists.",
            )
        source.use(reference.name, reference.place)
    for over, reference in _references(mapping.facts, None):
        _use(source, over, reference, mapping)


def _use(source: Source, over: str | None, reference: Reference, mapping: Mapping) -> None:
    """Note a column that is spoken of, in the file where it stands."""
    found: Source | None = source
    for part in over.split(".") if over else ():
        if found is source and part == LINES and mapping.group:
            continue
        found = found.lookups.get(part) if found else None
    if found is None:
        # The list is not a lookup: it stands in a column, as JSON and Parquet may have them.
        source.use((over or "").partition(".")[0], reference.place)
        return
    name = reference.name
    while (first := name.partition(".")[0]) in found.lookups:
        below = found.lookups[first]
        rest = name.partition(".")[2]
        if not rest:
            below.used = None
            return
        if below.lookup and below.lookup.many and not rest[0].isdecimal():
            raise refusal(
                reference.place,
                f"'{first}' has many rows, so '{{{reference.name}}}' is not one value.",
                f'Use sum, list or first, for example: first: {{of: "{{{rest}}}", over: {first}}}.',
            )
        if below.lookup and below.lookup.many:
            rest = rest.partition(".")[2]
        found, name = below, rest
    if not (found is source and first == LINES and mapping.group):
        found.use(name, reference.place)


def _references(node: Any, over: str | None) -> Iterator[tuple[str | None, Reference]]:
    """Give each column that a part of a mapping speaks of, with the list in whose rows it stands."""
    match node:
        case Reference():
            yield over, node
        case Over():
            inside = f"{over}.{node.over}" if over else node.over
            yield from _references(node.of, inside)
        case Count():
            yield over, Reference(name=node.over, place=node.place)
        case tuple():
            for part in node:
                yield from _references(part, over)
        case msgspec.Struct():
            for name in node.__struct_fields__:
                yield from _references(getattr(node, name), over)

"""All SQL of content. Whatever changes what a message becomes draws a new generation, so that every process reads it anew."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.content.model import Block, Feed, Image, Kind, Message, Organisation, Stored, Version
from beleef.content.tables import (
    content,
    content_feeds,
    content_images,
    content_items,
    content_state,
    content_versions,
)
from beleef.kernel import ids
from beleef.store.records.database import Prepared, insert, is_any_of

_TYPES: dict[Kind, type[Message] | type[Block]] = {"message": Message, "block": Block}
_STATE = "content"
_ROWS_AT_ONCE = 10_000

_GENERATION = Prepared(sa.select(content_state.c.generation).where(content_state.c.name == _STATE))
_ITEM = Prepared(
    sa.select(content_items.c.item).where(
        content_items.c.feed == sa.bindparam("feed"),
        content_items.c.version == sa.bindparam("version"),
        content_items.c.key == sa.bindparam("key"),
    )
)


def generation(connection: sa.Connection) -> str:
    """Return a text that is another after every change of content; empty before the first."""
    rows = _GENERATION.rows(connection)
    return str(rows[0][0]) if rows else ""


def note_change(connection: sa.Connection, **values: str) -> None:
    """Draw a new generation, and keep what is told to keep with it (``organisation``).

    It is drawn by lot: a count would come again after a transaction that was taken back, and what was read in it with it.
    """
    new = {"generation": ids.new_secret(12), **values}
    statement = insert(content_state, connection).values(**{"name": _STATE, "organisation": "", **new})
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=new))


def organisation(connection: sa.Connection) -> Organisation | None:
    """Return what the organisation says of itself; None until somebody filled it in."""
    text = connection.execute(
        sa.select(content_state.c.organisation).where(content_state.c.name == _STATE)
    ).scalar()
    return msgspec.json.decode(text, type=Organisation) if text else None


def stored(connection: sa.Connection, kind: Kind, name: str | None = None) -> list[Stored[Any]]:
    """Return messages or blocks as they are kept, by name; only the one called ``name`` where that is given."""
    c = content.c
    wanted = sa.select(c.draft, c.published, c.latest, c.changed, c.changed_at, c.changed_by)
    wanted = wanted.where(c.kind == kind).order_by(c.name)
    if name is not None:
        wanted = wanted.where(c.name == name)
    return [
        Stored(
            draft=msgspec.json.decode(row.draft, type=_TYPES[kind]),
            published=row.published,
            latest=row.latest,
            changed=row.changed,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
        )
        for row in connection.execute(wanted)
    ]


def save_draft(connection: sa.Connection, kind: Kind, draft: Message | Block, *, now: int, by: str) -> None:
    """Write a draft, new or in place of the one before; the published version stays."""
    latest = _latest(connection, kind, draft.name)
    text = msgspec.json.encode(draft).decode()
    values = {"draft": text, "changed_at": now, "changed_by": by}
    published = connection.execute(
        sa.select(content_versions.c.content)
        .join(
            content,
            sa.and_(
                content.c.kind == content_versions.c.kind,
                content.c.name == content_versions.c.name,
                content.c.published == content_versions.c.number,
            ),
        )
        .where(content.c.kind == kind, content.c.name == draft.name)
    ).scalar()
    changed = published is None or msgspec.json.decode(published) != msgspec.json.decode(text)
    statement = insert(content, connection).values(
        kind=kind, name=draft.name, published=None, latest=latest, changed=changed, **values
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "name"], set_={**values, "latest": latest, "changed": changed}
        )
    )


def _latest(connection: sa.Connection, kind: Kind, name: str) -> int:
    c = content_versions.c
    found = connection.execute(
        sa.select(sa.func.max(c.number)).where(c.kind == kind, c.name == name)
    ).scalar()
    return int(found or 0)


def add_version(
    connection: sa.Connection, kind: Kind, draft: Message | Block, *, now: int, by: str, note: str
) -> int:
    """Write a draft as the next version, put it in use, and return its number."""
    number = _latest(connection, kind, draft.name) + 1
    connection.execute(
        sa.insert(content_versions).values(
            kind=kind,
            name=draft.name,
            number=number,
            content=msgspec.json.encode(draft).decode(),
            published_at=now,
            published_by=by,
            note=note,
        )
    )
    c = content.c
    connection.execute(
        sa.update(content)
        .where(c.kind == kind, c.name == draft.name)
        .values(published=number, latest=number, changed=False)
    )
    return number


def versions(connection: sa.Connection, kind: Kind, name: str) -> list[Version]:
    """Return all versions of a message or block, newest first."""
    c = content_versions.c
    rows = connection.execute(
        sa.select(c.number, c.published_at, c.published_by, c.note)
        .where(c.kind == kind, c.name == name)
        .order_by(c.number.desc())
    )
    return [
        Version(
            number=row.number, published_at=row.published_at, published_by=row.published_by, note=row.note
        )
        for row in rows
    ]


def version(connection: sa.Connection, kind: Kind, name: str, number: int) -> Any:
    """Return the message or block that a version is; None where there is no such version."""
    c = content_versions.c
    text = connection.execute(
        sa.select(c.content).where(c.kind == kind, c.name == name, c.number == number)
    ).scalar()
    return None if text is None else msgspec.json.decode(text, type=_TYPES[kind])


def published_number(connection: sa.Connection, kind: Kind, name: str) -> int | None:
    """Return the number of the version in use; None where nothing is."""
    c = content.c
    return connection.execute(sa.select(c.published).where(c.kind == kind, c.name == name)).scalar()


def published_blocks(connection: sa.Connection) -> dict[str, Block]:
    """Return the blocks in use, by name."""
    v, c = content_versions.c, content.c
    rows = connection.execute(
        sa.select(v.content)
        .join(content, sa.and_(c.kind == v.kind, c.name == v.name, c.published == v.number))
        .where(v.kind == "block")
    )
    found = [msgspec.json.decode(row[0], type=Block) for row in rows]
    return {block.name: block for block in found}


def published(connection: sa.Connection) -> list[Message | Block]:
    """Return all that is in use, messages and blocks."""
    v, c = content_versions.c, content.c
    rows = connection.execute(
        sa.select(v.kind, v.content).join(
            content, sa.and_(c.kind == v.kind, c.name == v.name, c.published == v.number)
        )
    )
    return [msgspec.json.decode(row.content, type=_TYPES[row.kind]) for row in rows]


def delete(connection: sa.Connection, kind: Kind, name: str) -> bool:
    """Take a message or block away, its versions stay for what was sent; return whether there was one."""
    c = content.c
    return connection.execute(sa.delete(content).where(c.kind == kind, c.name == name)).rowcount > 0


def feeds(connection: sa.Connection) -> list[Feed]:
    """Return the feeds by name."""
    c = content_feeds.c
    return [
        Feed(
            name=row.name,
            label=row.label,
            key=row.key_field,
            fields=tuple(msgspec.json.decode(row.fields, type=list[str])),
            rows=row.rows,
            version=row.version,
            updated_at=row.updated_at,
        )
        for row in connection.execute(sa.select(content_feeds).order_by(c.name))
    ]


def save_feed(connection: sa.Connection, feed: Feed, items: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a feed's items under its version, and take those of earlier versions away."""
    values = {
        "label": feed.label,
        "key_field": feed.key,
        "fields": msgspec.json.encode(feed.fields).decode(),
        "rows": feed.rows,
        "version": feed.version,
        "updated_at": feed.updated_at,
    }
    statement = insert(content_feeds, connection).values(name=feed.name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    rows: list[dict[str, Any]] = []
    for key, item in items.items():
        rows.append(
            {
                "feed": feed.name,
                "version": feed.version,
                "key": key,
                "item": msgspec.json.encode(item).decode(),
            }
        )
        if len(rows) == _ROWS_AT_ONCE:
            connection.execute(sa.insert(content_items), rows)
            rows = []
    if rows:
        connection.execute(sa.insert(content_items), rows)
    c = content_items.c
    connection.execute(sa.delete(content_items).where(c.feed == feed.name, c.version != feed.version))


def delete_feed(connection: sa.Connection, name: str) -> bool:
    """Take a feed and its items away; return whether there was one."""
    connection.execute(sa.delete(content_items).where(content_items.c.feed == name))
    return connection.execute(sa.delete(content_feeds).where(content_feeds.c.name == name)).rowcount > 0


def item(connection: sa.Connection, feed: str, version: int, key: str) -> Any:
    """Return the item of a feed with a key, as plain data; None where there is none."""
    rows = _ITEM.rows(connection, feed=feed, version=version, key=key)
    return msgspec.json.decode(rows[0][0]) if rows else None


def items(connection: sa.Connection, feed: Feed, *, after: str = "", limit: int = 20) -> list[Any]:
    """Return items of a feed as plain data, in the order of their keys, from the first behind ``after``."""
    c = content_items.c
    rows = connection.execute(
        sa.select(c.item)
        .where(c.feed == feed.name, c.version == feed.version, c.key > after)
        .order_by(c.key)
        .limit(limit)
    )
    return [msgspec.json.decode(row[0]) for row in rows]


def images(connection: sa.Connection, digests: Iterable[str] | None = None) -> list[Image]:
    """Return the pictures without their bytes, newest first; only those with some digests where these are given."""
    c = content_images.c
    wanted = sa.select(*(column for column in content_images.c if column.name != "body"))
    if digests is not None:
        wanted = wanted.where(is_any_of(c.digest, list(digests)))
    return [
        Image(**dict(row._mapping))
        for row in connection.execute(wanted.order_by(c.added_at.desc(), c.digest))
    ]


def image_body(connection: sa.Connection, digest: str) -> bytes | None:
    """Return the bytes of a picture; None where there is none."""
    found: bytes | None = connection.execute(
        sa.select(content_images.c.body).where(content_images.c.digest == digest)
    ).scalar()
    return found


def save_image(connection: sa.Connection, image: Image, body: bytes) -> None:
    """Write a picture; of one that is there already, only name and description change."""
    values = {name: getattr(image, name) for name in image.__struct_fields__}
    statement = insert(content_images, connection).values(body=body, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["digest"], set_={"alt": image.alt, "name": image.name}
        )
    )


def delete_image(connection: sa.Connection, digest: str) -> bool:
    """Take a picture away; return whether there was one."""
    return connection.execute(sa.delete(content_images).where(content_images.c.digest == digest)).rowcount > 0

"""SQL of the topics."""

import msgspec
import sqlalchemy as sa

from beleef.contact.topics.model import Topic, check
from beleef.contact.topics.tables import contact_topics
from beleef.kernel.errors import NotFound
from beleef.store.records.database import insert

_t = contact_topics.c


def topics(connection: sa.Connection) -> list[Topic]:
    """Return all topics in their order."""
    rows = connection.execute(sa.select(contact_topics).order_by(_t.position, _t.name))
    return [
        Topic(
            name=row.name,
            labels=msgspec.json.decode(row.labels, type=dict[str, str]),
            helps=msgspec.json.decode(row.helps, type=dict[str, str]),
            purpose=row.purpose,
            position=row.position,
        )
        for row in rows
    ]


def save(connection: sa.Connection, topic: Topic) -> None:
    """Write a topic.

    Raises:
        InvalidInput: it cannot be; code ``invalid_topic``.
    """
    check(topic)
    changed = {
        "labels": msgspec.json.encode(topic.labels).decode(),
        "helps": msgspec.json.encode(topic.helps).decode(),
        "purpose": topic.purpose,
        "position": topic.position,
    }
    statement = insert(contact_topics, connection).values(name=topic.name, **changed)
    connection.execute(statement.on_conflict_do_update(index_elements=[_t.name], set_=changed))


def delete(connection: sa.Connection, name: str) -> None:
    """Remove a topic; what people said about it stays in the facts.

    Raises:
        NotFound: there is none of that name.
    """
    if not connection.execute(sa.delete(contact_topics).where(_t.name == name)).rowcount:
        raise NotFound(f"There is no topic {name!r}.", hint="Look at the list of topics.")

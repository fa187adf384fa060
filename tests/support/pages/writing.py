"""An article that tests find, and how it is written."""

import sqlalchemy as sa

from beleef.support.knowledge import Article, ArticleText, Knowledge
from tests.cast import GIJS, NOW

ARTICLE = Article(
    name="where-is-my-parcel",
    topic="Delivery",
    texts={
        "en": ArticleText(
            title="Where is my parcel?",
            summary="Your account shows where it is.",
            body="## Look yourself\n1. Open your account.\n2. Choose the order.\n\nSee https://example.nl/orders.",
        ),
        "nl": ArticleText(
            title="Waar is mijn pakket?", summary="U ziet het in uw account.", body="Kijk in uw account."
        ),
    },
)


def write_article(knowledge: Knowledge, connection: sa.Connection, article: Article) -> None:
    """Keep and publish an article."""
    knowledge.save(connection, article, by=GIJS.name, now=NOW)
    knowledge.publish(connection, article.name, by=GIJS.name, now=NOW)

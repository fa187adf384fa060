"""Knowledge: articles that answer what customers and staff ask, in both languages, each publication kept.

An article is edited as a draft and read as it was published last. To see a page that uses them, look at ``support/pages/help.py``.
"""

from beleef.support.knowledge.api import Article, Found, Knowledge
from beleef.support.knowledge.model import ArticleText
from beleef.support.knowledge.work import KnowledgeStep

__all__ = ["Article", "ArticleText", "Found", "Knowledge", "KnowledgeStep"]

"""Knowledge: articles that answer what customers and staff ask, in both languages, each publication kept.

An article is edited as a draft and read as it was published last. To see a page that uses them, look at ``support/pages/help.py``.
"""

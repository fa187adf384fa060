"""What people write, in Dutch and English: its language, what must not be kept of it, its tone and its themes, each with the words that say so.

Everything is worked out from package data, offline. To add a word, add a line to `data/cx-nl.tsv` or `data/cx-en.tsv`; to add a kind of
personal data, copy `_cards` in `redacting.py`.
"""

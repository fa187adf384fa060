"""Importing: files and webhook bodies become messages, by a mapping that says what each column means.

To add an importer for another system, copy ``examples/olist-reviews.yaml``: a mapping is data, never code.
"""

"""Feedback: surveys as data, who is asked and why others are not, answers as facts, and anonymity that queries keep.

A golden sample: to add a kind of question, follow ``csat`` through ``model.py``, ``checking.py`` and ``answering.py``.
"""

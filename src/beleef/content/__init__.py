"""What is said: messages and blocks with versions, in the person's language, filled in with what is known, and checked.

To add a channel's parts, copy ``sms`` in ``model.py``; to add a check, copy ``_subject`` in ``linting.py``.
"""

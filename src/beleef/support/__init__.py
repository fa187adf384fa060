"""Cases and the promises made in them: what customers ask and complain about, who answers until when, and that nothing is ignored.

To add something that can happen in a case, copy what `note` does in `model.py`, `messages.py`, `taking.py` and `life.py`.
"""

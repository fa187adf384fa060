"""The contact gate and everything behind it: whether a person may be contacted now, the ledger of all contacts, and the sending.

To add a channel, copy `channels/outbox.py`, give it a case in `channels/opening.py`, and run the suite `tests/contact/test_channels.py` over it.
"""

"""Every figure of the customer's experience: each defined once, each with its interval, its n and the words that they allow.

To add one, add its row in `registry.py`; a new way of working it out goes into `stats` with its source.
"""

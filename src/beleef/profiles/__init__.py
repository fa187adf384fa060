"""What is known, computed and consented about a person, as a sum over the person's subjects that can be taken in any order.

To add a kind of computed trait, copy `minimum` in `computed.py`: how a bucket starts, grows, merges and is read.
"""

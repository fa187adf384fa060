"""Pure mathematics of figures and comparisons: each formula with its source, none with input or output.

To add one, copy `proportions.py` and the tests that hold it against an oracle.
"""

"""Audiences: the people that a rule selects at this moment, kept live by the worker and provably equal to a recomputation.

Golden sample: to add a kind of rule, follow ``Holds`` through model, notation, wording, compiled and everyone.
"""

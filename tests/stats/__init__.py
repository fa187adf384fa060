"""Formulas, held against published figures, other implementations and simulated truth."""

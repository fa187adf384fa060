"""Beleef: every interaction in one log, every customer one person."""

__version__ = "0.1.0"

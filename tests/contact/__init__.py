"""Tests of the contact gate, the ledger and the sending."""

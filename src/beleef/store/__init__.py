"""The only place that knows a driver: records (state), log (facts in order) and warehouse (history for analysis)."""

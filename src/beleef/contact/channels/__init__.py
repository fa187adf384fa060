"""The channels that messages leave by: one interface, one module or folder per kind."""

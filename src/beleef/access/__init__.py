"""Who may do what: staff accounts, roles, sessions, server tokens, and the audit log of what they did."""

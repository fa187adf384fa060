"""E-mail by SMTP, and what comes back of it: bounces and complaints, from a mailbox or a provider's webhook."""

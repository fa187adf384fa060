"""Staff alerts: a line to the team's chat, mail or pager, through Apprise."""

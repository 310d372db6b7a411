"""The adapters that reach the world: mail servers and, through Apprise, push and chat services."""

"""One function per message or request: load, decide, save, publish."""

"""Builds each part of the notifier once the broker is connected; `app.py` puts the parts together."""

"""Decides what is due when; the broker keeps the time."""

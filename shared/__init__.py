"""The contract every part of Hobnob shares: messages, subjects, streams, errors and the broker wiring."""

"""From an item to a greeting: where the templates are, how they are kept harmless, and which one speaks."""

from services.notifier.drafts.drafter import NO_WORDS, Drafted, Drafter

__all__ = ["NO_WORDS", "Drafted", "Drafter"]

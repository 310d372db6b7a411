"""
Drafts from templates: `templates/<language>/<occasion>.<tone>.<variant>.j2`, plain text whose first line is the subject.

Adding a file adds a variant.
"""

from collections import defaultdict
from dataclasses import asdict
from datetime import date
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.domain.items import Item, reads_belated
from services.notifier.domain.staleness import silence
from services.notifier.domain.wording import Tone, tidy, tone_for, variant_of, words_for
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Occasion

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE = "en"
NO_WORDS = Draft(subject="", body="")
"""What an item shows for which nothing may be sent."""


class Drafter:
    """Renders greetings. A draft is made on reading, from the person as they now are, until the owner edits or sends it."""

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=False,  # plain text: escaping would send "&amp;" to people
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._variants: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for path in sorted((TEMPLATES / LANGUAGE).glob("*.*.*.j2")):
            occasion, tone, _ = path.name.split(".", 2)
            self._variants[occasion, tone].append(f"{LANGUAGE}/{path.name}")

    def variants(self, *, occasion: Occasion, tone: Tone) -> list[str]:
        """Return the templates for an occasion; empty where this version has none."""
        return self._variants.get((occasion.value, tone.value), [])

    def draft(self, *, item: Item, snapshot: ContactSnapshot | None, profile: OwnerProfile | None, today: date) -> Draft:
        """
        Return the draft of *item*: the owner's own words where there are any, else a greeting.

        Always the same one for the same item, person and day. `NO_WORDS` where nobody is to be greeted.

        Args:
            item: Whose draft.
            snapshot: The person now; None when nothing is known of them.
            profile: The owner, whose name is signed.
            today: The owner's date, which decides whether the greeting is late.
        """
        if item.draft:
            return item.draft
        if item.state is ItemState.WITHDRAWN or snapshot is None or silence(snapshot=snapshot, occasion=item.occasion):
            return NO_WORDS
        names = self.variants(occasion=item.occasion, tone=tone_for(snapshot.closeness))
        if not names:
            return NO_WORDS
        words = words_for(item=item, snapshot=snapshot, profile=profile, is_belated=reads_belated(item, today=today))
        template = self._environment.get_template(names[variant_of(item=item.id, count=len(names))])
        subject, _, body = template.render(asdict(words)).strip().partition("\n")
        return Draft(subject=subject.strip(), body=tidy(body))

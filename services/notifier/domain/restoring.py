"""What an inbox item is once it comes out of a backup: nobody knows what became of it since. Pure."""

from datetime import datetime
from typing import Final

from services.notifier.domain.items import Item
from services.notifier.domain.sending import Uncertain
from services.notifier.domain.transitions import claim, settle
from shared.messages.reminders import ItemState

MAY_HAVE_LEFT: Final = "it was about to be sent when the backup was made, and may have been sent since"


def restored(item: Item, *, at: datetime) -> Item:
    """
    Return *item* as it is put back: what would be mailed by itself is unconfirmed, and its owner decides; the rest is unchanged.

    What was to be mailed on a later day is no exception: it may have been sent before that day.
    """
    if item.state is ItemState.SCHEDULED:
        item = claim(item, until=at, at=at)
    if item.state is not ItemState.SENDING or item.claim is None:
        return item
    return settle(item, claim=item.claim, outcome=Uncertain(reason=MAY_HAVE_LEFT), at=at)

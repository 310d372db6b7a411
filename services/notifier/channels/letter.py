"""A mail as a server gets it."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from services.notifier.channels.outcomes import Rejected
from services.notifier.domain.addresses import needs_smtputf8, parse_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as the server gets it: envelope, and the content with dots stuffed and the final dot."""

    sender: str
    recipient: str
    content: bytes

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it."""
        return needs_smtputf8(self.sender) or needs_smtputf8(self.recipient)


def letter_of(message: EmailMessage) -> Letter:
    """
    Return *message* as the server gets it.

    Raises:
        InvalidAddress: an address is none.
        Rejected: it is not from one mailbox to one other.
    """
    senders, recipients = _addresses(message, "From"), _addresses(message, "To")
    if len(senders) != 1 or len(recipients) != 1 or "Cc" in message or "Bcc" in message:
        raise Rejected("a mail goes from one mailbox to one other")
    sender, recipient = parse_address(senders[0]), parse_address(recipients[0])
    is_utf8 = needs_smtputf8(sender) or needs_smtputf8(recipient)
    raw = message.as_bytes(policy=SMTPUTF8 if is_utf8 else SMTP.clone(cte_type="7bit"))
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw).removesuffix(b"\r\n") + b"\r\n"
    return Letter(sender=sender, recipient=recipient, content=re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n")


def _addresses(message: EmailMessage, name: str) -> list[str]:
    header = message[name]
    return [] if header is None else [address.addr_spec for address in header.addresses]

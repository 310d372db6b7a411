"""From the settings to how greetings are mailed."""

import ssl
from contextlib import AsyncExitStack
from datetime import timedelta

from services.notifier.channels.smtp import Mailer
from services.notifier.channels.smtp_address import SmtpAddress
from services.notifier.settings import NotifierSettings
from services.notifier.use_cases.tools import OptOuts, Post
from shared.errors import PermanentError
from shared.logging import get_logger

log = get_logger(__name__)

MARGIN_S = 10.0
"""What a claim must hold longer than a mail may take: to look at the person before, and to write the answer afterwards."""


class LeaseTooShort(PermanentError):
    """A greeting could be taken for lost while it is still being sent."""


async def open_post(settings: NotifierSettings, stack: AsyncExitStack) -> Post:
    """
    Return how greetings are mailed; the connections to the mail server are closed with *stack*.

    Raises:
        InvalidSmtpUrl: the URL of the mail server is not usable.
        LeaseTooShort: a claim does not hold as long as a mail may take.
    """
    opt_outs = _opt_outs(settings)
    if settings.smtp_url is None:
        log.info("mail_off", reason="HOBNOB_SMTP_URL is not set: greetings are sent by hand")
        return Post(opt_outs=opt_outs)
    address = SmtpAddress.parse(settings.smtp_url.get_secret_value())
    if settings.send_lease_s < address.timeout_s + min(MARGIN_S, address.timeout_s):
        raise LeaseTooShort(
            f"HOBNOB_SEND_LEASE_S is {settings.send_lease_s:g} s, and a mail may take {address.timeout_s:g} s (timeout in "
            "HOBNOB_SMTP_URL): the lease must be longer by ten seconds, or twice as long"
        )
    mailer = Mailer(address, tls=trust(settings))
    stack.push_async_callback(mailer.aclose)
    return Post(
        mailer=mailer,
        sender=address.sender,
        timeout=timedelta(seconds=address.timeout_s),
        lease=timedelta(seconds=settings.send_lease_s),
        first_pause=timedelta(seconds=settings.send_retry_s),
        opt_outs=opt_outs,
    )


def trust(settings: NotifierSettings) -> ssl.SSLContext | None:
    """Return whose certificates are believed at the mail server; None is whom the system believes."""
    return ssl.create_default_context(cafile=settings.smtp_ca_file) if settings.smtp_ca_file else None


def _opt_outs(settings: NotifierSettings) -> OptOuts | None:
    if settings.secrets_key is None or settings.public_url is None:
        return None
    keys = tuple(key.strip().encode() for key in settings.secrets_key.get_secret_value().split(","))
    return OptOuts(keys=keys, public_url=settings.public_url)

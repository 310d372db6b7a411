"""What the use cases work with, built once by the composition root."""

from dataclasses import dataclass, field
from datetime import timedelta

from nats.aio.client import Client

from services.notifier.channels.smtp import Mailer
from services.notifier.domain.mail import OptOut
from services.notifier.domain.optout import PATH, Plea, opt_out_line, read_token, sign
from services.notifier.domain.sending import NoRoute, Route, route_of
from services.notifier.drafts import Drafter
from services.notifier.relay import Relay
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.own_templates import OwnTemplateStore
from services.notifier.store.people import PeopleStore
from services.notifier.store.sorting import SortingStore
from services.notifier.use_cases.bell import Bell
from services.notifier.use_cases.mail_gate import MailGate
from shared.clock import Clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.messages.snapshots import ContactSnapshot, OwnerProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOuts:
    """Makes and reads the links with which people ask for no more greetings. *keys*: the first signs, all are good."""

    keys: tuple[bytes, ...]
    public_url: str

    def link_for(self, plea: Plea, *, language: str) -> OptOut:
        """Return the link for a mail in *language*."""
        url = f"{self.public_url.rstrip('/')}{PATH}/{sign(plea, key=self.keys[0])}"
        return OptOut(url=url, text=opt_out_line(tag=language))

    def read(self, token: str) -> Plea:
        """Return what the token of a link stands for; raise `NotFound` when it is none of ours."""
        return read_token(token, keys=self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """
    How greetings are mailed.

    `mailer` is None without a mail server; `sender` is the address that it lets everybody send from, None where that is
    everybody's own. A claim holds for `lease`, a mail takes `timeout` at most. `opt_outs` is None where links cannot be made.
    `gate` is shut while the mail server lets nobody in.
    """

    mailer: Mailer | None = None
    sender: str | None = None
    timeout: timedelta = timedelta(seconds=30)
    lease: timedelta = timedelta(seconds=120)
    first_pause: timedelta = timedelta(seconds=60)
    opt_outs: OptOuts | None = None
    gate: MailGate = field(default_factory=MailGate)

    def route_to(self, person: ContactSnapshot, *, profile: OwnerProfile | None) -> Route | NoRoute:
        """Return how the owner of *profile* mails *person*, or why they cannot."""
        return route_of(person=person, profile=profile, has_server=self.mailer is not None, server_sender=self.sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Adapters, counters and the clock."""

    client: Client
    inbox: InboxStore
    people: PeopleStore
    agenda: AgendaStore
    relay: Relay
    drafter: Drafter
    counters: Counters
    clock: Clock
    emitter: Emitter
    own_templates: OwnTemplateStore
    sorting: SortingStore
    post: Post = field(default_factory=Post)
    bell: Bell = field(default_factory=Bell)

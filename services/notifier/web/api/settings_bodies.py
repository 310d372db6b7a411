"""What the settings' part of the API takes and answers, where no message says it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.notifier.domain.wording import Tone
from services.notifier.drafts.checking import SOURCE_BYTES_MAX
from services.notifier.drafts.sources import Origin
from services.notifier.use_cases.own_templates import TemplateInfo
from services.notifier.web.api.bodies import Body
from shared.messages.access import Scope
from shared.messages.rpc import Draft
from shared.messages.telling import ChannelInfo
from shared.messages.values import Id, Instant, Occasion


class ChannelAdding(Body):
    """An Apprise address, a reference such as `env:HOBNOB_CHANNEL_PHONE`, or `email`; see `channel.add`."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), Field(repr=False)]
    name: Id | None = None
    order: Annotated[int, Field(ge=0, le=1_000)] | None = None


class CredentialMaking(Body):
    """A credential that is to be made."""

    name: Id
    scope: Scope = Scope.EMIT


class Replaying(Body):
    """What is given back in place of what could not be processed; left out: as it came."""

    data: Annotated[str, Field(max_length=200_000)] | None = None


class TemplateSaving(Body):
    """A text for a template."""

    text: Annotated[str, Field(max_length=SOURCE_BYTES_MAX)]


class TemplateTrying(TemplateSaving):
    """The same with the id of the person it is tried for, and whether their day has passed."""

    contact: Id | None = None
    belated: bool = False


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class DeadLetterInfo(_Answer):
    """Something that could not be processed, as lists show it."""

    id: str
    service: str
    subject: str
    reason: str
    attempts: int | None
    at: Instant


class DeadLetterList(_Answer):
    """What could not be processed, the newest first."""

    letters: tuple[DeadLetterInfo, ...]


class DeadLetterWhole(DeadLetterInfo):
    """The same with the headers that its sender gave it, and its payload as text."""

    headers: dict[str, str]
    data: str


class TemplateEntry(_Answer):
    """A template. `has_other`: behind the owner's own text there is another, which speaks when that is deleted."""

    name: str
    language: str
    occasion: Occasion
    tone: Tone
    variant: str
    origin: Origin
    has_other: bool

    @classmethod
    def of(cls, info: TemplateInfo) -> "TemplateEntry":
        """Return it as the API tells it."""
        return cls.model_validate({name: getattr(info, name) for name in cls.model_fields})


class TemplateList(_Answer):
    """The templates that may speak for an owner."""

    templates: tuple[TemplateEntry, ...]


class TemplateText(TemplateEntry):
    """A template with its text."""

    text: str


class TemplateDraft(_Answer):
    """What a text would say, or in which line it is wrong and why."""

    draft: Draft | None
    line: int | None = None
    reason: str | None = None


class WatchedWeek(_Answer):
    """What was watched and what became of it in the last seven days; `timers` are armed, `expected` should be."""

    people: int
    dates: int
    timers: int
    expected: int
    came: int
    acted: int
    waiting: int
    late: int
    troubled: int
    worst_delay_s: float


class Heartbeat(_Answer):
    """The state of things for one owner. An instant is null where there is none."""

    is_well: bool
    last_reminder_at: Instant | None
    next_due_at: Instant | None
    next_digest_at: Instant | None
    week: WatchedWeek
    channels: tuple[ChannelInfo, ...]
    has_mail: bool
    mail_trouble: str | None

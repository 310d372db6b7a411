"""An owner's own words: which templates there are, what one says, and another text in its place, tried before it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifier.domain.items import today_of
from services.notifier.domain.sample import sample_contact, sample_item
from services.notifier.domain.staleness import SENTENCE, silence
from services.notifier.domain.wording import Tone, tone_for
from services.notifier.drafts import Drafted
from services.notifier.drafts.sources import Origin, Problem, is_template_name
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage, NotFound, TooLarge, TransientError
from shared.logging import get_logger
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Occasion

log = get_logger(__name__)

OWN_MAX = 100
"""Templates that one owner may have changed or added: as many as are shipped for three languages."""
SAVE_TRIES = 5
MILESTONE = 40
"""Of the made-up person's birthday, so that a preview shows an ordinal."""


class FaultyTemplate(InvalidMessage):
    """A text that cannot be used as a template. *line* is 0 for the text as a whole."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"line {problem.line}: {problem.reason}" if problem.line else problem.reason)
        self.line = problem.line


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateInfo:
    """A template: what it is for and who gave the text that speaks. *has_other*: behind the owner's own there is another."""

    name: str
    language: str
    occasion: Occasion
    tone: Tone
    variant: str
    origin: Origin
    has_other: bool


async def load_own(tools: Tools, *, owner: str) -> None:
    """Have the drafter use what *owner* wrote, here or in another process."""
    if await tools.own_templates.rev(owner) != tools.drafter.library.own_rev(owner=owner):
        stored = await tools.own_templates.of(owner)
        tools.drafter.library.take_own(owner=owner, rev=stored.rev, texts=stored.texts)


async def list_templates(tools: Tools, *, owner: str) -> list[TemplateInfo]:
    """Return every template that may speak for *owner*, by language, occasion, tone and variant."""
    await load_own(tools, owner=owner)
    tools.drafter.refresh()
    library = tools.drafter.library
    return [
        info_of(tools, name=name, owner=owner)
        for language in library.languages(owner=owner)
        for occasion in Occasion
        for tone in Tone
        for name in library.names(owner=owner, language=language, occasion=occasion, tone=tone)
    ]


async def read_template(tools: Tools, *, owner: str, name: str) -> tuple[TemplateInfo, str]:
    """Return a template and its text; raise `NotFound` when there is none of that name."""
    await load_own(tools, owner=owner)
    tools.drafter.refresh()
    text = tools.drafter.library.text(name, owner=owner) if is_template_name(name) else None
    if text is None:
        raise NotFound("there is no such template")
    return info_of(tools, name=name, owner=owner), text


async def save_template(tools: Tools, *, owner: str, name: str, text: str) -> None:
    """
    Have *text* speak for *owner* in place of the template *name*, or as one more; it is tried first.

    Raises:
        InvalidMessage: no template can have that name.
        FaultyTemplate: the text cannot be used, and why.
        TooLarge: the owner has changed as many as they may.
    """
    if not is_template_name(name):
        raise InvalidMessage("a template is called LANGUAGE/OCCASION.TONE.NAME.j2, such as en/birthday.close.mine.j2")
    await load_own(tools, owner=owner)
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    if problem := tools.drafter.library.find_fault(name, text, owner=owner):
        raise FaultyTemplate(problem)
    for _ in range(SAVE_TRIES):
        stored = await tools.own_templates.of(owner)
        texts = {**stored.texts, name: text}
        if len(texts) > OWN_MAX:
            raise TooLarge(f"you have changed {OWN_MAX} templates; put one back first")
        if await _replace(tools, owner, texts, known_rev=stored.rev):
            log.info("template_saved")
            return
    raise TransientError("the templates keep being changed by somebody else")


async def reset_template(tools: Tools, *, owner: str, name: str) -> None:
    """Forget the owner's own text of a template, so that what is behind it speaks; raise `NotFound` when there is none."""
    for _ in range(SAVE_TRIES):
        stored = await tools.own_templates.of(owner)
        if name not in stored.texts:
            raise NotFound("there is no text of yours by that name")
        rest = {each: text for each, text in stored.texts.items() if each != name}
        if await _replace(tools, owner, rest, known_rev=stored.rev):
            log.info("template_reset")
            return
    raise TransientError("the templates keep being changed by somebody else")


async def try_template(
    tools: Tools, *, profile: OwnerProfile, name: str, text: str, person: ContactSnapshot | None, is_belated: bool = False
) -> Drafted:
    """
    Return the draft that *text* makes as the template *name*, for *person* or for a made-up one; nothing is kept.

    Its `problem` says why it makes none.

    Raises:
        NotFound: no template can have that name.
        Conflict: *person* is not to be greeted.
    """
    if not is_template_name(name):
        raise NotFound("there is no such template")
    await load_own(tools, owner=profile.owner)
    language, _, file = name.partition("/")
    occasion, tone = Occasion(file.split(".")[0]), Tone(file.split(".")[1])
    if person is not None and (reason := silence(snapshot=person, occasion=occasion)):
        raise Conflict(f"there is no draft for this person: {SENTENCE[reason]}")
    snapshot = person or sample_contact(profile=profile)
    if tone_for(snapshot.closeness) is not tone:
        snapshot = snapshot.model_copy(update={"closeness": Closeness.WELL if tone is Tone.CLOSE else Closeness.MODERATE})
    snapshot = snapshot.model_copy(update={"language": language})
    today = today_of(profile, now=tools.clock())
    item = sample_item(
        owner=profile.owner,
        contact=snapshot.id,
        occasion=occasion,
        on=today,
        is_belated=is_belated,
        milestone=MILESTONE if person is None else None,
        at=tools.clock(),
    )
    return tools.drafter.try_text(name=name, text=text, item=item, snapshot=snapshot, profile=profile, today=today)


def info_of(tools: Tools, *, name: str, owner: str) -> TemplateInfo:
    """Return what is known of a template that there is, from its name on."""
    language, _, file = name.partition("/")
    occasion, tone, variant, _ = file.split(".")
    library = tools.drafter.library
    origin = library.origin(name, owner=owner)
    assert origin is not None
    return TemplateInfo(
        name=name,
        language=language,
        occasion=Occasion(occasion),
        tone=Tone(tone),
        variant=variant,
        origin=origin,
        has_other=library.text(name, owner=owner, without_own=True) is not None,
    )


async def _replace(tools: Tools, owner: str, texts: Mapping[str, str], *, known_rev: int) -> bool:
    if not await tools.own_templates.replace(owner, texts, known_rev=known_rev):
        return False
    tools.drafter.library.take_own(owner=owner, rev=known_rev + 1, texts=texts)
    return True

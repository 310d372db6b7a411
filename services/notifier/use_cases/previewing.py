"""What a draft would say: for whoever writes templates, and for whoever wants to see the words before the day."""

from collections.abc import Iterator
from datetime import datetime

from services.notifier.domain.items import today_of
from services.notifier.domain.sample import sample_contact, sample_item
from services.notifier.domain.staleness import SENTENCE, silence
from services.notifier.drafts import Drafter
from services.notifier.drafts.sources import Problem
from services.notifier.use_cases.own_templates import load_own
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage, NotFound, TooLarge
from shared.messages.rpc import DraftPreview, DraftPreviews, PreviewDraft, TemplateProblem
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Occasion

REPLY_BYTES = 400_000
"""What one reply carries: it has to fit into one NATS message (1 MiB by default)."""


async def preview_drafts(tools: Tools, *, request: PreviewDraft) -> DraftPreviews:
    """
    Return the drafts that *request* asks for, and what is wrong with the owner's own templates.

    Raises:
        NotFound: there is no such owner or contact.
        InvalidMessage: there is no such variant.
        Conflict: the contact is not to be greeted.
        TooLarge: the drafts do not fit into one reply.
    """
    profile = (await profiles_of(tools, owners={request.owner})).get(request.owner)
    if profile is None:
        raise NotFound(f"there is no owner {request.owner!r}")
    person = await _person(tools, request) if request.contact else None
    tools.drafter.refresh()
    await load_own(tools, owner=request.owner)
    previews: list[DraftPreview] = []
    problems = list(tools.drafter.library.problems(owner=request.owner))
    for occasion, snapshot in _cases(tools.drafter, request, profile, person):
        previews += _previews(tools.drafter, request, profile, snapshot, occasion, problems, now=tools.clock())
    reply = DraftPreviews(
        previews=tuple(previews),
        problems=tuple(TemplateProblem(file=each.file, line=each.line, reason=each.reason) for each in problems),
    )
    if len(reply.model_dump_json().encode()) > REPLY_BYTES:
        raise TooLarge("these are too many drafts for one reply: name the occasion, the closeness or the language")
    return reply


async def _person(tools: Tools, request: PreviewDraft) -> ContactSnapshot:
    assert request.contact is not None
    found = (await tools.people.snapshots(contacts=[request.contact], owner=request.owner)).get(request.contact)
    if found is None:
        raise NotFound(f"there is no contact {request.contact!r}")
    reasons = [silence(snapshot=found, occasion=occasion) for occasion in ((request.occasion,) if request.occasion else Occasion)]
    if reasons[0] and all(reasons):
        raise Conflict(f"there is no draft for this contact: {SENTENCE[reasons[0]]}")
    return found


def _cases(
    drafter: Drafter, request: PreviewDraft, profile: OwnerProfile, person: ContactSnapshot | None
) -> Iterator[tuple[Occasion, ContactSnapshot]]:
    """Return every occasion and person to write for: of every language and closeness where all is asked for and none is named."""
    snapshot = person or sample_contact(profile=profile, is_derived=request.unconfirmed)
    wants_all = request.every_variant and person is None
    present = snapshot.language or profile.language
    languages = drafter.library.languages(owner=request.owner) if wants_all else [present]
    closenesses = [Closeness.WELL, Closeness.MODERATE] if wants_all else [person.closeness if person else Closeness.WELL]
    for occasion in (request.occasion,) if request.occasion else Occasion:
        for language in [request.language] if request.language else languages:
            for closeness in [request.closeness] if request.closeness else closenesses:
                case = snapshot.model_copy(update={"language": language, "closeness": closeness})
                if silence(snapshot=case, occasion=occasion) is None:
                    yield occasion, case


def _previews(
    drafter: Drafter,
    request: PreviewDraft,
    profile: OwnerProfile,
    snapshot: ContactSnapshot,
    occasion: Occasion,
    problems: list[Problem],
    *,
    now: datetime,
) -> Iterator[DraftPreview]:
    today = today_of(profile, now=now)
    item = sample_item(
        owner=request.owner,
        contact=snapshot.id,
        occasion=occasion,
        on=today,
        is_belated=request.belated,
        milestone=request.milestone,
        at=now,
    )
    for variant in _variants(drafter, request, profile, snapshot, occasion):
        drafted = drafter.write(item=item, snapshot=snapshot, profile=profile, today=today, variant=variant)
        if drafted.problem:
            problems.append(drafted.problem)
        if drafted.variant:
            yield DraftPreview(
                occasion=occasion,
                closeness=snapshot.closeness,
                language=drafted.variant.partition("/")[0],
                variant=drafted.variant,
                draft=drafted.draft,
                common_ground=drafted.common_ground,
            )


def _variants(
    drafter: Drafter, request: PreviewDraft, profile: OwnerProfile, snapshot: ContactSnapshot, occasion: Occasion
) -> list[str | None]:
    """Return the templates to show; None is whichever the drafter picks."""
    _, names = drafter.choices(occasion=occasion, snapshot=snapshot, profile=profile)
    if request.variant is None:
        return list(names) if request.every_variant else [None]
    wanted = [name for name in names if request.variant in (name, name.split(".")[2])]
    if names and not wanted:
        known = ", ".join(name.split(".")[2] for name in names)
        raise InvalidMessage(f"variant: there is no {request.variant!r} for {occasion.value}; there are {known}")
    return list(wanted)

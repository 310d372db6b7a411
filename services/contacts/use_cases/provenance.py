"""Where each value of a contact comes from."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.contacts.domain.identity import fold
from services.contacts.domain.provenance import Decided, decided, stated_by, token_in
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.statements import fact_token, instant
from services.contacts.erasure_store import ReportStore
from services.contacts.fact_log import FactLog, Stated
from services.contacts.store import ContactStore
from shared.errors import NotFound
from shared.messages.curation import GetProvenance, Provenance, StatedValue, Statement
from shared.messages.rpc import ContactName

FACTS_MAX: Final = 500
"""The newest facts about somebody that are looked through for what others say."""


class Provenances:
    """Handles the request `provenance`."""

    def __init__(self, *, store: ContactStore, fact_log: FactLog, reports: ReportStore) -> None:
        self._store = store
        self._fact_log = fact_log
        self._reports = reports

    async def of(self, request: GetProvenance) -> Provenance:
        """Return each value of a contact with the fact that decided it, and what others say; raise `NotFound`."""
        known = await self._store.find(owner=request.owner, id=request.contact)
        if known is None or known.state.is_removed:
            raise NotFound(f"there is no contact {request.contact!r}")
        values = decided(known.state)
        ids = known.state.keys | {known.id}
        facts = await self._fact_log.with_tokens({token_in(value.stamp) for value in values if value.stamp})
        told = await self._fact_log.statements_about(owner=known.owner, contacts=ids, limit=FACTS_MAX)
        # A meeting with several people is logged in parts, each under a token of its own.
        facts |= {token: each for each in told if each.fact.id and (token := _whole(known.owner, each.fact.source, each.fact.id))}
        files = await self._reports.file_names(each.via for each in facts.values() if each.via)
        others = _by_field(told)
        snapshot = snapshot_of(known.state, owner=known.owner, id=known.id, rev=known.rev)
        return Provenance(
            contact=ContactName(id=known.id, name=snapshot.name),
            values=tuple(_value(value, facts, files, others.get(value.field, {})) for value in values),
            sources=tuple(sorted(known.state.sources)),
        )


def _whole(owner: str, source: str, id: str) -> str:  # noqa: A002  # CloudEvents' own word
    return fact_token(owner=owner, source=source, id=id)


def _by_field(told: Iterable[Stated]) -> dict[str, dict[str, Statement]]:
    """Return what each source last said of each field, by field and source; *told* comes newest first."""
    found: dict[str, dict[str, Statement]] = {}
    for each in told:
        for field, value in stated_by(each.fact.name, each.fact.data or {}).items():
            found.setdefault(field, {}).setdefault(each.fact.source, _statement(each, value=value))
    return found


def _value(value: Decided, facts: Mapping[str, Stated], files: Mapping[str, str], others: Mapping[str, Statement]) -> StatedValue:
    fact = facts.get(token_in(value.stamp)) if value.stamp else None
    by: Statement | None = None
    if fact is not None:
        by = _statement(fact, value=value.value, file=files.get(fact.via or ""))
    elif value.stamp is not None:
        by = Statement(occurred_at=instant(value.stamp[0]), value=value.value)
    source = by.source if by else None
    differing = [each for name, each in sorted(others.items()) if name != source and not _is_same(each.value, value.value)]
    return StatedValue(field=value.field, value=value.value, by=by, others=tuple(differing))


def _is_same(left: object, right: object) -> bool:
    return fold(left) == fold(right) if isinstance(left, str) and isinstance(right, str) else left == right


def _statement(stated: Stated, *, value: object, file: str | None = None) -> Statement:
    fact = stated.fact
    return Statement(name=fact.name, source=fact.source, id=fact.id, occurred_at=fact.occurred_at, file=file, value=value)

"""Which contacts a batch of facts changes, and into what: decisions for the store to carry out, made without I/O."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce

from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.state import EMPTY, Stamp, State, join
from services.contacts.domain.statements import stamp_of, state_of
from shared.messages.cloudevents import Fact


class Outcome(StrEnum):
    """What a fact did."""

    CREATED = "created"
    UPDATED = "updated"
    MERGED = "merged"
    """It joined a person known from another source, or made one person of several."""
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    """It concerns somebody whom the owner removed later; nothing of it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A contact as the store holds it. `indexed` are the keys it is found by; `version` counts its writes."""

    id: str
    owner: str
    version: int
    rev: int
    digest: str
    state: State
    indexed: frozenset[str]
    created_by: str | None = None
    merged_into: str | None = None
    published_sequence: int = 0
    is_unpublished: bool = False
    traceparent: str | None = None
    """Of the fact that its present revision comes of, where that is known."""

    @property
    def is_torn(self) -> bool:
        """Whether a merge stopped half-way: it knows of keys that it is not found by, or of a snapshot that it does not tell."""
        return self.merged_into is None and (self.indexed != self.state.keys or not self.digest)

    @property
    def ties(self) -> frozenset[str]:
        """Whom it must be seen together with: who holds the keys it lacks, or whom it became part of."""
        if self.merged_into is not None:
            return frozenset({self.merged_into})
        return self.state.keys - self.indexed


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One contact's new state.

    `before` is every stored contact that becomes part of it; when it is just the target itself, or nothing, one write does.
    """

    id: str
    owner: str
    rev: int
    state: State
    digest: str
    content: bytes
    before: tuple[Stored, ...]
    created_by: str | None
    is_visible: bool
    """Whether its snapshot changed, so that it must be published."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    traceparent: str | None = None
    """Of the latest fact that changed its snapshot; what was known where none did."""

    @property
    def target(self) -> Stored | None:
        """The stored contact that carries on, if there is one."""
        return next((stored for stored in self.before if stored.id == self.id), None)

    @property
    def absorbed(self) -> tuple[Stored, ...]:
        """The stored contacts that become part of the target."""
        return tuple(stored for stored in self.before if stored.id != self.id and stored.merged_into is None)

    @property
    def is_simple(self) -> bool:
        """Whether one write of one document carries it out."""
        return not self.absorbed

    @property
    def is_needed(self) -> bool:
        """Whether anything at all must be written."""
        target = self.target
        return (
            target is None
            or self.is_visible
            or target.state != self.state
            or target.indexed != self.state.keys
            or bool(self.absorbed)
        )

    @property
    def published_sequence(self) -> int:
        """What we think the stream holds of the target; 0 is nothing."""
        return self.target.published_sequence if self.target else 0

    @property
    def is_to_publish(self) -> bool:
        """Whether its revision must be published: it is new, or still unpublished, whether or not this change is visible."""
        return self.is_visible or bool(self.target and self.target.is_unpublished)


def content_of(state: State, *, owner: str, id: str) -> tuple[bytes, str]:  # noqa: A002  # the contact's own word
    """Return a snapshot's JSON without its `rev`, and a digest to compare it by."""
    content = snapshot_of(state, owner=owner, id=id, rev=0).model_dump_json(exclude={"rev"}).encode()
    return content, hashlib.sha256(content).hexdigest()[:16]


def with_rev(content: bytes, rev: int) -> bytes:
    """Put a revision into what `content_of` returned."""
    return b'{"rev":%d,%b' % (rev, content[1:])


def decide(*, facts: Sequence[tuple[str, Fact]], stored: Iterable[Stored], is_one: frozenset[str] = frozenset()) -> list[Change]:
    """
    Group *facts* with the contacts they concern and return the change each group makes.

    Args:
        facts: Each with its token (`statements.fact_token`); all of them name somebody.
        stored: Every contact that holds a key of a fact, or whose id is one, and all that `ties` lead to from there.
        is_one: Keys of which the owner says that they are one person's; whoever holds one of them is.

    A group is a connected component: facts and contacts that share a key, directly or through others. One without a fact is
    left as it is, unless a merge of it stopped half-way.
    """
    groups = _group([_Node(state=state_of(fact), fact=(name, fact)) for name, fact in facts], list(stored), is_one=is_one)
    return [_change(group) for group in groups if group.facts or group.is_joined or any(item.is_torn for item in group.stored)]


@dataclass(frozen=True, slots=True)
class _Node:
    state: State
    fact: tuple[str, Fact]


@dataclass(slots=True)
class _Group:
    facts: list[_Node] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)

    @property
    def is_joined(self) -> bool:
        """Whether it is several contacts: without a fact, the owner's word made them one."""
        return sum(item.merged_into is None for item in self.stored) > 1


def _group(nodes: Sequence[_Node], stored: Sequence[Stored], *, is_one: frozenset[str]) -> list[_Group]:
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def unite(keys: Iterable[str]) -> str:
        first, *others = keys
        for other in others:
            parent[root(other)] = root(first)
        return first

    representative = [unite(sorted(node.state.keys)) for node in nodes]
    owners = [unite([item.id, *sorted(item.state.keys | item.indexed | item.ties)]) for item in stored]
    if is_one:
        unite(sorted(is_one))
    groups: dict[str, _Group] = {}
    for node, key in zip(nodes, representative, strict=True):
        groups.setdefault(root(key), _Group()).facts.append(node)
    for item, key in zip(stored, owners, strict=True):
        groups.setdefault(root(key), _Group()).stored.append(item)
    return list(groups.values())


def _change(group: _Group) -> Change:
    owner = group.facts[0].fact[1].owner if group.facts else group.stored[0].owner
    alive = [item for item in group.stored if item.merged_into is None]
    state = reduce(join, [item.state for item in alive]) if alive else EMPTY
    created_by = next((item.created_by for item in alive), None)
    outcomes: dict[str, Outcome] = {}
    digest = alive[0].digest if len(alive) == 1 else ""
    identity = alive[0].id if len(alive) == 1 else ""
    content: bytes | None = None
    traceparent = alive[0].traceparent if len(alive) == 1 else None
    known_sources = state.sources
    for node in sorted(group.facts, key=_order):
        name, fact = node.fact
        existed = state.birth is not None
        created_by = created_by if existed else name
        state = join(state, node.state)
        assert state.birth is not None
        content, new_digest = content_of(state, owner=owner, id=state.birth.token)
        is_same = new_digest == digest and state.birth.token == identity
        outcomes[name] = _outcome(fact=fact, state=state, existed=existed, is_same=is_same, known_sources=known_sources)
        traceparent = traceparent if is_same else fact.traceparent
        digest, identity = new_digest, state.birth.token
        known_sources = known_sources if existed else state.sources
    if content is None:
        assert state.birth is not None
        identity = state.birth.token
        content, digest = content_of(state, owner=owner, id=identity)
    target = next((item for item in group.stored if item.id == identity), None)
    is_visible = target is None or target.merged_into is not None or target.digest != digest or len(alive) > 1
    # Who became part of somebody may have a higher revision: a snapshot that does not change keeps its own.
    rev = max((item.rev for item in group.stored), default=0) + 1 if is_visible or target is None else target.rev
    return Change(
        id=identity,
        owner=owner,
        rev=rev,
        state=state,
        digest=digest,
        content=content,
        before=tuple(group.stored),
        created_by=created_by,
        is_visible=is_visible,
        outcomes=outcomes,
        traceparent=traceparent,
    )


def _order(node: _Node) -> Stamp:
    """The order of a batch does not matter to the contact; in this one the outcomes read naturally."""
    return stamp_of(node.fact[1])


def _outcome(*, fact: Fact, state: State, existed: bool, is_same: bool, known_sources: frozenset[str]) -> Outcome:
    if state.is_removed:
        return Outcome.UPDATED if not is_same else Outcome.REMOVED
    if not existed:
        return Outcome.CREATED
    if is_same:
        return Outcome.UNCHANGED
    return Outcome.UPDATED if fact.source in known_sources else Outcome.MERGED

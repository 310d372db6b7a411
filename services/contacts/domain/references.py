"""Which facts cannot be applied because of whom they name, and which wait until that person appears."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.contacts.domain.changes import Stored
from services.contacts.domain.identity import own_id_of, tokens_of
from shared.messages.cloudevents import Fact

MAX_KEYS = 1_000
"""Identity keys of one person. Who has more is no person, but an emitter that gives a new id each time."""

NAMES_NOBODY = (
    "contact: nothing in it names anybody; give an email, a LinkedIn profile (linkedin.com/in/...), a uid, or source with id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What becomes of facts that are not applied, by their tokens: why they are refused, or that they are parked."""

    refused: Mapping[str, str]
    parked: frozenset[str] = frozenset()

    def has(self, token: str) -> bool:
        """Whether this fact is not applied."""
        return token in self.refused or token in self.parked


def sort_out(*, facts: Sequence[tuple[str, Fact]], stored: Iterable[Stored], parking: Collection[str] = frozenset()) -> Sorted:
    """
    Return which facts are not applied; the others can be applied together.

    Args:
        facts: Each with its token (`parts.Part`), all of one owner.
        stored: Every contact of that owner whom they may concern (`changes.decide`).
        parking: The sources whose facts about unknown people wait.

    Refused are a fact that names nobody, one that refers by our id to a contact who neither exists nor is brought by another
    fact of the batch, and one that would give a person more than `MAX_KEYS` keys. Parked is a fact of a parking source whose
    person neither exists nor is brought by another fact; facts that wait bring nobody. Who was removed is known.
    """
    named = {token: frozenset(tokens_of(fact)) for token, fact in facts}
    refused = {token: NAMES_NOBODY for token, keys in named.items() if not keys}
    keys_of = {key: item.state.keys for item in stored for key in {item.id} | item.indexed | item.state.keys}
    for token, keys in named.items():
        held = frozenset[str]().union(*(keys_of[key] for key in keys if key in keys_of))
        if len(held | keys) > MAX_KEYS and not keys <= held:
            refused[token] = f"contact: one person cannot have more than {MAX_KEYS:,} identity keys"
    if all(own_id_of(fact) is None and fact.source not in parking for _, fact in facts):
        return Sorted(refused=refused)
    left = _left_over([(token, fact) for token, fact in facts if token not in refused], known=set(keys_of), parking=parking)
    dangling = {
        token: f"contact.id: there is no contact {own_id!r}; name them by email, linkedin_url or uid"
        for token, fact in left
        if (own_id := own_id_of(fact)) is not None
    }
    return Sorted(refused=refused | dangling, parked=frozenset(token for token, _ in left if token not in dangling))


def _left_over(facts: Sequence[tuple[str, Fact]], *, known: set[str], parking: Collection[str]) -> Sequence[tuple[str, Fact]]:
    """Return the facts that must name somebody known and do not; what names the person of one of them does neither."""
    waiting = list(facts)
    while True:
        good = [(token, fact) for token, fact in waiting if _may_be_applied(fact, known=known, parking=parking)]
        if not good:
            return waiting
        known |= {key for _, fact in good for key in tokens_of(fact)}
        done = {token for token, _ in good}
        waiting = [(token, fact) for token, fact in waiting if token not in done]


def _may_be_applied(fact: Fact, *, known: Collection[str], parking: Collection[str]) -> bool:
    if (own_id := own_id_of(fact)) is not None:
        return own_id in known
    return fact.source not in parking or any(key in known for key in tokens_of(fact))

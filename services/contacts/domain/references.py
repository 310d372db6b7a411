"""Which facts cannot be applied because of whom they name."""

from collections.abc import Iterable, Sequence

from services.contacts.domain.changes import Stored
from services.contacts.domain.identity import own_id_of, tokens_of
from shared.messages.cloudevents import Fact

MAX_KEYS = 1_000
"""Identity keys of one person. Who has more is no person, but an emitter that gives a new id each time."""

NAMES_NOBODY = (
    "contact: nothing in it names anybody; give an email, a LinkedIn profile (linkedin.com/in/...), a uid, or source with id"
)


def refusals(*, facts: Sequence[tuple[str, Fact]], stored: Iterable[Stored]) -> dict[str, str]:
    """
    Return why facts are refused, by their tokens; the others can be applied together.

    Args:
        facts: Each with its token (`statements.fact_token`), all of one owner.
        stored: Every contact of that owner whom they may concern (`changes.decide`).

    Refused are a fact that names nobody, one that refers by our id to a contact who neither exists nor is brought by another
    fact of the batch, and one that would give a person more than `MAX_KEYS` keys.
    """
    named = {token: frozenset(tokens_of(fact)) for token, fact in facts}
    refused = {token: NAMES_NOBODY for token, keys in named.items() if not keys}
    keys_of = {key: item.state.keys for item in stored for key in {item.id} | item.indexed | item.state.keys}
    for token, keys in named.items():
        held = frozenset[str]().union(*(keys_of[key] for key in keys if key in keys_of))
        if len(held | keys) > MAX_KEYS and not keys <= held:
            refused[token] = f"contact: one person cannot have more than {MAX_KEYS:,} identity keys"
    if all(own_id_of(fact) is None for _, fact in facts):
        return refused
    return refused | _dangling([(token, fact) for token, fact in facts if token not in refused], known=set(keys_of))


def _dangling(facts: Sequence[tuple[str, Fact]], *, known: set[str]) -> dict[str, str]:
    """Return the refusals of references by our id that lead nowhere; what refers to a refused fact's person leads nowhere too."""
    waiting = list(facts)
    while True:
        good = [(token, fact) for token, fact in waiting if (own_id := own_id_of(fact)) is None or own_id in known]
        if not good:
            return {
                token: f"contact.id: there is no contact {own_id_of(fact)!r}; name them by email, linkedin_url or uid"
                for token, fact in waiting
            }
        known |= {key for _, fact in good for key in tokens_of(fact)}
        done = {token for token, _ in good}
        waiting = [(token, fact) for token, fact in waiting if token not in done]

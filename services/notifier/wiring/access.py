"""Builds what decides who may come in: over NATS, and through the HTTP door."""

from services.notifier.doorkeeper import Doorkeeper
from services.notifier.nats_jwt import Issuer
from services.notifier.store.accounts import AccountStore
from services.notifier.store.credentials import CredentialStore
from services.notifier.store.sessions import SessionStore
from services.notifier.system_account import SystemAccount, open_system_account
from services.notifier.use_cases.access import Access
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.wiring.ground import Ground
from services.notifier.wiring.tools import Owners
from shared.logging import get_logger
from shared.violations import Violations

log = get_logger(__name__)


async def open_access(ground: Ground, *, owners: Owners) -> Access:
    """Connect the doorkeeper, where the broker has one, and let it answer."""
    system = await _open_system_account(ground)
    store = CredentialStore(ground.database)
    await store.ensure_indexes()
    access = Access(store=store, has_owner=owners.has_owner, connections=system, counters=ground.counters, clock=ground.clock)
    if system is not None and (seed := ground.settings.nats_issuer_seed) is not None:
        issuer = Issuer(seed.get_secret_value())
        await system.answer(Doorkeeper(access=access, issuer=issuer, clock=ground.clock).on_knock)
    return access


async def open_signing_in(ground: Ground, *, owners: Owners) -> SigningIn:
    """Return what signs owners in at the pages."""
    sessions = SessionStore(ground.database)
    await sessions.ensure_indexes()
    return SigningIn(
        accounts=AccountStore(ground.database),
        sessions=sessions,
        has_owner=owners.has_owner,
        counters=ground.counters,
        clock=ground.clock,
        public_url=ground.settings.public_url,
    )


async def _open_system_account(ground: Ground) -> SystemAccount | None:
    password = ground.settings.doorkeeper_password
    if password is None:
        log.info("doorkeeper_off", reason="HOBNOB_DOORKEEPER_PASSWORD is not set: the broker decides alone who may come in")
        return None
    opening = open_system_account(ground.settings.nats_url, password=password, violations=Violations(ground.counters))
    return await ground.stack.enter_async_context(opening)

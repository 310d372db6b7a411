"""What a stack will consist of, decided before anything starts."""

from dataclasses import dataclass

from deploy.local.children import ChildSpec
from deploy.local.credentials import StackCredentials, ensure_credentials
from deploy.local.layout import DataFolder
from deploy.local.ports import HOST, HTTP_PORT, MONGO_PORT, NATS_PORT, choose, demand
from deploy.local.secrets_key import ensure_secrets_key
from deploy.local.settings import StackSettings
from deploy.local.specs import SERVICES, mongo_spec, nats_spec, service_spec
from deploy.local.state import Ports

ANY_PORT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The processes of a stack and where they listen."""

    nats_url: str
    mongo_url: str
    http_url: str
    ports: Ports
    credentials: StackCredentials | None
    """Of the broker's users; None at a broker of the environment."""
    servers: tuple[ChildSpec, ...]
    services: tuple[ChildSpec, ...]
    external: tuple[str, ...]
    """Servers of the environment, that are used and not started."""


def make_plan(folder: DataFolder, *, settings: StackSettings, asked_port: int | None, remembered: Ports) -> Plan:
    """
    Choose the ports, make the passwords that are missing, and list the processes.

    Args:
        folder: Where the stack lives; its folders exist.
        settings: Says which servers run already.
        asked_port: HTTP port that somebody named; 0 takes any free port for everything, None the usual ones where free.
        remembered: The ports of last time.

    Raises:
        PortTaken: *asked_port* is not free.
        StackError: the folder's passwords cannot be read.
        ServerMissing: a server program is not on this machine and no URL is set.
    """
    servers: list[ChildSpec] = []
    external: list[str] = []
    any_port = asked_port == ANY_PORT
    nats_port = mongo_port = credentials = None
    if settings.nats_url:
        nats_url = settings.nats_url
        external.append("nats")
    else:
        nats_port = choose(remembered=remembered.nats, usual=None if any_port else NATS_PORT)
        nats_url = f"nats://{HOST}:{nats_port}"
        credentials = ensure_credentials(folder.credentials)
        servers.append(nats_spec(folder, port=nats_port, credentials=credentials))
    if settings.mongo_url:
        mongo_url = settings.mongo_url.get_secret_value()
        external.append("mongo")
    else:
        mongo_port = choose(remembered=remembered.mongo, usual=None if any_port else MONGO_PORT)
        mongo_url = f"mongodb://{HOST}:{mongo_port}"
        servers.append(mongo_spec(folder, port=mongo_port))
    has_own_key = settings.secrets_key is None and settings.secrets_key_file is None
    if has_own_key:
        ensure_secrets_key(folder.secrets_key)
    http_port = demand(asked_port) if asked_port else choose(remembered=remembered.http, usual=None if any_port else HTTP_PORT)
    return Plan(
        nats_url=nats_url,
        mongo_url=mongo_url,
        http_url=f"http://{HOST}:{http_port}",
        ports=Ports(nats=nats_port, mongo=mongo_port, http=http_port),
        credentials=credentials,
        servers=tuple(servers),
        services=tuple(
            service_spec(
                folder,
                name=name,
                nats_url=nats_url,
                mongo_url=mongo_url,
                http_port=http_port,
                credentials=credentials,
                has_own_key=has_own_key,
            )
            for name in SERVICES
        ),
        external=tuple(external),
    )

"""
`/optout/<token>`: where the link in a greeting leads.

`GET` shows a page with buttons and changes nothing, because programs follow every link in a mail to look for viruses. `POST`
is the button, and also what a mail program sends when its own "unsubscribe" is pressed.

Source:
    RFC 8058 (one-click unsubscribe: a POST without any question).
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.notifier.domain.languages import ENGLISH, language_of, typeset
from services.notifier.domain.optout import PATH
from services.notifier.use_cases.optouts import Asked
from services.notifier.web.bodies import read_body
from shared.errors import NotFound
from shared.messages.values import Occasion

BODY_BYTES: Final = 4_096
SCOPE: Final = "scope"
ONLY_THIS: Final = "occasion"
STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34em;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.4em}button{font:inherit;padding:.6em 1em;min-height:44px;cursor:pointer}"
)
_STYLE_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutDesk:
    """What the page works with: both take the token, the second also whether only the one occasion is meant."""

    look_up: Callable[[str], Awaitable[Asked]]
    opt_out: Callable[[str, bool], Awaitable[Asked]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    title: str
    question: str
    all_of_it: str
    only_this: str
    done: str
    done_only_this: str
    unknown: str
    occasions: dict[Occasion, str]


_TEXTS: Final = {
    "en": _Texts(
        title="Greetings by email",
        question="{name} sends you greetings by email now and then. Shall that end?",
        all_of_it="No more greetings",
        only_this="No more greetings {occasion}",
        done="Done. You will get no more greetings from {name}.",
        done_only_this="Done. You will get no more greetings {occasion} from {name}.",
        unknown="This link is not complete. Copy it from the mail as a whole, or simply answer the mail.",
        occasions={
            Occasion.BIRTHDAY: "for my birthday",
            Occasion.WORK_ANNIVERSARY: "for anniversaries at work",
            Occasion.NEW_JOB: "for a new job",
        },
    ),
    "de": _Texts(
        title="Grüße per E-Mail",
        question="{name} schickt Ihnen ab und zu einen Gruß per E-Mail. Soll das enden?",
        all_of_it="Keine Grüße mehr",
        only_this="Keine Grüße mehr {occasion}",
        done="Erledigt. Sie bekommen keine Grüße mehr von {name}.",
        done_only_this="Erledigt. Sie bekommen von {name} keine Grüße mehr {occasion}.",
        unknown="Dieser Link ist nicht vollständig. Kopieren Sie ihn ganz aus der E-Mail, oder antworten Sie einfach darauf.",
        occasions={
            Occasion.BIRTHDAY: "zum Geburtstag",
            Occasion.WORK_ANNIVERSARY: "zum Arbeitsjubiläum",
            Occasion.NEW_JOB: "zur neuen Stelle",
        },
    ),
    "fr": _Texts(
        title="Messages par e-mail",
        question="{name} vous écrit de temps en temps un petit message par e-mail. Faut-il que cela cesse ?",
        all_of_it="Plus aucun message",
        only_this="Plus de message {occasion}",
        done="C’est fait. Vous ne recevrez plus de messages de {name}.",
        done_only_this="C’est fait. Vous ne recevrez plus de message {occasion} de la part de {name}.",
        unknown="Ce lien n’est pas complet. Copiez-le en entier depuis l’e-mail, ou répondez simplement à celui-ci.",
        occasions={
            Occasion.BIRTHDAY: "pour mon anniversaire",
            Occasion.WORK_ANNIVERSARY: "pour un anniversaire professionnel",
            Occasion.NEW_JOB: "pour un nouveau poste",
        },
    ),
    "es": _Texts(
        title="Saludos por correo",
        question="{name} le envía de vez en cuando un saludo por correo. ¿Quiere que deje de hacerlo?",
        all_of_it="No más saludos",
        only_this="No más saludos {occasion}",
        done="Hecho. No recibirá más saludos de {name}.",
        done_only_this="Hecho. No recibirá más saludos {occasion} de parte de {name}.",
        unknown="Este enlace no está completo. Cópielo entero del correo o simplemente responda al mensaje.",
        occasions={
            Occasion.BIRTHDAY: "por el cumpleaños",
            Occasion.WORK_ANNIVERSARY: "por aniversarios laborales",
            Occasion.NEW_JOB: "por un nuevo puesto",
        },
    ),
}


def optout_router(desk: OptOutDesk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH + "/{token}")
    async def show(token: str) -> Response:
        try:
            return _page(await desk.look_up(token))
        except NotFound:
            return _unknown()

    @router.post(PATH + "/{token}")
    async def ask(token: str, request: Request) -> Response:
        body = await read_body(request, limit_bytes=BODY_BYTES)
        # Whatever else a mail program sends means "everything".
        only_this = parse_qs(body.decode("ascii", "replace")).get(SCOPE) == [ONLY_THIS]
        try:
            return _page(await desk.opt_out(token, only_this))
        except NotFound:
            return _unknown()

    return router


def _page(asked: Asked) -> Response:
    language = language_of(asked.language) if language_of(asked.language) in _TEXTS else ENGLISH
    texts = _TEXTS[language]
    told = {"name": asked.owner_name, "occasion": texts.occasions.get(asked.occasion, "")}
    if asked.is_silent:
        text, buttons = texts.done, []
    elif asked.is_muted:
        text, buttons = texts.done_only_this if told["occasion"] else texts.done, [("all", texts.all_of_it)]
    else:
        text, buttons = texts.question, [("all", texts.all_of_it)]
        if told["occasion"]:
            buttons.append((ONLY_THIS, texts.only_this))
    return _render(
        language=language,
        title=texts.title,
        text=_filled(text, told, language),
        buttons=[(value, _filled(label, told, language)) for value, label in buttons],
    )


def _filled(text: str, told: dict[str, str], language: str) -> str:
    # Typeset before the name is in it: a name stays as it is.
    return typeset(text, language=language).format(**told)


def _unknown() -> Response:
    texts = _TEXTS[ENGLISH]
    return _render(language=ENGLISH, title=texts.title, text=texts.unknown, buttons=[], status=HTTPStatus.NOT_FOUND)


def _render(
    *, language: str, title: str, text: str, buttons: list[tuple[str, str]], status: HTTPStatus = HTTPStatus.OK
) -> Response:
    template = _environment().get_template("optout.html")
    html = template.render(language=language, title=title, text=text, buttons=buttons, scope=SCOPE, style=STYLE)
    return HTMLResponse(html, status_code=status, headers=HEADERS)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("services.notifier.web"), autoescape=True, undefined=StrictUndefined)

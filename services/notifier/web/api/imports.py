"""`/api/v1/imports`: bring a file, see how far it is and what became of its rows."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, StreamedRoute, answer
from services.notifier.web.desk import Desk
from services.notifier.web.import_uploads import MULTIPART, received
from services.notifier.web.session import ApiCaller
from shared.errors import InvalidMessage
from shared.messages.imports import ImportPage, ImportProgress
from shared.messages.rpc import Cursor
from shared.messages.values import Id

_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 20,
                            "items": {"type": "string", "format": "binary"},
                            "description": "A LinkedIn ZIP, a CSV, vCards, a calendar of birthdays; several parts of this name.",
                        },
                        "date_order": {
                            "type": "string",
                            "enum": ["dmy", "mdy", "ymd"],
                            "description": "How 03/04/1985 is meant, where the file does not show it.",
                        },
                    },
                }
            }
        },
    }
}


class ImportsAccepted(BaseModel):
    """The ids of the imports, in the order of the files; each is at `/imports/{import_id}` as soon as it has its turn."""

    model_config = ConfigDict(frozen=True)

    imports: tuple[Id, ...]


def imports_router(desk: Desk) -> APIRouter:
    """Return the routes about imports."""
    router = APIRouter(prefix="/imports", tags=["imports"], route_class=ApiRoute)
    router.add_api_route(
        "",
        _bring(desk),
        methods=["POST"],
        # An `ApiRoute` reads the whole body first. This one may be large, and is read in pieces.
        route_class_override=StreamedRoute,
        status_code=HTTPStatus.ACCEPTED,
        response_model=ImportsAccepted,
        responses=PROBLEMS,
        summary="Bring files to be imported",
        openapi_extra=_FORM,
    )

    @router.get("", response_model=ImportPage, responses=READING, summary="List imports, the newest first")
    async def list_imports(
        request: Request,
        caller: ApiCaller,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 20,
    ) -> Response:
        return answer(request, await desk.importing.list(owner=caller.owner, cursor=cursor, limit=limit))

    @router.get("/{import_id}", response_model=ImportProgress, responses=READING, summary="Read one import with its receipts")
    async def get_import(request: Request, caller: ApiCaller, import_id: Id) -> Response:
        return answer(request, await desk.importing.get(owner=caller.owner, import_id=import_id))

    return router


def _bring(desk: Desk) -> Any:
    async def bring_imports(request: Request, caller: ApiCaller) -> Response:
        """Accepted files are imported whatever becomes of the sender. The same file again changes nothing."""
        async with received(request, room=desk.uploads, limit_bytes=desk.importing.max_bytes) as form:
            if not form.uploads:
                raise InvalidMessage("file: send at least one file, as a part of that name")
            ids = await desk.importing.take(owner=caller.owner, uploads=form.uploads, date_order=form.date_order)
        accepted = ImportsAccepted(imports=tuple(ids))
        return Response(accepted.model_dump_json(), status_code=HTTPStatus.ACCEPTED, media_type="application/json")

    return bring_imports

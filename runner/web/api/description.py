"""`/openapi.json`, for programs: it says nothing about an installation, so everybody may read it."""

import json
from functools import cache

from fastapi import APIRouter, Response

from runner.api.table import operations
from runner.web.api.openapi import openapi
from runner.web.api.schema import Schema

router = APIRouter()


@router.api_route("/openapi.json", methods=["GET", "HEAD"])
async def describe() -> Response:
    return Response(_text(), media_type="application/json", headers={"Cache-Control": "no-cache"})


@cache
def description() -> Schema:
    return openapi(operations())


@cache
def _text() -> bytes:
    return json.dumps(description(), ensure_ascii=False).encode()

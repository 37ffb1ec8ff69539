"""The API's routes, made from the table of operations: parse, call, answer."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Path, Query
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, create_model

from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.api.table import operations
from runner.view.document import document
from runner.web.identity import caller_of

PREFIX = "/api/v1"


def add_operations(to: FastAPI) -> None:
    router = APIRouter(prefix=PREFIX)
    # A stack's name may have slashes: it stands last, and the longer paths are matched first.
    for one in operations():
        router.add_api_route(
            one.path.replace("{stack}", "{stack:path}"),
            _endpoint(one),
            methods=[one.method],
            operation_id=one.name,
            summary=one.summary,
            response_model=None,
        )
    to.include_router(router)


def _endpoint(of: Operation[..., Any]) -> Callable[..., Any]:
    """A function with the signature that FastAPI reads: path, query and body from those of the operation."""
    in_body = {
        name: one for name, one in of.parameters.items() if name not in of.in_path and of.method != "GET"
    }

    def answer(caller: Caller, **given: Any) -> JSONResponse:
        body = given.pop("body", None)
        if body is not None:
            given |= {name: getattr(body, name) for name in in_body}
        return JSONResponse(document(of(caller, **given)))

    signature = [
        _positional("caller", Annotated[Caller, Depends(caller_of)]),
    ]
    for name, one in of.parameters.items():
        if name in of.in_path:
            signature.append(_positional(name, Annotated[one.annotation, Path()]))
        elif name not in in_body:
            signature.append(_keyword(name, Annotated[one.annotation, Query()], one.default))
    if in_body:
        fields: dict[str, Any] = {
            name: (one.annotation, ... if one.default is one.empty else one.default)
            for name, one in in_body.items()
        }
        model = create_model(f"{of.name}_body", __config__=ConfigDict(extra="forbid"), **fields)
        signature.append(_positional("body", Annotated[model, Body()]))
    answer.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined] # what FastAPI asks for
    answer.__name__ = of.name
    answer.__doc__ = inspect.getdoc(of.perform)
    return answer


def _positional(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)

"""How the arguments of an operation are read from a request: path, query and body."""

import types
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import cached_property, reduce
from inspect import Parameter
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from runner.api.operation import Operation
from runner.errors.request import Invalid, InvalidRequest, NotJson
from runner.model.values.moment import LONGEST
from runner.model.values.number import MOST_DIGITS
from runner.model.values.span import Seconds
from runner.web.api.numbers import REPORT, RUN, number_in

# Parameters with short typed ids, such as `run-184`, and their prefixes.
IDS: Mapping[str, str] = {"run": RUN, "runs": RUN, "report": REPORT, "reports": REPORT}
LEAST: Mapping[str, int] = {"limit": 1}  # of other numbers; none is negative
OWN = "Value error, "  # what pydantic writes before a message of ours
MAX_ID = 10**MOST_DIGITS - 1
STRICT = ConfigDict(extra="forbid")
_UNIONS = (Union, types.UnionType)
_MANY = (tuple, list, frozenset, set)


class Arguments:
    """Those of one operation; each part of a request is a model of its own."""

    def __init__(self, of: Operation[..., Any]) -> None:
        self._of = of

    @cached_property
    def path(self) -> type[BaseModel]:
        return self._model("path", {name for name in self._of.parameters if name in self._of.in_path})

    @cached_property
    def query(self) -> type[BaseModel]:
        return self._model("query", self._others if self._of.method == "GET" else set())

    @cached_property
    def body(self) -> type[BaseModel]:
        return self._model("body", self._others if self._of.method != "GET" else set())

    async def read(self, request: Request, *, but: Collection[str] = ()) -> dict[str, Any]:
        """By name, without those that were left out; InvalidRequest with every problem of the request.

        `but` are parts of the query that are not for the operation.
        """
        raw = await request.body()
        if raw and not _is_json(given := request.headers.get("content-type", "")):
            raise NotJson(given=given or "untyped")
        problems: list[Invalid] = []
        found: dict[str, Any] = {}
        parts: tuple[tuple[str, Callable[[], BaseModel]], ...] = (
            ("path", lambda: self.path.model_validate(request.path_params)),
            ("query", lambda: self.query.model_validate(_queried(request, self.query, but))),
            ("body", lambda: self.body.model_validate_json(raw or b"{}", strict=True)),
        )
        for place, read in parts:
            try:
                model = read()
            except ValidationError as error:
                problems += _problems(place, error)
            else:
                found |= {name: getattr(model, name) for name in model.model_fields_set}
        if problems:
            raise InvalidRequest.of(problems)
        return found

    @property
    def _others(self) -> set[str]:
        return self._of.parameters.keys() - self._of.in_path

    def _model(self, place: str, names: set[str]) -> type[BaseModel]:
        fields: dict[str, Any] = {
            name: (_accepted(name, one.annotation), ... if one.default is Parameter.empty else one.default)
            for name, one in self._of.parameters.items()
            if name in names
        }
        return create_model(f"{self._of.name}_{place}", __config__=STRICT, **fields)


def takes_many(annotation: Any) -> bool:
    """Whether it may be given several times in a query."""
    if get_origin(annotation) in _UNIONS:
        return any(map(takes_many, get_args(annotation)))
    return get_origin(annotation) in _MANY or annotation in _MANY


def _queried(request: Request, model: type[BaseModel], but: Collection[str]) -> dict[str, Any]:
    """What is given several times, although it is one value, fails as a list."""
    given: dict[str, Any] = {}
    for name in request.query_params.keys() - set(but):
        values = request.query_params.getlist(name)
        field = model.model_fields.get(name)
        many = field is not None and takes_many(field.annotation)
        given[name] = values if many or len(values) > 1 else values[0]
    return given


def _accepted(name: str, annotation: Any) -> Any:
    """Ids are also taken as everybody writes them, and no number is one that the database cannot hold."""
    number = _numbered(IDS[name]) if name in IDS else _plain_number(LEAST.get(name, 0))
    return _with_numbers(annotation, number)


def _with_numbers(annotation: Any, number: Any) -> Any:
    if annotation is int:
        return number
    if annotation is datetime:
        return Annotated[datetime, AfterValidator(_in_utc)]
    if annotation is Seconds:
        return Annotated[Seconds, AfterValidator(_bounded)]
    arguments = tuple(_with_numbers(one, number) for one in get_args(annotation))
    origin = get_origin(annotation)
    if origin in _UNIONS:
        return reduce(or_, arguments)
    return annotation if origin is None else origin[arguments]


def _in_utc(moment: datetime) -> datetime:
    """As it is, if there is such a time in UTC."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a time of the years 1 to 9999 in UTC") from None
    return moment


def _bounded(span: Seconds) -> Seconds:
    if span > LONGEST:
        raise ValueError(f"expected at most {LONGEST}")
    return span


def _whole(value: Any) -> Any:
    """To JSON, 356.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain_number(least: int) -> Any:
    return Annotated[int, Field(ge=least, le=MAX_ID), BeforeValidator(_whole)]


def _numbered(prefix: str) -> Any:
    def read(value: Any) -> Any:
        if isinstance(value, float):
            return _whole(value)
        if not isinstance(value, str):
            return value
        number = number_in(value, prefix, bare=True)
        if number is None:
            raise ValueError(f"expected {prefix}-N or N")
        return number

    schema = {
        "anyOf": [
            {"type": "string", "pattern": f"^({prefix}-)?[0-9]{{1,{MOST_DIGITS}}}$"},
            {"type": "integer", "minimum": 0, "maximum": MAX_ID},
        ],
        "examples": [f"{prefix}-184"],
    }
    return Annotated[int, BeforeValidator(read), Field(ge=0, le=MAX_ID), WithJsonSchema(schema)]


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _problems(place: str, error: ValidationError) -> list[Invalid]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [Invalid(place, _pointer(one["loc"]), one["msg"].removeprefix(OWN)) for one in found]


def _pointer(parts: tuple[str | int, ...]) -> str:
    return "".join(f"/{_escaped(part)}" for part in parts)


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")

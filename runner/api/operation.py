"""One thing that a person can see or do: the function that does it, its role, and its place in the API."""

import inspect
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, get_type_hints

from runner.api.caller import Caller
from runner.errors import DriftlineError, ServedReadOnly
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.values.frozen import dataclass

P = ParamSpec("P")
T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "DELETE"]

# The parameters that name what an operation is about, and the stack of each: a role is held for a stack.
SUBJECTS: dict[str, Callable[[Caller, Any], str | None]] = {}


@dataclass(frozen=True)
class Operation(Generic[P, T]):
    """`path` has its named parameters in braces; the others are in the query of a GET, else in the JSON body.

    Without a role it is for everybody who is logged in.
    """

    method: Method
    path: str
    role: Role | None
    perform: Callable[Concatenate[Caller, P], T]
    at_daemon: AfterCrash | None = None  # it needs remotes or terraform, which not every process may use
    anywhere: bool = False  # where no stack is named, the role for any stack will do

    def __call__(self, caller: Caller, /, *args: P.args, **kwargs: P.kwargs) -> T:
        caller.app.note_look()
        given = self.bind(*args, **kwargs)
        # Before the veil: who names a stack that they may not see is told what they would be told of none.
        if self.role is not None:
            self._require(self.role, caller, given)
        if caller.access.unlimited:
            return self._do(caller, given)
        try:
            answer = self._do(caller, given)
        except DriftlineError as error:
            raise caller.veil().over_error(error) from error.__cause__
        return caller.veil().over(answer)

    def _require(self, role: Role, caller: Caller, given: dict[str, Any]) -> None:
        for stack in self._stacks(caller, given):
            if stack is not None or not (self.anywhere and caller.access.holds(role)):
                caller.require(role, stack, self.summary)

    def _do(self, caller: Caller, given: dict[str, Any]) -> T:
        asks = self.at_daemon is not None and caller.daemon is not None
        if caller.app.read_only and (asks or self.method != "GET"):
            raise ServedReadOnly(operation=self.summary)
        if self.at_daemon is not None and caller.daemon is not None:
            from runner.api.asking import ask
            from runner.view.document import read_document

            answer: T = read_document(self.answer, ask(caller, caller.daemon, self.name, given))
            return answer
        if self.method == "GET" and self.at_daemon is None:
            return caller.app.store.look(partial(self.perform, caller, **given))
        return self.perform(caller, **given)  # type: ignore[call-arg] # bound to its signature

    @property
    def name(self) -> str:
        return self.perform.__name__

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.perform) or self.name).split("\n\n")[0]

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """All but the caller, with their annotations resolved."""
        found = dict(inspect.signature(self.perform, eval_str=True).parameters)
        found.pop(next(iter(found)))
        return found

    @cached_property
    def answer(self) -> Any:
        """The type of what it returns."""
        return get_type_hints(self.perform)["return"]

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments by name, without those that are left out."""
        return self._signature.bind(*args, **kwargs).arguments

    @cached_property
    def _signature(self) -> inspect.Signature:
        """Without the caller. Annotations stay as they are written: to resolve them takes longer than most operations."""
        _, *parameters = inspect.signature(self.perform).parameters.values()
        return inspect.Signature(parameters)

    @property
    def in_path(self) -> frozenset[str]:
        return frozenset(name for name in self.parameters if f"{{{name}}}" in self.path)

    def _stacks(self, caller: Caller, given: dict[str, Any]) -> list[str | None]:
        """Those that the arguments name, each of which needs the role; None for all."""
        named = [
            stack_of(caller, given[name])
            for name, stack_of in SUBJECTS.items()
            if given.get(name) is not None
        ]
        return [*named, *given.get("stacks", ())] or [None]


def operation(
    method: Method,
    path: str,
    role: Role | None,
    *,
    at_daemon: AfterCrash | None = None,
    anywhere: bool = False,
) -> Callable[[Callable[Concatenate[Caller, P], T]], Operation[P, T]]:
    """Make the function below an operation."""

    def make(perform: Callable[Concatenate[Caller, P], T]) -> Operation[P, T]:
        return Operation(method, path, role, perform, at_daemon, anywhere)

    return make


def _of_run(caller: Caller, run: int) -> str:
    with caller.reading() as reader:
        return reader.run(run).stack


def _of_report(caller: Caller, report: int) -> str:
    with caller.reading() as reader:
        return reader.report(report).stack


def _of_stack(_caller: Caller, stack: str) -> str:
    return stack


SUBJECTS |= {"stack": _of_stack, "to": _of_stack, "new": _of_stack, "run": _of_run, "report": _of_report}

"""The names that one call of a module can refer to, with their values."""

from collections.abc import Callable
from dataclasses import field

from runner.model.constant.budget import DEEPEST, Budget
from runner.model.constant.definitions import Definitions, ModuleCall, Variable
from runner.model.constant.evaluate import evaluate
from runner.model.constant.expression import Refused, Value, Written, Wrong
from runner.model.constant.given import Given
from runner.model.constant.types import converted, same
from runner.model.values.frozen import dataclass

HERE = frozenset({"path.module", "path.root"})
WORKSPACE = "terraform.workspace"


@dataclass(frozen=True)
class Rules:
    """What one engine evaluates. `constant_only`: variables have to say `const = true`."""

    constant_only: bool
    workspace: str | None  # None if it does not know its workspace yet


@dataclass
class Scope:
    """The root module, with what is given to it; or a module with its call, which is evaluated where it stands."""

    definitions: Callable[[], Definitions]
    rules: Rules
    budget: Budget
    given: Given | None = None
    caller: "Scope | None" = None
    call: Callable[[], ModuleCall | None] | None = None
    depth: int = 0
    _known: dict[str, Value | Refused | Wrong] = field(default_factory=dict)

    def below(self, definitions: Callable[[], Definitions], call: Callable[[], ModuleCall | None]) -> "Scope":
        """Of a module that is called; its code, and that of its caller, are read only if a name is looked up."""
        return Scope(definitions, self.rules, self.budget, None, self, call)

    def value(self, written: Written) -> Value:
        """Refused with the reason."""
        try:
            return evaluate(written.expression, self.look, self.budget)
        except Wrong as error:
            raise Refused(str(error)) from None

    def look(self, name: str) -> Value:
        """The value of a name. Refused if there is none: a `try` does not help the engine either."""
        if name not in self._known:
            self._known[name] = Refused(f"{name} refers to itself")
            self.depth += 1
            try:
                if self.depth > DEEPEST:
                    raise Refused("it refers to what refers to others, more than can be followed")  # noqa: TRY301
                self._known[name] = self._looked_up(name)
            except (Refused, Wrong) as error:
                self._known[name] = Refused(_told(name, str(error)))
            finally:
                self.depth -= 1
        found = self._known[name]
        if isinstance(found, Refused):
            raise found
        return found

    def _looked_up(self, name: str) -> Value:
        kind, _, own = name.partition(".")
        definitions = self.definitions()
        if name in definitions.repeated:
            raise Refused("it is declared more than once")
        if definitions.unread and kind in {"var", "local"}:
            raise Refused(definitions.unread)
        if kind == "local":
            if own not in definitions.locals:
                raise Refused("it is not declared")
            return evaluate(definitions.locals[own].expression, self.look, self.budget)
        if kind == "var":
            if own not in definitions.variables:
                raise Refused("it is not declared")
            return self._variable(own, definitions.variables[own])
        if name in HERE and self.caller is None:
            return "."
        if name == WORKSPACE and self.rules.workspace is not None:
            return self.rules.workspace
        raise Refused("the engine does not know it yet, or Driftline does not evaluate it there")

    def _variable(self, name: str, variable: Variable) -> Value:
        if variable.secret:
            raise Refused(f"it is {variable.secret}, which no engine accepts there")
        if self.rules.constant_only and not variable.constant:
            raise Refused("it is not declared with const = true")
        value, said = self._said(name, variable)
        if value is None and not variable.nullable:
            raise Refused("it is null, and its declaration says what that means (nullable)")
        if said or variable.default is None:
            return value
        return converted(value, variable.declared)

    def _said(self, name: str, variable: Variable) -> tuple[Value, bool]:
        """The value, and whether it is given; otherwise it is the default, which is converted."""
        if self.caller is not None:
            call = self.call() if self.call is not None else None
            if call is None:
                raise Refused("the call of its module is declared more than once")
            argument = call.arguments.get(name)
            if argument is not None:
                value = evaluate(argument.expression, self.caller.look, self.budget)
                if not same(converted(value, variable.declared), value):
                    raise Refused("it has another type than the one that is declared")
                return value, True
        elif self.given is not None and self.given.has(name):
            return self.given.value(name, variable.declared, self.budget), True
        if variable.default is None:
            raise Refused("it has no value: set it in vars or var_files of the stack")
        return evaluate(variable.default.expression, _nothing, self.budget), False


def _nothing(name: str) -> Value:
    raise Refused(f"its default refers to {name}")


def _told(name: str, reason: str) -> str:
    """Each reason once with the name that it is about, however long the way to it."""
    return reason if reason.startswith(("var.", "local.", "path.", "terraform.")) else f"{name}: {reason}"

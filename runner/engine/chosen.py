"""Which of the installed engines an execution gets."""

from runner.engine.versions.inventory import Inventory
from runner.errors import ApprovalVoid
from runner.model.approval.binding import SHOWN, BoundEngine
from runner.model.engine.choice import Installed, choose
from runner.ports.engine import Execution


def engine_for(execution: Execution, inventory: Inventory) -> Installed:
    """By what the stack wants; for an apply, the one whose bytes made its plan."""
    engine, bound = execution.stack.engine, execution.bound
    installed = inventory.look(engine)
    if bound is not None:
        installed = tuple(one for one in installed if _made_plan(one, bound, inventory))
        if not installed:
            raise _void(execution, bound)
    chosen = choose(engine, execution.wants, execution.allowed_engines, installed)
    if isinstance(chosen, Installed):
        return chosen
    if bound is not None:
        raise _void(execution, bound, chosen.error(execution.stack.name).message)
    raise chosen.error(execution.stack.name)


def _made_plan(one: Installed, bound: BoundEngine, inventory: Inventory) -> bool:
    return not one.problem and one.version == bound.version and inventory.digest(one) == bound.binary


def _void(execution: Execution, bound: BoundEngine, why: str = "") -> ApprovalVoid:
    what = f"the engine's binary {f'may no longer be used ({why})' if why else 'is no longer installed'}"
    program = f"{bound.engine} {bound.version}, sha256 {bound.binary[:SHOWN]}"
    return ApprovalVoid(
        run=execution.run, what=f"{what} ({program})", hint=f"driftline plan {execution.stack.name}"
    )

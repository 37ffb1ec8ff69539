"""The engines that are installed, and how many stacks each serves."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from runner.model.engine.choice import Allowed, Installed, Misfit, choose
from runner.model.engine.holes import older_than
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.stack.engine_wants import EngineWants
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class EngineRow:
    """One program. `problem` is why it is refused, and `hole` what an older version than advised allows."""

    engine: str
    version: str | None
    default: bool
    stacks: int
    sha256: str | None
    path: str
    problem: str | None
    hole: str | None


EngineRows = tuple[EngineRow, ...]
InstalledBy = Mapping[str, tuple[Installed, ...]]  # by the name of the engine
InstalledOf = Callable[[str], tuple[Installed, ...]]


def engine_rows(
    settings: Settings, installed: InstalledBy, stacks: Iterable[Stack], digest: Callable[[Installed], str]
) -> EngineRows:
    """The newest first, and what is refused last."""
    served = Counter(path for stack in stacks if (path := _chosen(settings, installed, stack)))
    return tuple(
        EngineRow(
            engine=one.engine,
            version=one.version or None,
            default=one.default,
            stacks=served[one.path],
            sha256=digest(one) if one.version else None,
            path=one.path,
            problem=one.problem or None,
            hole=older_than(one.engine, one.version) if one.version else None,
        )
        for engine in installed.values()
        for one in (*_sound(engine)[::-1], *(one for one in engine if one.problem))
    )


def _sound(engine: Iterable[Installed]) -> list[Installed]:
    return [one for one in engine if not one.problem]


def _chosen(settings: Settings, installed: InstalledBy, stack: Stack) -> str | None:
    found = _choice(settings, installed.__getitem__, stack)
    return found.path if isinstance(found, Installed) else None


def _choice(settings: Settings, installed: InstalledOf, stack: Stack) -> Installed | Misfit | None:
    """None for a stack that is not planned any more."""
    source = settings.source(stack.source)
    if source is None or stack.missing_since is not None or stack.left is not None:
        return None
    engine = stack.definition.engine
    allowed = Allowed.by(source.allow, source.name, engine)
    return choose(engine, stack.wants, allowed, installed(engine))


def next_engine(settings: Settings, installed: InstalledOf, stack: Stack) -> str | None:
    """Such as `1.9.8`, or `none: only 1.11.4 is installed`."""
    found = _choice(settings, installed, stack)
    if isinstance(found, Misfit):
        return f"none: {found.why}"
    return None if found is None else found.version


def asked_by(wants: EngineWants) -> str:
    """What asks for a version, such as `.terraform-version asks for 1.9.8, main.tf for >= 1.5`."""
    wish = [(wants.wish.place, wants.wish.text)] if wants.wish is not None else []
    asked = [*wish, *((one.file, one.text) for one in wants.requirements)]
    return ", ".join(
        f"{place} {'for' if at else 'asks for'} {text}"
        for at, (place, text) in enumerate(dict.fromkeys(asked))
    )

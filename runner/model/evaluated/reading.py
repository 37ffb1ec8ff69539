"""What an apply evaluates, in the form people may see: the code, the values it reads, and where its providers work."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from runner.model.changes.changes import (
    MASK,
    UNKNOWN,
    Action,
    Evaluated,
    Place,
    Provisioner,
    Reading,
    Setting,
)
from runner.model.changes.mask import masked, plain_number, read_mark
from runner.model.changes.secret_shape import names_secret, without_likely_secrets
from runner.model.evaluated.code import UNREAD, Code, Part, plain_reference
from runner.model.evaluated.evaluated import FROM_CODE, Applying, Thing, leaves, place_of
from runner.model.evaluated.readable import Found
from runner.model.evaluated.reference import UNKNOWN_YET
from runner.model.secret.copies import Secrets
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

Marking = Callable[[Any], str]

LONGEST = 4_096  # characters kept of a value
MAX_READ = 24  # values of one argument that are listed one by one
_ENDS_OBJECTS = frozenset({Action.DELETE, Action.REPLACE})
# Settings that say where a provider works, under the names that providers use.
_PLACES = regex(
    r"(?:allowed_|forbidden_)?account(?:_?ids?|_name)?|(?:default_)?(?:region|zone|location|project)s?|profile|role(?:_arn)?"
    r"|(?:.*_)?(?:host|hostname|endpoint|endpoints|url|uri|address|addr|server)|(?:subscription|tenant)_id|environment"
    r"|owner|organi[sz]ation|org|namespace|cluster|config_(?:path|context)|database|context|folder|path|root"
    r"|endpoint_url_\w+"
)
_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "aws": ("AWS_",),
    "azurerm": ("ARM_",),
    "azuread": ("ARM_",),
    "google": ("GOOGLE_", "GCLOUD_", "CLOUDSDK_"),
    "kubernetes": ("KUBE_",),
}
_OPENS = frozenset("{[")
ROLE = regex(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):(?:role|assumed-role)/")


@dataclass(frozen=True)
class Around:
    """Context beside a plan's document. `places` are environment variables that say where providers work."""

    code: Code = UNREAD
    places: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    role: str = ""


ALONE = Around()


def unmarked(_value: Any) -> str:
    """For a plan that is not compared with another."""
    return ""


@dataclass(frozen=True)
class Evaluation:
    places: tuple[Place, ...] = ()
    commands: tuple[Provisioner, ...] = ()
    evaluated: tuple[Evaluated, ...] = ()
    readings: tuple[Reading, ...] = ()


def evaluation(applying: Applying, around: Around, secrets: Secrets, mark: Marking) -> Evaluation:
    """`mark` seals a value, so that the stored forms of two plans can be compared."""
    readings = _Readings(secrets, mark)
    evaluated = [readings.evaluated(thing) for thing in applying.things()]
    return Evaluation(
        places=tuple(_places(applying, around, evaluated, readings.readings, secrets)),
        commands=tuple(_commands(applying, secrets)),
        evaluated=tuple(evaluated),
        readings=tuple(readings.readings.values()),
    )


@dataclass
class _Readings:
    """The readings so far, without duplicates: many resources read the same values."""

    secrets: Secrets
    mark: Marking
    readings: dict[str, Reading] = field(default_factory=dict)
    # By the id of the mapping, which is kept alive so that its id is not reused.
    _many: dict[int, tuple[Mapping[str, Found], str]] = field(default_factory=dict)

    def evaluated(self, thing: Thing) -> Evaluated:
        if len(thing.found) > MAX_READ:
            reads = [self._together(thing.found)]
        else:
            reads = [self._one(thing, label, found) for label, found in thing.found.items()]
        return Evaluated(
            kind=str(thing.part),
            subject=thing.subject,
            argument=thing.argument,
            name=thing.name,
            index=thing.index,
            code=str(_cut(without_likely_secrets(self.secrets.scrub(thing.code)))),
            reads=tuple(reads),
        )

    def _one(self, thing: Thing, label: str, found: Found) -> str:
        # The value of an action's argument is in its configuration as shown.
        name = label if thing.part is not Part.ACTION else f"{thing.subject}: {thing.argument}"
        known = self.readings.get(name)
        hidden = names_secret(thing.argument) or (
            # A map or a block: it is not known which part of it comes from this value.
            (thing.name == FROM_CODE or thing.code.lstrip()[:1] in _OPENS) and names_secret(thing.code)
        )
        self.readings[name] = _reading(name, found, known, self.secrets, self.mark, hidden=hidden)
        return name

    def _together(self, found: Mapping[str, Found]) -> str:
        """A large number of values under one name."""
        known = self._many.get(id(found))
        if known is None:
            name = f"{', '.join(list(found)[:3])} and {len(found) - 3:,} more values"
            sealed = self.mark([[label, one.content] for label, one in found.items()])
            self.readings[name] = Reading(name, f"{len(found):,} values", mark=sealed)
            known = self._many[id(found)] = (found, name)
        return known[1]


def _reading(
    name: str, found: Found, known: Reading | None, secrets: Secrets, mark: Marking, *, hidden: bool
) -> Reading:
    hidden = hidden or found.hidden or (known is not None and known.sensitive)
    if known is not None and known.sensitive == hidden:
        return known
    unknown = found.value is UNKNOWN_YET or found.unknown is True
    marks = True if hidden else read_mark(found.sensitive)
    value = UNKNOWN if unknown else _cut(secrets.scrub(masked(found.value, marks, found.unknown)))
    sealed = known.mark if known is not None else mark([name, found.content])
    return Reading(
        name=name, value=value, sensitive=marks is True and not unknown, unknown=unknown, mark=sealed
    )


def _cut(value: Any) -> Any:
    text = (
        value
        if isinstance(value, str)
        else json.dumps(value, default=lambda number: str(plain_number(number)))
    )
    return value if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


# Commands


def _commands(applying: Applying, secrets: Secrets) -> Iterator[Provisioner]:
    """What the code says of the provisioners that will run, including those of `removed` blocks."""
    for entry, action in applying.changes:
        scope, name = place_of(entry["address"])
        block = applying.readable.blocks.get((scope.names, name))
        if action not in {Action.CREATE, *_ENDS_OBJECTS}:
            continue
        for index, one in enumerate(applying.code.of(scope.names, Part.PROVISIONER, name)):
            runs = action in _ENDS_OBJECTS if one.at_destroy else action is not Action.DELETE
            if runs and one.removed is (block is None):
                arguments = _clear(one.arguments, secrets)
                yield Provisioner(
                    secrets.address(entry["address"]), one.name, arguments, index, one.at_destroy, one.removed
                )
        for one in applying.code.of(scope.names, Part.CONNECTION, name):
            if one.removed is (block is None):
                yield Provisioner(
                    secrets.address(entry["address"]), "connection", _clear(one.arguments, secrets)
                )


def _clear(arguments: Iterable[tuple[str, str]], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    """Source text that may be shown: plain passwords in it are masked."""
    return tuple(
        (
            name,
            MASK
            if names_secret(name) and text.startswith('"') and "${" not in text
            else _cut(without_likely_secrets(secrets.scrub(text))),
        )
        for name, text in arguments
    )


# Places


def _places(
    applying: Applying,
    around: Around,
    evaluated: Iterable[Evaluated],
    readings: Mapping[str, Reading],
    secrets: Secrets,
) -> Iterator[Place]:
    computed: dict[str, list[Evaluated]] = {}
    for one in evaluated:
        if one.kind == Part.PROVIDER:
            computed.setdefault(one.subject, []).append(one)
    for key, provider in applying.providers():
        settings = [
            *(_computed(one, readings) for one in computed.get(key, ()) if not names_secret(one.argument)),
            *_constants(provider.get("expressions") or {}, secrets),
            *_called_functions(provider.get("expressions") or {}, applying.provider_code(provider), secrets),
        ]
        settings += _from_environment(str(provider.get("name", "")), settings, around)
        if settings:
            yield Place(key, tuple(settings))


def _constants(expressions: Mapping[str, Any], secrets: Secrets) -> Iterator[Setting]:
    for path, expression in leaves(expressions):
        last = path.rpartition(".")[2]
        places = _PLACES.fullmatch(last) is not None or path.startswith("endpoints.")
        if places and "constant_value" in expression and not names_secret(path):
            yield Setting(path, secrets.scrub(plain_number(expression["constant_value"])))


def _called_functions(
    expressions: Mapping[str, Any], code: Mapping[str, str], secrets: Secrets
) -> Iterator[Setting]:
    """Values computed without references, such as `file("/etc/region")`."""
    for name, text in code.items():
        if expressions.get(name) == {} and _PLACES.fullmatch(name) and not names_secret(name):
            yield Setting(name, code=str(_cut(without_likely_secrets(secrets.scrub(text)))))


def _computed(evaluated: Evaluated, readings: Mapping[str, Reading]) -> Setting:
    """The value if the code is a single reference; otherwise the code, and what it reads."""
    argument, origin = evaluated.argument, ", ".join(evaluated.reads)
    if len(evaluated.reads) == 1 and evaluated.name != FROM_CODE:
        one = readings[evaluated.reads[0]]
        if not evaluated.code:
            return Setting(argument, one.value, f"from {origin}")
        if plain_reference(evaluated.code, [one.name]) is not None:
            return Setting(argument, one.value, origin)
    read = ", ".join(f"{name} = {_short(readings[name])}" for name in evaluated.reads)
    return Setting(argument, origin=read, code=evaluated.code or "computed")


def _short(reading: Reading) -> str:
    if reading.sensitive:
        return MASK
    return UNKNOWN if reading.unknown else json.dumps(reading.value, ensure_ascii=False, default=str)[:120]


def _from_environment(provider: str, settings: list[Setting], around: Around) -> Iterator[Setting]:
    prefixes = _ENVIRONMENT.get(provider.removesuffix("-beta"), (f"{provider.upper().replace('-', '_')}_",))
    names = {setting.name for setting in settings}
    for variable, value in sorted(around.places.items()):
        called = _called(variable, prefixes) if variable.startswith(prefixes) else ""
        if _PLACES.fullmatch(called) and called not in names:
            names.add(called)
            yield Setting(called, value, variable)
    if provider == "aws":
        roles = [s for s in settings if s.name.endswith("role_arn")]
        if around.role and not roles:
            yield Setting("role", around.role, "the stack's aws")
        given = [ROLE.match(str(setting.value)) for setting in roles]
        accounts = [found[1] for found in given if found is not None]
        if not roles and around.account:
            accounts.append(around.account)
        yield from (Setting("account", account) for account in accounts)


def _called(variable: str, prefixes: tuple[str, ...]) -> str:
    prefix = next(one for one in prefixes if variable.startswith(one))
    return variable.removeprefix(prefix).lower().removeprefix("default_")

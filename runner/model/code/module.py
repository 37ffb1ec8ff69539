"""What a Terraform module's files declare, as far as Driftline needs it without running anything."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any

from runner.model.values.frozen import dataclass

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
OVERRIDE = re.compile(r"(?:.*_)?override\.(?:tf|tofu)(?:\.json)?", re.DOTALL)
LARGEST_FOLDER = 8_000_000  # bytes of all files that are read in one folder
_LINE = re.compile(r"line (\d+): ")
LARGEST = 1_000_000  # bytes of a file: a larger one was not written by a person, and takes seconds to parse


def is_configuration(name: str, suffixes: tuple[str, ...] = CONFIGURATION) -> bool:
    """Whether an engine with these suffixes reads the file: it skips only `.x`, `x~` and `#x#`.

    The last two end with no suffix, so `~x.tf` and `#x.tf` are read, and names with newlines are.
    """
    return name.endswith(suffixes) and not name.startswith(".")


def automatic_values(names: Collection[str]) -> list[str]:
    """The files in a root module that an engine loads values from automatically, in its order."""
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    return first + sorted(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))


# `init` fetches the modules that these call, in the root module and in its folder `tests`.
TESTS = (".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json")


def is_test(name: str) -> bool:
    return name.endswith(TESTS) and not name.startswith(".")


@dataclass(frozen=True)
class Backend:
    """`settings` holds literals only; computed ones are kept as source text, and named in `computed`."""

    type: str
    settings: dict[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()

    def completed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """With a stack's `backend_config`, as the engine merges it."""
        return {**self.settings, **{name: normal(value) for name, value in given.items()}}


def normal(value: Any) -> Any:
    """Texts in the engine's normal form: it reads U+037E as a semicolon, U+212A as a K."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list() | tuple():
            return [normal(part) for part in value]
        case dict():
            return {normal(name): normal(part) for name, part in value.items()}
        case _:
            return value


def as_text(value: Any) -> Any:
    """A scalar as the engine converts it to text; mappings and lists with such texts."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{Decimal(repr(value)).normalize():f}"
        case int():
            return str(value)
        case list() | tuple():
            return [as_text(part) for part in value]
        case dict():
            return {name: as_text(part) for name, part in value.items()}
        case _:
            return value


@dataclass(frozen=True)
class RemoteState:
    """A state that the code reads by `data "terraform_remote_state"`, and the names of the outputs that it uses."""

    name: str
    backend: Backend
    workspace: str
    outputs: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"data.terraform_remote_state.{self.name}"


@dataclass(frozen=True)
class RequiredVersion:
    """A constraint on the engine's version, and the file that sets it, in the order in which engines read them.

    `compatible_with` is OpenTofu's, in a `language` block; any other is a `required_version`.
    """

    file: str
    text: str
    compatible_with: bool = False


@dataclass(frozen=True)
class ModuleFacts:
    """Facts about the `*.tf`, `*.tf.json` and `*.tofu` files directly in one folder."""

    calls: tuple[str, ...] = ()  # the `source` of each module block that is literal
    names: tuple[str, ...] = ()  # of these blocks
    computed: tuple[
        str, ...
    ] = ()  # names of the other module blocks: their source or version is to be evaluated
    backend: Backend | None = None  # `Backend("cloud")` for a cloud block
    required: tuple[RequiredVersion, ...] = ()
    provisioners: tuple[str, ...] = ()  # addresses with a provisioner, and external data sources
    unreadable: tuple[str, ...] = ()  # files that are not valid HCL
    # Local name and source of `required_providers`, empty if it names none.
    providers: tuple[tuple[str, str], ...] = ()
    metas: tuple[str, ...] = ()  # providers with a computed `provider_meta` block
    overriding: tuple[str, ...] = ()  # override files that set where state or code comes from, or what runs
    test_calls: tuple[str, ...] = ()  # the `source` of each module of its tests
    reasons: tuple[tuple[str, str], ...] = ()  # why the unreadable files are unreadable
    remote_states: tuple[RemoteState, ...] = ()  # with a literal configuration

    def reason(self, name: str) -> str:
        """Why a file is unreadable, to be appended to a sentence."""
        reason = dict(self.reasons).get(name)
        return f" ({reason})" if reason else ""

    def line(self, name: str) -> int:
        """The line of the error; the first line if the parser names none."""
        line = _LINE.match(dict(self.reasons).get(name, ""))
        return int(line[1]) if line else 1

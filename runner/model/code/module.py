"""What a Terraform module's files say about themselves, as far as Driftline needs to know without running it."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
LARGEST_FOLDER = 8_000_000  # bytes of all files of one folder that are read
_LINE = re.compile(r"line (\d+): ")
LARGEST = 1_000_000  # bytes of a file: more is no code that a person wrote, and takes seconds to read


def is_configuration(name: str, suffixes: tuple[str, ...] = CONFIGURATION) -> bool:
    """Whether an engine with these suffixes reads the file: it leaves out `.x`, `x~` and `#x#`, and nothing else.

    The last two end with no suffix, so `~x.tf` and `#x.tf` are read, and names with newlines are.
    """
    return name.endswith(suffixes) and not name.startswith(".")


def automatic_values(names: Collection[str]) -> list[str]:
    """The files beside a root module from which an engine takes values by itself, in its order."""
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    return first + sorted(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))


# `init` fetches the modules that these of the root call, beside it and in its folder `tests`.
TESTS = (".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json")


def is_test(name: str) -> bool:
    return name.endswith(TESTS) and not name.startswith(".")


@dataclass(frozen=True)
class Backend:
    """`settings` holds literals only; what is computed is left as its source text, and named in `computed`."""

    type: str
    settings: dict[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()

    def completed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """With what a stack's `backend_config` says, as the engine reads that."""
        return {**self.settings, **{name: normal(value) for name, value in given.items()}}


def normal(value: Any) -> Any:
    """In the form in which an engine keeps texts: U+037E is a semicolon to it, U+212A a K."""
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
    """A scalar as the engine makes a text of it; mappings and lists with such texts in them."""
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
class ModuleFacts:
    """Of the `*.tf`, `*.tf.json`, `*.tofu` files directly in one folder."""

    calls: tuple[str, ...] = ()  # the `source` of each module block
    backend: Backend | None = None  # `Backend("cloud")` for a cloud block
    required_version: str | None = None
    provisioners: tuple[str, ...] = ()  # addresses with a provisioner, and external data sources
    unreadable: tuple[str, ...] = ()  # files that are not valid HCL
    # Local name and source of `required_providers`, empty where it names none.
    providers: tuple[tuple[str, str], ...] = ()
    metas: tuple[str, ...] = ()  # providers with a computed `provider_meta` block
    overriding: tuple[str, ...] = ()  # override files that say where state or code is, or what runs
    test_calls: tuple[str, ...] = ()  # the `source` of each module of its tests
    reasons: tuple[tuple[str, str], ...] = ()  # of the files that are unreadable: what is wrong with them

    def reason(self, name: str) -> str:
        """Why a file is unreadable, to stand behind that in a sentence."""
        told = dict(self.reasons).get(name)
        return f" ({told})" if told else ""

    def line(self, name: str) -> int:
        """Where it is wrong; the first line where its reader names none."""
        told = _LINE.match(dict(self.reasons).get(name, ""))
        return int(told[1]) if told else 1

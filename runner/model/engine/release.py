"""How the vendors publish their engines: places, names of files, and the keys that sign."""

import re
from collections.abc import Iterable, Mapping

from runner.errors import BadUsage, EngineUnsupported
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.engine.constraint import VERSION, core_satisfies, parse
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Vendor:
    """`fingerprint` is that of the primary key; releases are signed by it or by one of its subkeys."""

    base: str
    folder: str  # of a version, below the base
    signature: str  # of the sums: what follows their name
    signer: str
    fingerprint: str
    key_url: str


VENDORS: Mapping[str, Vendor] = {
    "terraform": Vendor(
        base="https://releases.hashicorp.com/terraform",
        folder="{version}",
        signature=".sig",
        signer="HashiCorp",
        fingerprint="C874011F0AB405110D02105534365D9472D7468F",
        key_url="https://www.hashicorp.com/.well-known/pgp-key.txt",
    ),
    "tofu": Vendor(
        base="https://github.com/opentofu/opentofu/releases/download",
        folder="v{version}",
        signature=".gpgsig",
        signer="OpenTofu",
        fingerprint="E3E6E43D84CB852EADB0051D0C0AF313E5FD9F80",
        key_url="https://get.opentofu.org/opentofu.asc",
    ),
}


@dataclass(frozen=True)
class Release:
    """One version of an engine for one platform, such as linux_amd64."""

    row: EngineRow
    version: str
    platform: str

    @property
    def vendor(self) -> Vendor:
        return VENDORS[self.row.name]

    @property
    def folder(self) -> str:
        return self.vendor.folder.format(version=self.version)

    @property
    def archive(self) -> str:
        return f"{self._stem}_{self.platform}.zip"

    @property
    def sums(self) -> str:
        return f"{self._stem}_SHA256SUMS"

    @property
    def signature(self) -> str:
        return self.sums + self.vendor.signature

    @property
    def files(self) -> tuple[str, str, str]:
        """All that an installation reads."""
        return self.archive, self.sums, self.signature

    @property
    def program(self) -> str:
        return self.row.name

    @property
    def _stem(self) -> str:
        return f"{self.row.name}_{self.version}"

    def __str__(self) -> str:
        return f"{self.row.name} {self.version}"


def release(engine: str, version: str, platform: str, sources: Iterable[SourceSettings] = ()) -> Release:
    """BadUsage unless it is one exact version; EngineUnsupported if no stack could ever use it."""
    row, plain = ENGINES[engine], version.removeprefix("v")
    exactly = VERSION.fullmatch(plain)
    if exactly is None or exactly[1].count(".") != 2:
        raise BadUsage(
            f'"{version}" is not an exact version', hint=f"such as   driftline engine install {engine} 1.11.4"
        )
    if parse(plain)[0] < row.oldest:
        oldest = ".".join(map(str, row.oldest))
        raise EngineUnsupported(
            product=row.product, version=plain, why=f"the oldest supported version is {oldest}"
        )
    asked = [(source.name, getattr(source.allow.engine_versions, engine) or "") for source in sources]
    if asked and not any(core_satisfies(plain, constraint) for _, constraint in asked):
        why = ", ".join(f'allow.engine_versions of source "{name}" is {said}' for name, said in asked)
        raise EngineUnsupported(product=row.product, version=plain, why=why)
    return Release(row, plain, platform)


def sum_of(sums: str, name: str) -> str | None:
    """The SHA-256 that the sums give for a file; None unless they do so exactly once."""
    lines = (line.split() for line in sums.splitlines())
    found = [words[0] for words in lines if len(words) == 2 and words[1].removeprefix("*") == name]
    return found[0] if len(found) == 1 and _SHA256.fullmatch(found[0]) else None

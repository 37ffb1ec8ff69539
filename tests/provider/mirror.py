"""A filesystem mirror with the cloudfile provider, and with hashicorp/aws where this machine has one."""

import os
import platform
import py_compile
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

VERSION = "1.0.0"
CLOUDFILE = Path("registry.terraform.io/driftline/cloudfile")
AWS = Path("registry.terraform.io/hashicorp/aws")
SEARCHED = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# sh, because a "#!" line takes neither a space nor a long path. The text must not depend on the mirror's place: a
# lock file holds its checksum, and has to be good with another mirror of this machine. The modules lie beside it:
# this repository may be in a home, of which a run that is confined sees nothing.
# -I, -S: nothing of it is needed, and what `site` does takes longer than all else. -B: a package that gets files of its own
# is another one.
HERE = Path(__file__).resolve().parent
MODULES = (
    "__init__",
    "calls",
    "cloudfile",
    "coded",
    "frames",
    "header_blocks",
    "json_text",
    "plugin",
    "serving",
)
START = "import sys; sys.path.insert(0, sys.argv[1]); import {module}; {module}.main()"
LAUNCHER = """\
#!/bin/sh
exec {python} -I -S -B -c {start} "${{0%/*}}"
"""
CLI_CONFIG = """\
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{root}"
  }}
}}
"""


def platform_dir() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ARCHITECTURES.get(machine, machine)}"


def launcher(module: str) -> str:
    python = Path(sys.executable).resolve()  # what an environment adds to it is not needed
    start = START.format(module=module)
    return LAUNCHER.format(python=shlex.quote(str(python)), start=shlex.quote(start))


def add_module(source: Path, folder: Path) -> None:
    """With what Python makes of it: each start would compile it again. The place is in neither."""
    shutil.copyfile(source, folder / source.name)
    compiled = folder / Path(cache_from_source(source.name))
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(compiled_module(source))


@cache
def compiled_module(source: Path) -> bytes:
    with TemporaryDirectory() as folder:
        made = py_compile.compile(
            str(source),
            cfile=f"{folder}/made",
            dfile=source.name,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        assert made is not None
        return Path(made).read_bytes()


def add_provider(package: Path, name: str, module: str) -> None:
    """`module` may be another one than those of this room, which is put beside them."""
    room = package / HERE.name
    room.mkdir(parents=True, exist_ok=True)
    for each in MODULES:
        add_module(HERE / f"{each}.py", room)
    (room / "provider.pem").write_bytes(certificate())
    binary = package / f"terraform-provider-{name}_v{VERSION}"
    binary.write_text(launcher(module))
    binary.chmod(0o755)


@cache
def certificate() -> bytes:
    """A key and its certificate, the same in each mirror of this process: a lock file has the checksum of all that is there."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return own + signed.public_bytes(serialization.Encoding.PEM)


def install(root: Path, *others: Path, with_aws: bool = False) -> Path:
    """Lay out the mirror in `root` and return it, made absolute; `with_aws` adds hashicorp/aws if it is found.

    The last of `others` is served in place of the cloudfile provider, on which it builds.
    """
    root = root.resolve()
    package = root / CLOUDFILE / VERSION / platform_dir()
    add_provider(package, "cloudfile", others[-1].stem if others else "provider.cloudfile")
    for path in others:
        add_module(path, package)
    if with_aws and (source := aws_mirror()):
        link_packages(source / AWS, root / AWS)
    return root


def cli_config(root: Path) -> Path:
    """The CLI configuration file (TF_CLI_CONFIG_FILE) by which Terraform finds the mirror and nothing else."""
    file = root / "terraform.rc"
    file.write_text(CLI_CONFIG.format(root=root))
    return file


def aws_mirror() -> Path | None:
    """The filesystem mirror on this machine that has hashicorp/aws for this platform."""
    return next((folder for folder in searched() if packages(folder / AWS)), None)


def searched() -> Iterator[Path]:
    if named := os.environ.get("DRIFTLINE_TEST_PLUGIN_MIRROR"):
        yield Path(named).absolute()
    for top in SEARCHED:
        for depth in ("", "*/", "*/*/"):
            yield from (found.parent for found in sorted(top.glob(f"{depth}{AWS.parts[0]}")))


def packages(provider: Path) -> list[Path]:
    """Both layouts that Terraform knows: unpacked folders and zip files."""
    return [*provider.glob(f"*/{platform_dir()}"), *provider.glob(f"*_{platform_dir()}.zip")]


def link_packages(source: Path, target: Path) -> None:
    """Link each package by itself: Terraform follows a link in a mirror only in that place."""
    for package in packages(source):
        link = target / package.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(package)

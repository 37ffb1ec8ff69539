"""A filesystem mirror with the cloudfile provider, and with hashicorp/aws where this machine has one."""

import os
import platform
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

VERSION = "1.0.0"
CLOUDFILE = Path("registry.terraform.io/driftline/cloudfile")
AWS = Path("registry.terraform.io/hashicorp/aws")
SEARCHED = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# sh, because a "#!" line takes neither a space nor a long path. The text must not depend on the mirror's place: a
# lock file holds its checksum, and has to be good with another mirror of this machine. The script lies beside it:
# this repository may be in a home, of which a run that is confined sees nothing.
# -S: what `site` does takes 20 ms. -B: a package that gets files of its own is another one.
SCRIPT = Path(__file__).resolve().with_name("cloudfile.py")
SERVING = SCRIPT.with_name("serving.py")
LAUNCHER = """\
#!/bin/sh
PYTHONPATH={packages} exec {python} -S -B "${{0%/*}}/{serving}" "${{0%/*}}/{script}"
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


def launcher(script: str) -> str:
    packages = shlex.quote(sysconfig.get_path("purelib"))
    serving = Path(script).with_name(SERVING.name)
    return LAUNCHER.format(
        packages=packages, python=shlex.quote(sys.executable), serving=serving, script=script
    )


def add_serving(folder: Path) -> None:
    """Put what serves a provider beside it."""
    shutil.copyfile(SERVING, folder / SERVING.name)
    (folder / "provider.pem").write_bytes(certificate())


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


def install(root: Path, *, with_aws: bool = False) -> Path:
    """Lay out the mirror in `root` and return it, made absolute; `with_aws` adds hashicorp/aws if it is found."""
    root = root.resolve()
    package = root / CLOUDFILE / VERSION / platform_dir()
    package.mkdir(parents=True, exist_ok=True)
    binary = package / f"terraform-provider-cloudfile_v{VERSION}"
    binary.write_text(launcher(SCRIPT.name))
    binary.chmod(0o755)
    shutil.copyfile(SCRIPT, package / SCRIPT.name)
    add_serving(package)
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

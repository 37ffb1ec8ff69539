"""A filesystem mirror with the hostile provider."""

import shlex
import shutil
import sys
from pathlib import Path

from provider.mirror import LAUNCHER, VERSION, platform_dir

from adversaries.provider import NAME

HERE = Path(__file__).parent


def install(root: Path) -> Path:
    package = root / NAME / VERSION / platform_dir()
    package.mkdir(parents=True)
    program = package / f"terraform-provider-adversary_v{VERSION}"
    program.write_text(LAUNCHER.format(python=shlex.quote(sys.executable), script="adversaries/provider.py"))
    program.chmod(0o755)
    copy = package / HERE.name
    shutil.copytree(HERE / "hostile", copy / "hostile", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "provider.py"):
        shutil.copyfile(HERE / name, copy / name)
    return root

"""A filesystem mirror with the hostile provider."""

import shutil
from pathlib import Path

from provider.mirror import VERSION, add_serving, launcher, platform_dir

from adversaries.provider import NAME

HERE = Path(__file__).parent


def install(root: Path) -> Path:
    package = root / NAME / VERSION / platform_dir()
    package.mkdir(parents=True)
    program = package / f"terraform-provider-adversary_v{VERSION}"
    program.write_text(launcher("adversaries/provider.py"))
    program.chmod(0o755)
    copy = package / HERE.name
    shutil.copytree(HERE / "hostile", copy / "hostile", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "provider.py"):
        shutil.copyfile(HERE / name, copy / name)
    add_serving(copy)
    return root

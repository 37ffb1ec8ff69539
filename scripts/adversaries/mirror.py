"""A filesystem mirror with the hostile provider."""

import shutil
from pathlib import Path

from provider.mirror import VERSION, add_provider, platform_dir

from adversaries.provider import NAME

HERE = Path(__file__).parent


def install(root: Path) -> Path:
    package = root / NAME / VERSION / platform_dir()
    add_provider(package, "adversary", f"{HERE.name}.provider")
    copy = package / HERE.name
    shutil.copytree(HERE / "hostile", copy / "hostile", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "provider.py"):
        shutil.copyfile(HERE / name, copy / name)
    return root

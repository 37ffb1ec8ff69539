import zipfile
from pathlib import Path

import pytest
from engine_world import SIMPLE, Steps, World
from provider.mirror import CLOUDFILE, VERSION, install, platform_dir


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "data")
    made.write({"main.tf": SIMPLE})
    return made


@pytest.fixture
def steps(world: World) -> Steps:
    return Steps(world)


@pytest.fixture(scope="session")
def packed_mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of zip files, which `init` must unpack into the shared cache."""
    folder = tmp_path_factory.mktemp("packed")
    loose = install(tmp_path_factory.mktemp("loose"))
    [binary] = (loose / CLOUDFILE).rglob("terraform-provider-cloudfile*")
    package = folder / CLOUDFILE / f"terraform-provider-cloudfile_{VERSION}_{platform_dir()}.zip"
    package.parent.mkdir(parents=True)
    with zipfile.ZipFile(package, "w") as archive:
        for file in sorted(path for path in binary.parent.rglob("*") if path.is_file()):
            about = zipfile.ZipInfo(str(file.relative_to(binary.parent)))
            about.external_attr = 0o755 << 16
            archive.writestr(about, file.read_bytes())
    return folder

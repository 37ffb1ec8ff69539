import hashlib
from pathlib import Path

import runner.web
from runner.web.dashboard.vendored import VENDORED

STATIC = Path(runner.web.__file__).parent / "static"
OURS = {
    "charts.js",
    "driftline.svg",
    "graph.js",
    "keys.js",
    "live.js",
    "log.js",
    "login.js",
    "style.css",
}


def test_vendored_files_are_what_their_package_has() -> None:
    for one in VENDORED:
        assert hashlib.sha256((STATIC / one.file).read_bytes()).hexdigest() == one.sha256, one.file
        assert (STATIC / "licences" / one.licence_file).read_text().strip()


def test_every_file_is_ours_or_has_its_origin_written_down() -> None:
    assert {one.name for one in STATIC.iterdir() if one.is_file()} == OURS | {one.file for one in VENDORED}

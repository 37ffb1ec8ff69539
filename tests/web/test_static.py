from pathlib import Path

from cli_world import World
from web_world import Served

from runner.web.dashboard.assets import assets


def test_static_files_may_be_kept_for_ever_and_need_no_token(tmp_path: Path) -> None:
    client = Served(World(tmp_path)).client(None)
    for asset in assets().values():
        answer = client.get(asset.url)
        assert answer.status_code == 200
        assert answer.content == asset.content
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_static_file_has_no_other_address(tmp_path: Path) -> None:
    client = Served(World(tmp_path)).client(None)
    for path in ("style.css", "..%2fapplication.py", "licences/htmx.txt", "%2e%2e/html.py"):
        assert client.get(f"/static/{path}").status_code == 404


def test_every_answer_has_security_headers(tmp_path: Path) -> None:
    client = Served(World(tmp_path)).client(None)
    for path in ("/", "/api/v1/status", "/nowhere"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"

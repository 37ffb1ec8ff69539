"""Requests over the unix socket are those of the user that the kernel names."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_world import World
from web_process import over_socket, serving

from runner.web.transport.sockets import unix_socket

NOBODY = 65534
ACCESS = 'web: {access: [{role: viewer, subjects: ["unix:nobody"], stacks: ["app"]}]}'
# With the system's own Python, which every user may run.
ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("web.sock")
s.sendall(sys.argv[1].encode() + b" HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n" + sys.argv[2].encode() + b"\\r\\n")
answer = b""
while part := s.recv(65536):
    answer += part
print(answer.decode())
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, more=ACCESS)
    made.stack("app")
    made.stack("other")
    made.run("source", "sync")
    return made


def test_whoever_owns_the_data_directory_has_all_rights(world: World) -> None:
    with serving(world), over_socket(world.root / "data/web.sock") as local:
        assert local.put("/api/v1/locks/app", json={"reason": "moving"}).status_code == 200
        assert len(local.get("/api/v1/stacks").json()) == 2


def test_a_request_that_a_proxy_passes_on_is_not_the_proxys_own(world: World) -> None:
    with serving(world), over_socket(world.root / "data/web.sock") as local:
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert local.get("/api/v1/status", headers={header: "192.0.2.1"}).status_code == 401


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_has_the_roles_that_are_bound_to_them(world: World) -> None:
    with serving(world):
        data = world.root / "data"
        data.chmod(0o711)
        (data / "web.sock").chmod(0o666)
        status, stacks = _as_nobody(data, "GET /api/v1/stacks")
        assert (status, [one["name"] for one in stacks]) == (200, ["app"])
        status, refused = _as_nobody(data, "DELETE /api/v1/tokens/ci")
        assert (status, refused["code"]) == (403, "RoleMissing")
        # Nothing that the request says makes it another user's.
        assert len(_as_nobody(data, "GET /api/v1/stacks", "X-Peer: 0\r\nRemote-User: root\r\n")[1]) == 1


def _as_nobody(folder: Path, what: str, headers: str = "") -> tuple[int, Any]:
    told = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", ASK, what, headers],
        cwd=folder, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    head, _, body = told.partition("\n\n") if "\r\n\r\n" not in told else told.partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_data_directory_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30) / "web.sock"
    path.parent.mkdir()
    with unix_socket(path):
        assert path.is_socket()

"""What a run failed at because it is confined, and the key that opens it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.sandbox.denial import Surroundings, denials
from runner.model.sandbox.labels import Access, Confinement
from runner.model.sandbox.namespace import Shown, View

DATA, TREE = "/var/lib/driftline", "/var/lib/driftline/trees/infra/now"
MODULE = f"{TREE}/stacks/web"
SEEN = View(
    (
        Shown(DATA, Access.NOTHING, folder=True),
        Shown("/home/ana", Access.NOTHING, folder=True),
        Shown(TREE, Access.READ, folder=True),
        Shown(MODULE, Access.WRITE, folder=True),
    )
)
AROUND = Surroundings(MODULE, TREE, DATA, ("/home/ana", DATA), SEEN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'Invalid value for "path" parameter: no file exists at "/home/ana/.aws/config"; this function works',
            "it may not reach /home/ana/.aws/config: `executor.visible: [/home/ana/.aws]`",
        ),
        ("open /home/ana/.netrc: permission denied", "`executor.visible: [/home/ana/.netrc]`"),
        (
            "sh: 1: cannot create /srv/out/report.txt: Read-only file system",
            "it may not write /srv/out/report.txt: `executor.visible: [/srv/out]`",
        ),
        (
            "could not create file: open ../../modules/lambda/out.zip: read-only file system",
            "`allow.writable_modules: [modules/lambda]`",
        ),
        (f"mkdir {TREE}/x: read-only file system", "only to their root module"),
        ("open /srv/states/web.tfstate: read-only file system", "`allow.state_folders: [/srv/states]`"),
        (f"open {DATA}/keys/artifacts: no such file or directory", "no setting gives access"),
        (f"open {DATA}/.aws/config: no such file or directory", f"`executor.visible: [{DATA}/.aws]`"),
        ("dial unix /run/docker.sock: no such file or directory", "`executor.visible: [/run/docker.sock]`"),
        ("stat /tmp/token: no such file or directory", "each run has its own empty /tmp"),
        ("git@example.com: Permission denied (publickey).", "`executor.visible: [~/.ssh]`"),
        ("PermissionError: [Errno 13] Permission denied: '/home/ana/key'", "/home/ana/key"),
    ],
)
def test_the_sentence_names_the_path_and_the_key(text: str, shown: str) -> None:
    (sentence,) = denials([text], AROUND)
    assert shown in sentence


@pytest.mark.parametrize(
    "text",
    [
        "open /etc/shadow: permission denied",
        "open ./missing.json: no such file or directory",
        f"open {MODULE}/out.zip: permission denied",
        "Unsupported argument in /home/ana/x",
        "AccessDenied: User: arn:aws:iam::1:user/ana is not authorized",
        "",
    ],
)
def test_what_is_not_the_work_of_the_confinement_is_not_said_to_be(text: str) -> None:
    assert denials([text], AROUND) == ()


def test_behind_landlock_a_refusal_to_write_reads_as_permission_denied() -> None:
    around = Surroundings(
        MODULE, TREE, DATA, ("/home/ana",), Confinement(read=("/srv", TREE), write=(MODULE,))
    )
    (sentence,) = denials(["open ../../modules/lambda/out.zip: permission denied"], around)
    assert "`allow.writable_modules: [modules/lambda]`" in sentence


def test_few_sentences_are_given_and_none_twice() -> None:
    lines = [f"open /srv/{number}/x: read-only file system" for number in (1, 1, 2, 3, 4)]
    assert len(denials(lines, AROUND)) == 3


@given(st.text())
def test_no_text_raises(text: str) -> None:
    denials([f"{text}: permission denied", f"/{text}: no such file or directory {text}/x"], AROUND)

"""From "everything but these" to a list of what is allowed, on trees that are made up."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.sandbox.labels import (
    Access,
    Confinement,
    Mount,
    confinement,
    everywhere,
    nearest,
    read_mounts,
)

NOTHING, READ, WRITE = Access.NOTHING, Access.READ, Access.WRITE
FILES = (
    "/bin/sh", "/etc/hosts", "/etc/driftline/config.yaml", "/etc/driftline/other", "/home/ana/key", "/tmp/x",
    "/var/lib/driftline/driftline.db", "/var/lib/driftline/runs/1/plan", "/var/lib/driftline/runs/2/plan",
    "/var/lib/driftline/trees/t/a.tf", "/var/lib/other/db", "/var/log/messages",
)  # fmt: skip
FOLDERS = sorted({str(above) for file in FILES for above in Path(file).parents} | set(FILES))


def listing(folder: str) -> list[str]:
    return [path for path in FOLDERS if path != "/" and str(Path(path).parent) == folder]


def granted(allowed: Confinement, path: str) -> Access:
    """As the kernel adds rules up: each is for a folder with everything below it."""

    def below_one(folders: Iterable[str]) -> bool:
        return any(Path(path).is_relative_to(folder) for folder in folders)

    return WRITE if below_one(allowed.write) else READ if below_one(allowed.read) else NOTHING


def test_without_labels_everything_is_allowed_at_once() -> None:
    assert confinement({}, listing) == Confinement((), ("/",))


def test_a_folder_is_gone_through_only_on_the_way_to_what_is_hidden() -> None:
    allowed = confinement({"/var/lib/driftline": NOTHING}, listing)
    assert allowed.read == ()
    assert allowed.write == ("/bin", "/etc", "/home", "/tmp", "/var/lib/other", "/var/log")


def test_an_open_path_inside_a_hidden_one_is_found_without_listing() -> None:
    seen: list[str] = []

    def noting(folder: str) -> list[str]:
        seen.append(folder)
        return listing(folder)

    hidden = {"/var/lib/driftline": NOTHING, "/var/lib/driftline/runs/1": WRITE}
    allowed = confinement(hidden, noting)
    assert "/var/lib/driftline/runs/1" in allowed.write
    assert not [folder for folder in seen if folder.startswith("/var/lib/driftline")]


def test_a_folder_that_cannot_be_listed_can_still_be_passed() -> None:
    hidden = {"/var/lib/driftline": NOTHING, "/var/lib/driftline/runs/1": READ}
    allowed = confinement(hidden, lambda folder: [] if folder == "/var/lib" else listing(folder))
    assert allowed.read == ("/var/lib/driftline/runs/1",)


def test_what_is_hidden_and_not_there_yet_leaves_no_room_to_be_made() -> None:
    allowed = confinement({"/var/log/audit": NOTHING}, listing)
    assert granted(allowed, "/var/log/audit") is NOTHING
    assert granted(allowed, "/var/log/messages") is WRITE


@given(st.dictionaries(st.sampled_from(FOLDERS), st.sampled_from(list(Access))))
def test_each_file_gets_what_the_nearest_label_above_it_says(given_labels: Mapping[str, Access]) -> None:
    allowed = confinement(given_labels, listing)
    for file in FILES:
        assert granted(allowed, file) is nearest(given_labels, file), file


# Mounts

MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 254:0 /var /mnt/all\\040of\\040it rw - ext4 /dev/vda rw
31 27 254:0 /var/lib/driftline/keys /mnt/keys rw - ext4 /dev/vda rw
32 27 0:26 / /tmp rw - tmpfs tmpfs rw
33 27 254:0 /etc /var/etc rw - ext4 /dev/vda rw
"""


def test_another_mount_of_a_folder_above_hides_the_same_there() -> None:
    hidden = everywhere({"/var/lib/driftline": NOTHING}, read_mounts(MOUNTS))
    assert hidden == {
        "/var/lib/driftline": NOTHING,
        "/mnt/all of it/lib/driftline": NOTHING,
        "/mnt/keys": NOTHING,
    }


def test_a_mount_of_another_file_system_hides_nothing_else() -> None:
    assert everywhere({"/tmp/x": NOTHING}, read_mounts(MOUNTS)) == {"/tmp/x": NOTHING}


def test_what_is_reached_through_a_mount_is_hidden_at_its_origin() -> None:
    hidden = everywhere({"/mnt/keys": NOTHING}, read_mounts(MOUNTS))
    assert hidden.keys() == {
        "/mnt/keys",
        "/var/lib/driftline/keys",
        "/mnt/all of it/lib/driftline/keys",
    }


def test_what_is_open_is_not_opened_elsewhere() -> None:
    given_labels = {"/var/lib/driftline": WRITE}
    assert everywhere(given_labels, read_mounts(MOUNTS)) == given_labels


def test_a_folder_that_is_mounted_on_itself_stays_one() -> None:
    itself = [Mount("254:0", "/", "/"), Mount("254:0", "/srv", "/srv")]
    assert everywhere({"/srv/data": NOTHING}, itself) == {"/srv/data": NOTHING}


@pytest.mark.parametrize("line", ["", "1 2 3", "garbage"])
def test_a_line_that_is_no_mount_is_passed_over(line: str) -> None:
    assert list(read_mounts(line)) == []

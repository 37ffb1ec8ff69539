"""Logs, read part by part while they grow."""

from pathlib import Path

from afar_world import client_of, run_afar
from cli_world import World, begun, planned

from runner.cli.invocation import Cli
from runner.cli.tail import LogTail
from runner.host.growing import CHUNK, read_part

LOG = "/api/v1/runs/1/log"


def log_of(world: World) -> Path:
    return world.app.workspaces.log(1)


def test_a_part_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    world = planned(tmp_path)
    client = client_of(world.app)
    part = client.get(LOG).json()
    assert part["text"] == log_of(world).read_text()
    assert (part["end"], part["over"], part["run"]["state"]) == (True, True, "awaiting_approval")
    with log_of(world).open("a") as log:
        log.write("one more\n")
    assert client.get(LOG, params={"offset": part["next"]}).json()["text"] == "one more\n"


def test_a_long_log_is_read_whole_in_several_parts(tmp_path: Path) -> None:
    world = planned(tmp_path)
    lines = [f"line {number} with some words in it and an ümlaut" for number in range(60_000)]
    log_of(world).write_text("\n".join(lines))
    assert log_of(world).stat().st_size > 2 * CHUNK
    assert run_afar(world, "logs", "1").stdout.splitlines() == lines


def test_an_offset_outside_the_log_harms_nothing(tmp_path: Path) -> None:
    client = client_of(planned(tmp_path).app)
    assert client.get(LOG, params={"offset": 10**12}).json()["end"]
    assert client.get(LOG, params={"offset": -5}).status_code == 400


def test_a_character_of_which_half_is_written_waits_for_the_other_half(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes("aü".encode()[:-1])
    part = read_part(log, 0, complete=False)
    assert (part.text, part.next, part.end) == ("a", 1, True)
    log.write_bytes("aü\n".encode())
    assert read_part(log, part.next, complete=False).text == "ü\n"


def test_what_is_no_text_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a\xff\nb\xc3")
    assert read_part(log, 0, complete=True).text == "a\ufffd\nb\ufffd"


def queued(world: World) -> None:
    world.stack("app")
    world.run("plan", "app", "--no-wait")


def test_a_line_is_told_once_it_has_an_end(tmp_path: Path) -> None:
    world = begun(tmp_path, queued)
    tail = LogTail(Cli(config=world.config), 1)
    heard = []
    for text in ("he", "llo\nwor", "ld\r\n\tin"):
        with log_of(world).open("a") as log:
            log.write(text)
        heard.append(tail.look()[1])
    assert heard == [[], ["hello"], ["world"]]
    assert tail.look(last=True)[1] == ["    in"]

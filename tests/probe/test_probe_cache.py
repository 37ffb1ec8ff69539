"""What is cached: good answers only, private, and as if it were not there once anything about it is wrong."""

import asyncio
import multiprocessing
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.probe import cache as caching
from runner.probe.admitted import Admitted
from runner.probe.backend import Backend
from runner.probe.cache import Cache, Question
from runner.probe.identity import new_identity
from runner.probe.protocol import Handshake
from runner.probe.proxy import Proxy

PROVIDER, OTHER = "h1:one", "h1:other"
SCHEMA = b"\x0a\x04its " + b"\x12\x06schema" * 100
QUESTION = Question(PROVIDER, "surroundings", b"\x0a\x11token=canary-4711")
REQUEST = QUESTION.request
CANARY = b"canary-4711"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Cache:
    made = Cache(folder)
    made.keep_schema(PROVIDER, 6, SCHEMA)
    made.keep_valid(QUESTION)
    return made


def the(folder: Path, kind: str) -> Path:
    [path] = folder.glob(f"{kind}-*")
    return path


def test_what_was_kept_is_found_by_another_process_of_the_installation(cache: Cache, folder: Path) -> None:
    another = Cache(folder)
    assert another.schema(PROVIDER, 6) == SCHEMA
    assert another.protocol(PROVIDER) == 6
    assert another.is_valid(QUESTION)


def test_another_provider_protocol_environment_or_request_has_nothing(cache: Cache) -> None:
    assert cache.schema(OTHER, 6) is None
    assert cache.schema(PROVIDER, 5) is None
    assert cache.protocol(OTHER) is None
    assert not cache.is_valid(replace(QUESTION, provider=OTHER))
    assert not cache.is_valid(replace(QUESTION, surroundings="others"))
    assert not cache.is_valid(replace(QUESTION, request=QUESTION.request + b" "))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut-off-at-the-start": lambda content: content[:10],
    "cut-off-in-the-middle": lambda content: content[: len(content) // 2],
    "last-byte-lost": lambda content: content[:-1],
    "last-byte-changed": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "first-byte-changed": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "more-behind-it": lambda content: content + b"\0",
    "garbage": lambda content: bytes(range(256)) * 20,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_schema_counts_as_missing_and_is_written_again(
    cache: Cache, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = the(folder, "schema")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.schema(PROVIDER, 6) is None
    cache.keep_schema(PROVIDER, 6, SCHEMA)
    assert cache.schema(PROVIDER, 6) == SCHEMA


def test_a_file_of_another_provider_or_protocol_does_not_count(cache: Cache, folder: Path) -> None:
    written = the(folder, "schema").read_bytes()
    cache.keep_schema(OTHER, 6, b"\x0a\x05other")
    cache.keep_schema(PROVIDER, 5, b"\x0a\x05other")
    for path in folder.glob("schema-*"):
        path.write_bytes(written)
    assert cache.schema(PROVIDER, 6) == SCHEMA
    assert cache.schema(OTHER, 6) is None
    assert cache.schema(PROVIDER, 5) is None


def test_what_another_version_of_the_program_wrote_does_not_count(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "FORM", b"driftline probe 2\n")
    assert Cache(folder).schema(PROVIDER, 6) is None
    assert not Cache(folder).is_valid(QUESTION)


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 32])
def test_another_or_damaged_key_invalidates_all_validations(cache: Cache, folder: Path, key: bytes) -> None:
    (folder / "key").write_bytes(key)
    another = Cache(folder)
    assert not another.is_valid(QUESTION)
    another.keep_valid(QUESTION)
    assert Cache(folder).is_valid(QUESTION)
    assert len((folder / "key").read_bytes()) == 32


def test_folder_and_files_are_for_the_owner_alone(cache: Cache, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name.partition("-")[0] for path in folder.iterdir()} == {"key", "schema", "validation"}


def test_nothing_of_a_request_can_be_read_in_a_file(cache: Cache, folder: Path) -> None:
    assert not [path for path in folder.iterdir() if CANARY in path.read_bytes() + path.name.encode()]


def test_the_name_of_an_answer_needs_the_key_of_the_installation(
    cache: Cache, folder: Path, tmp_path: Path
) -> None:
    """Who guesses a request cannot see from the names whether it was made."""
    elsewhere = Cache(tmp_path / "elsewhere")
    elsewhere.keep_valid(QUESTION)
    assert the(tmp_path / "elsewhere", "validation").name != the(folder, "validation").name


def test_no_more_answers_are_kept_than_some(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "MAX_VALIDATIONS", 3)
    for number in range(5):
        cache.keep_valid(replace(QUESTION, request=f"request {number}".encode()))
    assert len(list(folder.glob("validation-*"))) == 3
    assert cache.is_valid(replace(QUESTION, request=b"request 4"))


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(cache: Cache, folder: Path) -> None:
    for path in (the(folder, "schema"), the(folder, "validation")):
        path.unlink()
        path.mkdir()
    cache.keep_schema(PROVIDER, 6, SCHEMA)
    cache.keep_valid(QUESTION)
    assert cache.schema(PROVIDER, 6) is None
    assert not cache.is_valid(QUESTION)


# ---- two processes at once

ROUNDS = 150


def write_and_read(folder: str) -> list[str]:
    """What was found that nobody had written."""
    wrong = []
    for number in range(ROUNDS):
        cache, schema = Cache(Path(folder)), SCHEMA * (1 + number % 7)
        cache.keep_schema(f"h1:{number % 7}", 6, schema)
        cache.keep_valid(replace(QUESTION, request=f"request {number % 7}".encode()))
        if cache.schema(f"h1:{number % 7}", 6) not in {None, schema}:
            wrong.append(f"schema {number}")
    return wrong


def test_two_processes_that_write_at_once_never_read_half_of_something(folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(write_and_read, [str(folder)] * 2, chunksize=1) == [[], []]
    assert Cache(folder).schema("h1:3", 6) == SCHEMA * 4
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


# ---- what may be kept at all


class Answers(Backend):
    """A provider that gives these answers, one for each call."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    async def call(self, method: str, request: bytes) -> bytes:
        return self.answers.pop(0)


ERROR, WARNING = b"\x08\x01", b"\x08\x02"
ANSWERS = {
    ("schema", "an-error"): b"\x22\x02" + ERROR,
    ("schema", "a-warning"): b"\x22\x02" + WARNING,
    ("validation", "an-error"): b"\x12\x02" + ERROR,
    ("validation", "a-warning"): b"\x12\x02" + WARNING,
    ("validation", "no-message"): b"\x0a\x7f",
}


@pytest.mark.parametrize(("call", "shown"), ANSWERS)
def test_provider_warnings_are_passed_on_and_never_cached_if_they_may_change(
    folder: Path, call: str, shown: str
) -> None:
    answer, fine = ANSWERS[call, shown], b"\x0a\x04fine"

    async def asked_three_times() -> list[bytes]:
        backend = Answers(answer, fine)

        async def start() -> Backend:
            return backend

        proxy = Proxy(PROVIDER, None, "surroundings", Cache(folder), folder, start, Admitted())
        ask = proxy.schema if call == "schema" else proxy.validation
        return [await ask("/tfplugin5.Provider/Some", REQUEST, start) for _ in range(3)]

    found = asyncio.run(asked_three_times())
    if call == "validation":
        # The request's own configuration, not what the provider has made of it.
        assert found == [answer, fine, REQUEST]
    else:
        assert found == ([answer] * 3 if shown == "a-warning" else [answer, fine, fine])


def test_a_provider_that_answers_nowhere_is_no_provider(tmp_path: Path) -> None:
    async def reach() -> None:
        backend = Backend(Handshake(6, str(tmp_path / "nobody"), "TUlJ"), new_identity(tmp_path), tmp_path)
        try:
            await backend.reach()
        finally:
            await backend.close()

    with pytest.raises(FileNotFoundError):
        asyncio.run(reach())


def test_a_provider_that_takes_a_connection_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    async def reach() -> None:
        backend = Backend(Handshake(6, str(tmp_path / "silent"), "TUlJ"), new_identity(tmp_path), tmp_path)
        try:
            await backend.reach()
        finally:
            await backend.close()

    with socket.socket(socket.AF_UNIX) as silent, pytest.MonkeyPatch.context() as patch:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        patch.setattr("runner.probe.backend.REACH_SECONDS", 0.2)
        with pytest.raises(TimeoutError):
            asyncio.run(reach())

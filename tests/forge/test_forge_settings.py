"""Where a forge is, and which settings of one are refused."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from runner.config.check import Complaint
from runner.config.forge_rules import forge_complaints, name_complaints, shared_statuses
from runner.forge.table import FORGES
from runner.model.forge.address import ForgeAddress, forge_address
from runner.model.settings.forge import AppSettings, DriftIssues, ForgeSettings
from runner.model.settings.source import Previews, SourceSettings

GITHUB = ForgeSettings("github", token="t0ken")
URL = "https://github.com/acme/infra.git"


@pytest.mark.parametrize(
    ("source", "url", "repository"),
    [
        (URL, "https://github.com", "acme/infra"),
        ("https://github.com/acme/infra", "https://github.com", "acme/infra"),
        ("https://GitHub.com/acme/infra/", "https://github.com", "acme/infra"),
        ("git@github.com:acme/infra.git", "https://github.com", "acme/infra"),
        ("ssh://git@github.com/acme/infra.git", "https://github.com", "acme/infra"),
        ("ssh://git@ssh.github.com:443/acme/infra.git", "https://github.com", "acme/infra"),
        ("ssh://git@altssh.bitbucket.org:443/acme/infra.git", "https://bitbucket.org", "acme/infra"),
        ("https://git.example.com:8443/acme/infra.git", "https://git.example.com:8443", "acme/infra"),
        ("ssh://git@git.example.com:2222/a/b/c/infra.git", "https://git.example.com", "a/b/c/infra"),
        ("git@git.example.com:a/b/c/infra", "https://git.example.com", "a/b/c/infra"),
    ],
)
def test_a_forge_is_derived_from_the_url_of_the_source(source: str, url: str, repository: str) -> None:
    assert forge_address(GITHUB, source) == ForgeAddress(url, repository)


@pytest.mark.parametrize(
    "source", ["/srv/git/infra.git", "file:///srv/infra.git", "git@git.example.com:~ana/infra.git"]
)
def test_a_url_that_names_no_forge_derives_none(source: str) -> None:
    assert forge_address(GITHUB, source) is None
    complaints = list(forge_complaints((), GITHUB, source))
    assert "set url and repository" in complaints[0].message
    told = replace(GITHUB, url="https://git.example.com/", repository="acme/infra")
    assert forge_address(told, source) == ForgeAddress("https://git.example.com", "acme/infra")
    assert list(forge_complaints((), told, source)) == []


def test_the_path_of_a_forge_is_no_part_of_the_repositorys() -> None:
    settings = ForgeSettings("gitlab", url="https://example.com/gitlab", token="t0ken")
    address = forge_address(settings, "https://example.com/gitlab/platform/network/infra.git")
    assert address == ForgeAddress("https://example.com/gitlab", "platform/network/infra")
    assert address.name == "example.com/gitlab/platform/network/infra"


@pytest.mark.parametrize(
    ("source", "repository"),
    [
        ("https://git.example.com/scm/acme/infra.git", "acme/infra"),
        ("ssh://git@git.example.com:7999/acme/infra.git", "acme/infra"),
        ("https://git.example.com/scm/~ana/infra.git", "~ana/infra"),
    ],
)
def test_a_data_center_is_derived_from_where_it_serves_git(source: str, repository: str) -> None:
    settings = ForgeSettings("bitbucket-server", token="t0ken")
    assert forge_address(settings, source) == ForgeAddress("https://git.example.com", repository)
    assert list(forge_complaints((), settings, source)) == []


@pytest.mark.parametrize("kind", ["bitbucket", "bitbucket-server"])
def test_a_forge_without_issues_refuses_drift_issues(
    kind: Literal["bitbucket", "bitbucket-server"],
) -> None:
    settings = ForgeSettings(
        kind, url="https://git.example.com", repository="a/b", token="t", drift_issues=DriftIssues()
    )
    assert [str(one.message) for one in forge_complaints((), settings, "/srv/a.git")] == [
        "Bitbucket has no issues that Driftline can write"
    ]


@pytest.mark.parametrize(
    ("kind", "url", "base"),
    [
        ("bitbucket-server", "https://example.com/bitbucket", "https://example.com/bitbucket/rest"),
        ("github", "https://github.com", "https://api.github.com"),
        ("github", "https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("github", "https://github.example.com", "https://github.example.com/api/v3"),
        ("gitlab", "https://example.com/gitlab", "https://example.com/gitlab/api/v4"),
        ("gitea", "https://codeberg.org", "https://codeberg.org/api/v1"),
        ("bitbucket", "https://bitbucket.org", "https://api.bitbucket.org/2.0"),
    ],
)
def test_each_forge_has_its_address_of_the_api(kind: str, url: str, base: str) -> None:
    assert FORGES[kind].base(url) == base


def refused(settings: ForgeSettings, source: str = URL) -> list[Complaint]:
    return list(forge_complaints(("forge",), settings, source))


@pytest.mark.parametrize(
    "url",
    [
        "http://git.example.com",
        "http://10.0.0.1",
        "ftp://git.example.com",
        "git.example.com",
        "https://",
        "https://ana@git.example.com",
        "https://git.example.com/?a=b",
        "https://git.example.com/#x",
        "https://git.example.com:x",
        "https://git.ex\nample.com",
    ],
)
def test_an_address_that_exposes_the_token_or_is_none_is_refused(url: str) -> None:
    assert refused(replace(GITHUB, url=url))[0].path == ("forge", "url")


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1", "http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000"]
)
def test_an_address_in_a_private_network_is_accepted(url: str) -> None:
    assert refused(replace(GITHUB, url=url)) == []


@pytest.mark.parametrize(
    "repository", ["infra", "a/b/c", "../x", "a/..", "a/b?c", "a/b#c", "a b/c", "/a/b", "a/-b"]
)
def test_a_repository_of_another_form_is_refused(repository: str) -> None:
    assert refused(replace(GITHUB, repository=repository))


def test_gitlab_has_groups_in_groups() -> None:
    settings = ForgeSettings("gitlab", token="t0ken", repository="a/b/c/d")
    assert refused(settings) == []
    assert refused(replace(settings, repository="/".join("abcdefghijklmnopqrstuvwxyz")))


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "t\u00f6ken"])
def test_a_token_that_no_header_carries_is_refused_without_telling_it(token: str) -> None:
    (complaint,) = refused(replace(GITHUB, token=token))
    assert complaint.path == ("forge", "token")
    assert not token or token not in str(complaint)


def test_a_token_and_an_app_exclude_each_other(app_key: str) -> None:
    app = AppSettings("123", "456", app_key)
    assert refused(replace(GITHUB, app=app))
    assert refused(replace(GITHUB, token=None))
    assert refused(replace(GITHUB, token=None, app=app)) == []
    assert refused(ForgeSettings("gitea", app=app))


@pytest.mark.parametrize(
    "key", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_the_key_of_an_app_must_be_one(key: str) -> None:
    (complaint,) = refused(ForgeSettings("github", app=AppSettings("123", "456", key)))
    assert complaint.path == ("forge", "app", "key")


def test_a_user_is_for_bitbucket() -> None:
    assert refused(replace(GITHUB, user="ana@example.com"))
    of = ForgeSettings("bitbucket", token="t0ken", user="ana@example.com")
    assert refused(of, "git@bitbucket.org:acme/infra.git") == []
    assert refused(replace(of, user="ana:x"), "git@bitbucket.org:acme/infra.git")


def test_no_repr_of_settings_has_a_secret(app_key: str) -> None:
    shown = repr(ForgeSettings("github", token="canary", app=AppSettings("1", "2", app_key), ca=Path("/ca")))
    assert "canary" not in shown
    assert app_key.splitlines()[1] not in shown


def test_a_source_is_not_named_like_another_type_of_forge() -> None:
    """`forge:gitlab:ana` would be ana at every GitLab, and ana of this source."""
    (complaint,) = name_complaints(("sources", 0, "name"), "gitlab", GITHUB)
    assert "cannot have the name of another type of forge" in complaint.message
    assert not list(name_complaints((), "github", GITHUB))
    assert not list(name_complaints((), "infra", GITHUB))


@pytest.mark.parametrize(
    ("other", "doubtful"),
    [
        (SourceSettings("b", "git@github.com:acme/infra.git", forge=GITHUB, previews=Previews()), True),
        (SourceSettings("b", URL, branch="release", forge=GITHUB, previews=Previews()), False),
        (SourceSettings("b", URL, forge=GITHUB), False),
        (SourceSettings("b", "https://github.com/acme/other", forge=GITHUB, previews=Previews()), False),
    ],
)
def test_two_sources_that_set_the_same_statuses_are_doubtful(
    other: SourceSettings, *, doubtful: bool
) -> None:
    one = SourceSettings("a", URL, forge=GITHUB, previews=Previews())
    assert [found.path for found in shared_statuses([one, other])] == [("sources", 1, "forge")] * doubtful

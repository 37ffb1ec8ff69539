"""Stack files are checked before they are committed, without a configuration, as a commit would be."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import main


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIFTLINE_CONFIG", str(tmp_path / "there-is-none.yaml"))
    return tmp_path


def write(name: str, text: str, module: str = "") -> None:
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stack.yaml").write_text(text)
    (folder / "main.tf").write_text(module)


def validate(*words: str) -> Result:
    return CliRunner().invoke(main, ["stack", "validate", *words])


def test_sound_stacks_are_fine() -> None:
    write("a", "name: a\n", 'terraform {\n  backend "s3" {}\n}\n')
    write("b", "name: b\ndepends_on: [a]\n")
    shown = validate()
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "2 stack files" in shown.stderr


def test_a_problem_of_the_code_is_not_explained_by_the_keys_of_a_stack_file() -> None:
    write("a", "name: a\n", 'terraform {\n  backend "local" { path = "x.tfstate" }\n}\n')
    shown = validate()
    assert shown.stdout.startswith("a/main.tf:2:1:")
    assert "fix the code, then   driftline stack validate" in shown.stderr


def test_every_problem_has_its_place_and_all_come_at_once() -> None:
    write("a", "name: a\naprovals: 2\n")
    write("b", "name: b\napply: {mode: sometimes}\n")
    shown = validate()
    assert shown.exit_code == 78
    assert [line.split(" ")[0] for line in shown.stdout.splitlines()] == [
        "a/stack.yaml:2:1:",
        "b/stack.yaml:2:15:",
    ]
    assert 'did you mean "approvals"' in shown.stdout or "unknown key" in shown.stdout


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("name: same\n", "name: same\n", "already uses this name"),
        ("name: a\n", "name: b\ndepends_on: [nope]\n", "no such stack: nope"),
        ("name: a\ndepends_on: [b]\n", "name: b\ndepends_on: [a]\n", "a cycle"),
        ("name: a\n", "name: b\npath: nowhere\n", "nowhere"),
        ("name: a\n", "name: b\nvar_files: [none.tfvars]\n", "none.tfvars"),
    ],
)
def test_what_a_commit_would_be_refused_for_is_reported_beforehand(
    first: str, second: str, shown: str
) -> None:
    write("a", first)
    write("b", second)
    result = validate()
    assert result.exit_code == 78
    assert shown in result.stdout


def test_one_file_is_checked_with_all_others_but_reports_its_own_problems() -> None:
    write("a", "name: a\n")
    write("b", "name: b\ndepends_on: [a]\n")
    write("c", "nonsense: true\n")
    assert validate("b/stack.yaml").exit_code == 0
    assert validate("c").exit_code == 78


def test_a_file_of_another_name_is_checked_where_it_is_named(repository: Path) -> None:
    (repository / "other.yaml").write_text("name: x\nnope: 1\n")
    (repository / "main.tf").write_text("")
    shown = validate("other.yaml")
    assert (shown.exit_code, shown.stdout.startswith("other.yaml:2:1: ")) == (78, True)


def test_problems_are_named_from_where_one_stands(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/b", "name: x\nnope: 1\n")
    monkeypatch.chdir(repository / "a")
    assert validate().stdout.startswith("b/stack.yaml:2:1: ")


def test_what_was_changed_a_moment_ago_is_read_again() -> None:
    write("a", "name: a\nnope: 1\n")
    assert validate().exit_code == 78
    write("a", "name: a\n#ope: 1\n")
    assert validate().exit_code == 0


def test_only_the_server_knows_what_it_allows() -> None:
    write(
        "a",
        'name: a\naws: {plan_role: "arn:aws:iam::111122223333:role/x"}\nenv: {FOO: bar}\napply: {approvals: 0}\n',
        'resource "null_resource" "x" {\n  provisioner "local-exec" { command = "true" }\n}\n',
    )
    shown = validate()
    assert (shown.exit_code, shown.stdout) == (0, "")


def test_programs_get_the_problems_as_json() -> None:
    write("a", "name: a\nnope: 1\n")
    (problem,) = json.loads(validate("-o", "json").stdout)
    assert (problem["file"], problem["line"], problem["column"], problem["stack"]) == (
        "a/stack.yaml",
        2,
        1,
        "a",
    )


def test_where_there_is_no_stack_file_it_says_so() -> None:
    assert validate().exit_code == 5
    assert validate("missing").exit_code == 64


def test_links_and_folders_of_tools_are_left_alone(repository: Path) -> None:
    write("a", "name: a\n")
    write(".terraform/modules/m", "nonsense\n")
    (repository / "loop").symlink_to(repository)
    assert validate().exit_code == 0


def test_a_module_that_was_changed_a_moment_ago_is_read_again() -> None:
    write("a", "name: a\n", 'terraform {\n  backend "local" {\n    path = "x"\n  }\n}\n')
    assert "needs an absolute path" in validate().stdout
    write("a", "name: a\n")
    assert validate().exit_code == 0


def test_a_problem_in_the_code_is_reported_with_its_location() -> None:
    write("a", "name: a\n", '# first\n\nterraform {\n  backend "local" {\n    path = "x"\n  }\n}\n')
    shown = validate("a/stack.yaml")
    assert shown.exit_code == 78
    assert shown.stdout.startswith("a/main.tf:4:1: ")


def test_a_root_module_behind_a_link_is_refused_as_in_git(repository: Path) -> None:
    write("a", "name: a\npath: ../link\n")
    (repository / "link").symlink_to("a")
    shown = validate()
    assert shown.exit_code == 78
    assert "link" in shown.stdout


@pytest.mark.parametrize("place", [".", "a", "driftline-data", "driftline-data/trees/here/0/a/stack.yaml"])
def test_the_data_directory_is_never_looked_into(
    repository: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (repository / "driftline.yaml").write_text("version: 1\ndata_dir: ./driftline-data\n")
    write("a", "name: a\n")
    write("driftline-data/trees/here/0/a", "name: a\n")
    monkeypatch.chdir(repository / "a")
    shown = validate(str(repository / place))
    assert (shown.exit_code, shown.stdout) == (5 if place.startswith("driftline-data") else 0, "")


def test_the_data_directory_is_known_where_the_token_of_the_server_is_not(repository: Path) -> None:
    (repository / "driftline.yaml").write_text(
        'version: 1\ndata_dir: data\nsources: [{name: x, url: y, auth: {token: "${env:DRIFTLINE_NO_SUCH}"}}]\n'
    )
    write("a", "name: a\n")
    write("data/trees/here/0/a", "name: a\n")
    assert validate().exit_code == 0


def test_the_data_directory_of_a_named_configuration_is_left_alone_too(repository: Path) -> None:
    (repository / "server.yaml").write_text("version: 1\ndata_dir: data\n")
    write("a", "name: a\n")
    write("data/trees/here/0/a", "name: a\n")
    assert validate("-c", "server.yaml").exit_code == 0
    assert validate().exit_code == 78


def test_a_repository_inside_a_data_directory_is_checked_all_the_same(repository: Path) -> None:
    (repository / "driftline.yaml").write_text("version: 1\ndata_dir: .\n")
    write("a", "name: a\nnope: 1\n")
    assert validate().exit_code == 78


def test_what_git_keeps_for_itself_is_never_looked_into() -> None:
    write("a", "name: a\n")
    write(".git/modules/m", "nonsense\n")
    assert validate().exit_code == 0


def test_a_version_managers_file_that_is_not_read_is_named_where_nothing_else_says_a_version() -> None:
    write("infra/a", "name: a\n")
    write("b", "name: b\n")
    Path("infra/mise.toml").write_text('[tools]\nterraform = "1.9.8"\n')
    unread = "infra/mise.toml:1:1: Driftline does not read this file: name the version in .tool-versions"
    shown = validate()
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert unread in shown.stderr
    assert "mise.toml" not in validate("b").stderr
    (row,) = json.loads(validate("infra/a", "-o", "json").stdout)
    assert (row["file"], row["severity"]) == ("infra/mise.toml", "warning")
    Path("infra/.tool-versions").write_text("terraform 1.9.8\n")
    assert "mise.toml" not in validate().stderr

"""What plans a stack again, and what leaves it alone. Each test tells which stacks' inputs a commit moves."""

from dataclasses import replace
from typing import Any

import pytest
from discover_world import BACKEND, CALL, Place

from runner.model.settings.server import EnginesSettings, TerraformSettings, TofuSettings

Files = dict[str, str | bytes | None]

BASE: Files = {
    "modules/db/main.tf": CALL.format(source="./inner"),
    "modules/db/inner/main.tf": "",
    "modules/db/inner/template.tpl": "one",
    "modules/other/main.tf": "",
    "common.tfvars": "x = 1\n",
    "policies/a/one.json": "{}",
    "README.md": "one",
    "a/stack.yaml": "name: a\nvar_files: [../common.tfvars]\nwatch: ['../policies/**/*.json']\n",
    "a/main.tf": CALL.format(source="../modules/db"),
    "a/files/script.sh": "one",
    "b/stack.yaml": "name: b\n",
    "b/main.tf": CALL.format(source="../modules/other"),
    "two/stack.yaml": "name: c\nvars: {x: one}\n---\nname: d\nterraform_workspace: d\nvars: {x: one}\n",
    "two/main.tf": "",
}


def moved(place: Place, files: Files) -> str:
    before = place.inputs(BASE)
    after = place.inputs(files)
    return "".join(sorted(name for name in after if after[name] != before.get(name)))


@pytest.mark.parametrize(
    ("file", "stacks"),
    [
        ("README.md", ""),
        ("a/main.tf", "a"),
        ("a/new.tf", "a"),
        ("a/files/script.sh", "a"),
        ("modules/db/main.tf", "a"),
        ("modules/db/inner/main.tf", "a"),
        ("modules/db/inner/template.tpl", "a"),
        ("modules/other/README.md", "b"),
        ("modules/README.md", ""),
        ("common.tfvars", "a"),
        ("other.tfvars", ""),
        ("policies/a/one.json", "a"),
        ("policies/b/deep/two.json", "a"),
        ("policies/a/one.yaml", ""),
        ("two/main.tf", "cd"),
        ("unrelated/main.tf", ""),
    ],
)
def test_a_changed_file_plans_only_the_stacks_that_depend_on_it(place: Place, file: str, stacks: str) -> None:
    new = str(BASE.get(file) or "") + "\n# moved\n"
    assert moved(place, {file: new}) == stacks


def test_a_module_that_is_called_from_now_on_counts(place: Place) -> None:
    place.inputs(BASE)
    place.inputs({"b/main.tf": CALL.format(source="../modules/db")})
    before = place.inputs({})
    after = place.inputs({"modules/db/inner/template.tpl": "two"})
    assert {name for name in after if after[name] != before[name]} == {"a", "b"}


def test_a_definition_plans_its_own_stack_not_its_neighbour_in_the_file(place: Place) -> None:
    two = str(BASE["two/stack.yaml"])
    assert moved(place, {"two/stack.yaml": two.replace("x: one", "x: two", 1)}) == "c"


def test_a_comment_in_a_stack_file_plans_nothing(place: Place) -> None:
    assert moved(place, {"two/stack.yaml": "# words\n" + str(BASE["two/stack.yaml"])}) == ""


@pytest.mark.parametrize(
    "rule",
    [
        "labels: {env: prod}",
        "depends_on: [b]",
        "timeouts: {plan: 30m}",
        "paused: true",
        "drift: {schedule: '5 * * * *', confirm: 3, action: propose, probe: never}",
    ],
)
def test_what_no_plan_reads_plans_nothing(place: Place, rule: str) -> None:
    assert (
        moved(place, {"two/stack.yaml": str(BASE["two/stack.yaml"]).replace("vars:", f"{rule}\nvars:", 1)})
        == ""
    )


@pytest.mark.parametrize(
    "word",
    [
        "apply: {approvals: 2}",
        "env: {FOO: a}",
        "parallelism: 3",
        "engine_version: '~> 1.11'",
        "aws: {region: eu-west-1}",
    ],
)
def test_what_a_plan_reads_or_is_approved_by_plans(place: Place, word: str) -> None:
    assert (
        moved(place, {"two/stack.yaml": str(BASE["two/stack.yaml"]).replace("vars:", f"{word}\nvars:", 1)})
        == "c"
    )


def test_an_executable_bit_plans(place: Place) -> None:
    before = place.inputs(BASE)
    (place.remote.path / "a/files/script.sh").chmod(0o755)
    after = place.inputs({})
    assert {name for name in after if after[name] != before[name]} == {"a"}


def test_a_stack_that_moves_to_another_folder_is_planned(place: Place) -> None:
    before = place.inputs({"x/stack.yaml": "name: x\n", "x/main.tf": "y"})
    after = place.inputs(
        {"x/stack.yaml": None, "x/main.tf": None, "y/stack.yaml": "name: x\n", "y/main.tf": "y"}
    )
    assert before != after


def test_the_same_tree_gives_the_same_digests_whatever_else_is_there(place: Place) -> None:
    before = place.inputs(BASE)
    place.inputs({"new/stack.yaml": "name: new\n", "zzz": "x"})
    after = place.inputs({"new/stack.yaml": None, "new/main.tf": None, "zzz": None})
    assert before == after


# A root module with other stacks below it


def test_the_stacks_below_a_root_module_do_not_plan_it(place: Place) -> None:
    before = place.inputs(
        {
            "stack.yaml": "name: top\n",
            "main.tf": "",
            "scripts/x.sh": "one",
            "live/a/stack.yaml": "name: a\n",
            "live/a/main.tf": "",
            "live/README": "one",
        }
    )

    def moves(files: Files) -> set[str]:
        after = place.inputs(files)
        found = {name for name in after if after[name] != before[name]}
        before.update(after)
        return found

    assert moves({"live/a/main.tf": "# two"}) == {"a"}
    assert moves({"live/a/stack.yaml": "name: a\nvars: {x: y}\n"}) == {"a"}
    assert moves({"live/README": "two"}) == {"top"}
    assert moves({"scripts/x.sh": "two"}) == {"top"}
    assert moves({"main.tf": "# two"}) == {"top"}


def test_a_root_module_that_another_one_calls_counts_for_both(place: Place) -> None:
    before = place.inputs(
        {
            "stack.yaml": "name: top\n",
            "main.tf": CALL.format(source="./live/a"),
            "live/a/stack.yaml": "name: a\n",
            "live/a/main.tf": "",
        }
    )
    after = place.inputs({"live/a/main.tf": "# two"})
    assert {name for name in after if after[name] != before[name]} == {"top", "a"}


# Links


def test_what_a_link_in_a_module_leads_to_counts(place: Place) -> None:
    place.remote.commit({"common/versions.tf": "# one", "shared/x.txt": "one"})
    place.link("a/versions.tf", "../common/versions.tf")
    place.link("a/data", "../shared")
    before = place.inputs({"a/stack.yaml": "name: a\n", "a/main.tf": ""})
    second = place.inputs({"common/versions.tf": "# two"})
    third = place.inputs({"shared/x.txt": "two"})
    assert len({before["a"], second["a"], third["a"]}) == 3


def test_a_link_in_a_module_that_is_only_called_counts_too(place: Place) -> None:
    place.remote.commit({"common/versions.tf": "# one"})
    place.link("modules/m/deep/versions.tf", "../../../common/versions.tf")
    before = place.inputs({"a/stack.yaml": "name: a\n", "a/main.tf": CALL.format(source="../modules/m")})
    assert place.inputs({"common/versions.tf": "# two"}) != before


def test_a_module_that_is_called_from_behind_a_link_counts(place: Place) -> None:
    place.remote.commit({"common/call.tf": CALL.format(source="../m"), "m/main.tf": ""})
    place.link("a/call.tf", "../common/call.tf")
    before = place.inputs({"a/stack.yaml": "name: a\n"})
    assert place.inputs({"m/main.tf": "# two"}) != before


# Engines and settings


def test_files_of_opentofu_alone_do_not_count_as_calls_for_terraform(place: Place) -> None:
    place.remote.commit({"m/main.tf": "", "a/main.tf": "", "a/main.tofu": CALL.format(source="../m")})
    before = place.inputs(
        {"a/stack.yaml": "name: hashi\n---\nname: open\nengine: tofu\nterraform_workspace: open\n"}
    )
    after = place.inputs({"m/main.tf": "# two"})
    assert {name for name in after if after[name] != before[name]} == {"open"}


@pytest.mark.parametrize(
    ("engines", "plans"),
    [
        (EnginesSettings(terraform=TerraformSettings("/opt/terraform")), False),
        (EnginesSettings(env=("AWS_ENDPOINT_URL",)), True),
        (EnginesSettings(tofu=TofuSettings("/opt/tofu")), False),
        (EnginesSettings(registry_tokens={"app.example.com": "secret"}), False),
    ],
)
def test_a_setting_that_reaches_the_plan_plans(place: Place, engines: EnginesSettings, plans: bool) -> None:  # noqa: FBT001
    before = place.inputs(BASE)
    place.settings = replace(place.settings, engines=engines)
    assert (place.inputs({}) != before) is plans


@pytest.mark.parametrize(
    "allowed", [{"provisioners": True}, {"aws_roles": ("arn:*",)}, {"backends": ("s3",)}]
)
def test_what_the_source_allows_plans_nothing_by_itself(place: Place, allowed: dict[str, Any]) -> None:
    before = place.inputs(BASE)
    place.allow(**allowed)
    assert place.inputs({}) == before


# Reading only what moved


def test_a_second_revision_reads_only_what_moved(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.inputs({**BASE, "a/backend.tf": BACKEND.format(key="k")})
    read: list[str] = []
    original = type(place.reader).read

    def counted(self: object, file: str, content: bytes, allow: object) -> object:
        read.append(file)
        return original(self, file, content, allow)  # type: ignore[arg-type]

    asked: list[int] = []
    blobs = type(place.remote.mirrors).blobs

    def counting(self: object, source: object, oids: Any) -> object:
        wanted = set(oids)
        asked.append(len(wanted))
        return blobs(self, source, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(type(place.reader), "read", counted)
    monkeypatch.setattr(type(place.remote.mirrors), "blobs", counting)
    place.inputs({"b/stack.yaml": "name: b\nlabels: {x: y}\n"})
    assert (read, sum(asked)) == (["b/stack.yaml"], 1)


def test_a_folder_as_deep_as_a_path_can_be_is_no_trouble(place: Place) -> None:
    deep = "/".join(["d"] * 1500)
    place.remote.commit()
    for name, content in (("stack.yaml", b"name: deep\n"), ("main.tf", b"")):
        place.remote.git(
            "update-index", "--add", "--cacheinfo", f"100644,{place.remote.blob(content)},{deep}/{name}"
        )
    place.remote.git("commit", "--quiet", "-m", "deep")
    (stack,) = place.found().stacks
    assert stack.file == f"{deep}/stack.yaml"

"""Which stacks a revision declares, and the problems of those that it declares badly."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from discover_world import BACKEND, CALL, Place, elsewhere, known, messages, names

from runner.model.settings.source import Allow
from runner.model.stack.definition import StateIdentity


def test_stack_files_are_found_wherever_the_globs_of_the_source_say(place: Place) -> None:
    place.remote.source = replace(place.remote.source, stacks=("live/**/stack.yaml", "extra/*.stack.yml"))
    found = place.discovered(
        {
            "live/a/stack.yaml": "name: a\n",
            "live/x/y/z/stack.yaml": "name: z\n",
            "stack.yaml": "name: top\n",
            "extra/one.stack.yml": "name: one\npath: ../live/a\n",
            "extra/deep/two.stack.yml": "name: two\n",
        }
    )
    assert names(found) == ["a", "one", "z"]


def test_a_file_may_hold_several_stacks(place: Place) -> None:
    found = place.discovered({"stack.yaml": "name: b\n---\nname: a\nterraform_workspace: a\n"})
    assert names(found) == ["a", "b"]
    assert {stack.module_path for stack in found.stacks} == {"."}


def test_a_stack_knows_its_file_its_module_and_its_revision(place: Place) -> None:
    revision = place.commit(
        {"stacks/a/stack.yaml": "name: a\npath: ../../modules/app\n", "modules/app/main.tf": ""}
    )
    (stack,) = place.found().stacks
    assert (stack.file, stack.module_path, stack.revision) == ("stacks/a/stack.yaml", "modules/app", revision)
    assert stack.managed_state


def test_one_broken_document_stops_no_other_stack(place: Place) -> None:
    found = place.discovered(
        {
            "a/stack.yaml": "name: a\naprovals: 1\n---\nname: b\n",
            "c/stack.yaml": "name: [\n",
            "d/stack.yaml": "name: d\n",
        }
    )
    assert names(found) == ["b", "d"]
    assert {problem.file for problem in found.problems} == {"a/stack.yaml", "c/stack.yaml"}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("path: missing", "path: 'missing' is not a directory in this revision"),
        ("path: main.tf", "path: 'main.tf' is not a directory in this revision"),
        ("path: linked", "path: 'linked' leads through the link a/linked"),
        ("path: linked/below", "path: 'linked/below' leads through the link a/linked"),
        ("var_files: [missing.tfvars]", "var_files: 'missing.tfvars' is not a file in this revision"),
        ("var_files: [sub]", "var_files: 'sub' is not a file in this revision"),
        ("var_files: [link.tfvars]", "var_files: 'link.tfvars' leads through the link a/link.tfvars"),
        ("depends_on: [nobody]", "depends_on: no such stack: nobody"),
        ("backend_config: {key: x}", "backend_config is given, but the root module has no backend block"),
    ],
)
def test_a_path_that_the_revision_lacks_is_reported(place: Place, document: str, sentence: str) -> None:
    place.remote.commit({"other/below/main.tf": "", "a/main.tf": "", "a/sub/x.tf": "", "a/real.tfvars": ""})
    place.link("a/linked", "../other")
    place.link("a/link.tfvars", "real.tfvars")
    found = place.discovered({"a/stack.yaml": f"# first\nname: a\n{document}\n", "b/stack.yaml": "name: b\n"})
    assert names(found) == ["b"]
    where = "3:14" if document.startswith("depends_on") else "2:1"
    assert messages(found) == [f'a/stack.yaml:{where}: stack "a": {sentence}']
    assert found.problems[0].stack == "a"


def test_all_problems_of_a_stack_are_reported_at_once(place: Place) -> None:
    found = place.discovered(
        {"a/stack.yaml": "name: a\npath: none\nvar_files: [one, two]\n", "a/main.tf": ""}
    )
    assert len(found.problems) == 3


def test_a_problem_stands_at_the_document_of_its_stack(place: Place) -> None:
    found = place.discovered({"stack.yaml": 'name: b\n---\n# a\n"name": "a"  # the other\npath: missing\n'})
    assert messages(found) == [
        "stack.yaml:4:1: stack \"a\": path: 'missing' is not a directory in this revision"
    ]


# Files that are none


def test_a_link_is_no_stack_file(place: Place) -> None:
    place.remote.commit({"real.yaml": "name: a\n", "main.tf": ""})
    place.link("a/stack.yaml", "../real.yaml")
    found = place.discovered({})
    assert (names(found), messages(found)) == (
        [],
        ["a/stack.yaml:1:1: a stack file cannot be a symbolic link"],
    )


def test_a_path_with_control_characters_is_no_stack_file(place: Place) -> None:
    found = place.discovered({"a\x1b[31m\nb/stack.yaml": "name: a\n"})
    assert names(found) == []
    (problem,) = messages(found)
    assert problem.isprintable()


def test_an_unused_link_out_of_the_repository_is_a_note(place: Place) -> None:
    place.link("docs/hosts", "/etc/hosts")
    found = place.discovered({"a/stack.yaml": "name: a\n"})
    assert (names(found), messages(found)) == (["a"], [])
    assert [str(note) for note in found.notes] == [
        "docs/hosts:1:1: the link points outside the repository, or in a circle, and is not exported"
    ]


def test_a_stack_file_that_is_far_too_large_is_not_even_loaded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runner.source import mirrors

    monkeypatch.setattr(mirrors, "LARGEST_BLOB", 100)
    found = place.discovered({"a/stack.yaml": "name: a\n" + "#" * 200, "b/stack.yaml": "name: b\n"})
    assert names(found) == ["b"]
    assert messages(found) == ["a/stack.yaml:1:1: the file is too large for a stack file"]


# Names


def test_a_name_that_two_files_claim_stays_with_the_first_file(place: Place) -> None:
    found = place.discovered({"b/stack.yaml": "name: same\n", "a/stack.yaml": "name: same\n"})
    assert [stack.file for stack in found.stacks] == ["a/stack.yaml"]
    assert messages(found) == ['b/stack.yaml:1:1: stack "same": a/stack.yaml already uses this name']


def test_a_newcomer_cannot_take_over_the_name_of_a_known_stack(place: Place) -> None:
    (old,) = place.discovered({"b/stack.yaml": "name: same\n"}).stacks
    found = place.discovered({"a/stack.yaml": "name: same\n"}, [known(old)])
    assert [stack.file for stack in found.stacks] == ["b/stack.yaml"]


def test_a_stack_that_moves_to_another_file_keeps_its_name(place: Place) -> None:
    (old,) = place.discovered({"b/stack.yaml": "name: same\n"}).stacks
    found = place.discovered({"b/stack.yaml": None, "a/stack.yaml": "name: same\n"}, [known(old)])
    assert [stack.file for stack in found.stacks] == ["a/stack.yaml"]


def test_a_name_of_another_source_is_taken(place: Place) -> None:
    found = place.discovered({"stack.yaml": "name: same\n"}, [elsewhere("same")])
    assert messages(found) == ['stack.yaml:1:1: stack "same": source other already uses this name']


def test_a_name_that_another_source_no_longer_has_is_free(place: Place) -> None:
    gone = replace(elsewhere("same"), missing_since=datetime.now(UTC))
    assert names(place.discovered({"stack.yaml": "name: same\n"}, [gone])) == ["same"]


# States


def test_two_new_stacks_on_one_state_leave_the_first_by_name(place: Place) -> None:
    files = {f"{name}/stack.yaml": f"name: {name}\n" for name in "ab"}
    found = place.discovered(
        {**files, "a/main.tf": BACKEND.format(key="k"), "b/main.tf": BACKEND.format(key="k")}
    )
    assert names(found) == ["a"]
    assert messages(found) == [
        'b/stack.yaml:1:1: stack "b": it uses the same state as stack "a" (s3 {"bucket":"b","key":"k"} workspace default)'
    ]


def test_a_newcomer_cannot_take_over_the_state_of_a_known_stack(place: Place) -> None:
    (old,) = place.discovered(
        {"prod/stack.yaml": "name: prod\n", "prod/main.tf": BACKEND.format(key="k")}
    ).stacks
    found = place.discovered(
        {"a/stack.yaml": "name: a\n", "a/main.tf": BACKEND.format(key="k")}, [known(old)]
    )
    assert names(found) == ["prod"]


def test_a_stack_that_is_only_broken_keeps_its_state(place: Place) -> None:
    (old,) = place.discovered(
        {"prod/stack.yaml": "name: prod\n", "prod/main.tf": BACKEND.format(key="k")}
    ).stacks
    newcomer = {"a/stack.yaml": "name: a\n", "a/main.tf": BACKEND.format(key="k")}
    for broken in ("name: prod\npath: missing\n", "name: prod\nunknown: 1\n", "name: [\n"):
        assert names(place.discovered({**newcomer, "prod/stack.yaml": broken}, [known(old)])) == [], broken


def test_a_renamed_stack_takes_its_state_along(place: Place) -> None:
    (old,) = place.discovered(
        {"prod/stack.yaml": "name: prod\n", "prod/main.tf": BACKEND.format(key="k")}
    ).stacks
    assert names(place.discovered({"prod/stack.yaml": "name: production\n"}, [known(old)])) == ["production"]


def test_a_state_of_another_source_is_taken(place: Place) -> None:
    owner = elsewhere("z", identity=StateIdentity("s3", '{"bucket":"b","key":"k"}', "default"))
    assert (
        names(place.discovered({"stack.yaml": "name: a\n", "main.tf": BACKEND.format(key="k")}, [owner]))
        == []
    )


def test_another_workspace_or_key_is_another_state(place: Place) -> None:
    found = place.discovered(
        {
            "stack.yaml": "name: a\n---\nname: b\nterraform_workspace: b\n---\nname: c\nbackend_config: {key: other}\n",
            "main.tf": BACKEND.format(key="k"),
        }
    )
    assert names(found) == ["a", "b", "c"]


def test_an_unreadable_file_is_a_problem_of_all_its_known_stacks(place: Place) -> None:
    """Else they would look as if they had left Git."""
    old = place.discovered({"stack.yaml": "name: a\n---\nname: b\nterraform_workspace: b\n"}).stacks
    found = place.discovered({"stack.yaml": b"\xff\xfe"}, [known(stack) for stack in old])
    assert [problem.stack for problem in found.problems] == ["a", "b"]


# What the source allows


def test_a_backend_that_the_source_does_not_allow_is_refused(place: Place) -> None:
    place.allow(backends=("local",))
    found = place.discovered({"stack.yaml": "name: a\n", "main.tf": BACKEND.format(key="k")})
    assert messages(found) == [
        'main.tf:2:1: stack "a": backend "s3" is not among allow.backends of the source'
    ]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("cloud {\n}", "a cloud block makes terraform run elsewhere"),
        ('backend "local" {\n}', "needs an absolute path"),
        ('backend "local" {\n  path = "../x.tfstate"\n}', "needs an absolute path"),
    ],
)
def test_a_state_that_driftline_could_not_follow_is_refused(place: Place, block: str, sentence: str) -> None:
    found = place.discovered({"stack.yaml": "name: a\n", "main.tf": f"terraform {{\n{block}\n}}\n"})
    assert names(found) == []
    assert sentence in messages(found)[0]


@pytest.mark.parametrize(
    ("workspaces", "sentence"),
    [
        ('{"name": "a", "x = 1 }\\ntoken": "stolen"}', "in workspaces of the backend is not a setting name"),
        ('[{"name": "a"}, {"${x}": 1}]', "'${x}' in workspaces of the backend is not a setting name"),
        ('"a"', "workspaces of the backend is a block; give its settings as a mapping"),
    ],
)
def test_no_name_in_a_block_of_a_backend_can_add_settings(
    place: Place, workspaces: str, sentence: str
) -> None:
    place.allow(backends=("remote",))
    stack = f"name: a\nbackend_config: {{organization: o, workspaces: {workspaces}}}\n"
    found = place.discovered({"stack.yaml": stack, "main.tf": 'terraform {\n  backend "remote" {}\n}\n'})
    assert names(found) == []
    assert sentence in messages(found)[0]


LOCAL = 'terraform {{\n  backend "local" {{\n    path = "/srv/states/a.tfstate"\n{more}  }}\n}}\n'


def test_a_workspace_with_its_state_in_one_revisions_tree_is_refused(place: Place) -> None:
    place.allow(backends=("local",), state_folders=("/srv/states",))
    files = {"stack.yaml": "name: a\nterraform_workspace: dev\n", "main.tf": LOCAL.format(more="")}
    found = place.discovered(files)
    assert names(found) == []
    assert 'stores the state of terraform_workspace "dev" below its workspace_dir' in messages(found)[0]
    more = '    workspace_dir = "/srv/states/a"\n'
    assert names(place.discovered({"main.tf": LOCAL.format(more=more)})) == ["a"]


def test_a_backend_block_behind_a_link_counts(place: Place) -> None:
    place.remote.commit({"common/backend.tf": BACKEND.format(key="k")})
    place.link("a/backend.tf", "../common/backend.tf")
    (stack,) = place.discovered({"a/stack.yaml": "name: a\n"}).stacks
    assert (stack.identity.backend, stack.managed_state) == ("s3", False)


def test_a_backend_block_in_an_unreadable_file_is_not_ignored(place: Place) -> None:
    found = place.discovered(
        {"stack.yaml": "name: a\n", "main.tf": BACKEND.format(key="k") + 'resource "x" {{{\n'}
    )
    assert names(found) == []
    assert "main.tf cannot be read as HCL" in messages(found)[0]


def test_a_syntax_error_that_hides_no_backend_is_left_to_terraform(place: Place) -> None:
    assert names(place.discovered({"stack.yaml": "name: a\n", "main.tf": 'resource "x" {{{\n'})) == ["a"]


def test_provisioners_are_refused_where_the_source_does_not_allow_them(place: Place) -> None:
    runs = 'resource "null_resource" "x" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n'
    files = {"a/stack.yaml": "name: a\n", "a/main.tf": CALL.format(source="../m"), "m/main.tf": runs}
    found = place.discovered(files)
    assert "null_resource.x in m runs commands" in messages(found)[0]
    place.allow(provisioners=True)
    assert names(place.found()) == ["a"]


@pytest.mark.parametrize(
    "source",
    [
        "../../outside", "../..", "./missing", "./link", "/etc/terraform", "file:///etc/terraform", "git::file:///etc/x",
        "git::/srv/x", "git::ext::sh -c id", "git::https://h/x?ref=--upload-pack=id", "git::https://h/x?a=b&ref=-x",
    ],
)  # fmt: skip
def test_a_module_that_reaches_out_of_the_repository_is_refused(place: Place, source: str) -> None:
    place.remote.commit({"m/main.tf": "", "a/real/main.tf": ""})
    place.link("a/link", "real")
    found = place.discovered({"a/stack.yaml": "name: a\n", "a/main.tf": CALL.format(source=source)})
    assert names(found) == []
    assert "the module source" in messages(found)[0]


@pytest.mark.parametrize(
    "source",
    [
        "../m", "./sub", "hashicorp/consul/aws", "app.example.com/a/b/aws", "git::https://h/x.git?ref=v1.2.0",
        "git::ssh://git@h/x.git//sub?ref=main", "github.com/a/b",
    ],
)  # fmt: skip
def test_other_modules_are_taken(place: Place, source: str) -> None:
    place.remote.commit({"m/main.tf": "", "a/sub/main.tf": ""})
    found = place.discovered({"a/stack.yaml": "name: a\n", "a/main.tf": CALL.format(source=source)})
    assert names(found) == ["a"]


def test_a_source_setting_takes_effect_at_once_with_unchanged_files(place: Place) -> None:
    files = {"stack.yaml": "name: a\nengine: tofu\n"}
    assert names(place.discovered(files)) == ["a"]
    place.remote.source = replace(place.remote.source, allow=Allow(engines=("terraform",)))
    assert names(place.found()) == []

"""Absolute paths of the code are the same at each revision, so a commit that moves none of them changes nothing."""

from dataclasses import replace

import pytest
from world import ANA, World

from runner.model.run.life import Run, State
from runner.sandbox import namespaced
from runner.service.operator import request

pytestmark = pytest.mark.skipif(namespaced.problem() is not None, reason="only namespaces can move a tree")

PLACED = """\
variable "from_file" {{}}
module "lib" {{
  source = "../lib"
}}
resource "terraform_data" "one" {{
  input = {{
    module = abspath(path.module)
    root   = abspath(path.root)
    cwd    = path.cwd
    lib    = module.lib.place
    var    = var.from_file
    read   = file("${{abspath(path.module)}}/read.txt")
  }}
}}
resource "terraform_data" "made" {{
  provisioner "local-exec" {{
    command = "test -f $PWD/read.txt && cp ${{abspath(path.module)}}/read.txt ${{path.cwd}}/made"
  }}
}}
# {value}
"""
FILES: dict[str, str | None] = {
    "lib/main.tf": 'output "place" {\n  value = abspath(path.module)\n}\n',
    "web/read.txt": "read\n",
    "web/web.tfvars": 'from_file = "x"\n',
}
RULES = "var_files: [web.tfvars]\n"


@pytest.fixture
def placed(plain: World) -> World:
    (source,) = plain.settings.sources
    allowing = replace(source, allow=replace(source.allow, provisioners=True))
    plain.configure(replace(plain.settings, sources=(allowing,)))
    plain.commit_files(FILES)
    plain.applied(value="one", body=PLACED, rules=RULES)
    return plain


def test_another_revision_sees_the_same_paths(placed: World) -> None:
    (run,) = placed.push(value="two", body=PLACED, rules=RULES)
    assert run.state is State.NO_CHANGES, run


def test_a_plan_of_one_revision_is_applied_after_another_was_planned(placed: World) -> None:
    """The plan is made again under the lock, and what it would do is the same."""
    placed.commit_files({"web/read.txt": "another\n"})
    placed.poll()
    (planned,) = placed.work()
    placed.approve(planned)
    placed.age(minutes=10)
    (done,) = placed.work()
    assert done.state is State.APPLIED, done


def test_a_drift_check_of_the_applied_revision_sees_them_too(placed: World) -> None:
    placed.commit_files({"web/other.tf": "# nothing\n"})
    placed.poll()
    placed.work()
    runs, _ = request.request_check(placed.app.control, ["web"], ANA)
    ended: list[Run] = placed.work()
    assert [run.state for run in ended if run.id == runs[0].id] == [State.NO_CHANGES]


def test_what_a_run_writes_at_its_path_lies_in_the_tree_of_its_revision(placed: World) -> None:
    trees = placed.root / "data" / "trees" / "infra"
    assert [path.read_text() for path in trees.glob("*/web/made")] == ["read\n"]
    assert not (trees / "tree").exists()

"""What a stranger can put into a pull request, and what a forge can put into an answer, from end to end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_server import TOKEN, Asked, Told
from kept_world import KeptWorld, at_forge
from pulls_world import module
from rendered import Rendered, rendered

LURE = "@acme/owners ![x](https://evil.example/x) <img src=x> </details> fixes #1\n/close\n# owned\n```"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path) as one:
        yield one


def shown(kept: KeptWorld) -> Rendered:
    """The comment, of which only the headline is a heading, and nothing a mention, a link or HTML."""
    found = rendered(kept.comment().partition("\n")[2])
    assert (found.html, found.links, found.headings, found.special) == ((), (), 1, [])
    assert found.open_details == 0
    return found


def test_an_error_of_terraform_stays_text(kept: KeptWorld) -> None:
    said = LURE.replace("\n", "\\n").replace('"', '\\"')
    code = module("new").replace(
        "\n}",
        f'\n  lifecycle {{\n    postcondition {{\n      condition = self.input == ""\n      error_message = "{said}"\n    }}\n  }}\n}}',
    )
    kept.open(7, {"app/main.tf": code})
    kept.look()
    assert "plan failed" in kept.comment()
    assert "evil.example" in kept.comment()
    assert any("evil.example" in fence for fence in shown(kept).fences)


def test_a_path_and_a_name_in_a_problem_stay_text(kept: KeptWorld) -> None:
    place = "@acme `x` ![x](https:evil) <img src=x> [a](b)"
    kept.open(7, {f"{place}/stack.yaml": f"name: '{place}'\n@team: <b>\n", "app/main.tf": module("new")})
    kept.look()
    assert "problem" in kept.comment()
    shown(kept)


def test_a_branch_is_no_markup_and_no_option(kept: KeptWorld) -> None:
    head = kept.world.pull(7, {"app/main.tf": module("new")}, branch="x/@team-<img-src=x>-`$(id)`")
    kept.fake.world.pulls.clear()
    kept.world.once()
    assert kept.world.shown(7)["head"] == head
    kept.look()
    shown(kept)


def test_a_token_that_a_forge_repeats_is_kept_nowhere(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})

    def echoes(asked: Asked) -> Told:
        return Told(422, {"message": f"{TOKEN} {asked.headers['authorization']}", "errors": [TOKEN]})

    kept.fake.faults.append(echoes)
    kept.look()
    said = [
        kept.world.run(*words, expect=None).output
        for words in (
            ("status",),
            ("status", "-o", "json"),
            ("doctor",),
            ("source", "list", "-o", "json"),
            ("daemon", "--once"),
            ("audit", "log"),
            ("config", "show"),
        )
    ]
    assert "422" in said[0]
    assert not any(TOKEN in text for text in (*said, *kept.problems))
    kept.fake.faults.clear()
    written = [one.read_bytes() for one in (kept.world.root / "data").rglob("*") if one.is_file()]
    assert not any(TOKEN.encode() in content for content in written)

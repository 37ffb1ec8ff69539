"""Cutting HCL into blocks, and reading the plain ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.blocks import Block, Computed, cut, plain_body
from runner.engine.hcl import parse_block

TRICKY = """
# terraform { backend "x" {} }
/* module "no" { */
resource "a" "b" {
  plain    = "}"
  nested   = "${f({ x = "}" })} and ${"{"} and $${not} \\" }"
  comment  = 1 # }
  other    = 2 // {
  inline   = 3 /* } */
  heredoc  = <<-EOT
    } {
    "not closed
    # no comment
    EOT
  map = {
    a = { b = "}" }
  }
}
module "m" { source = "./m" }
"""


def kinds(text: str) -> list[tuple[str, ...]] | None:
    blocks = cut(text)
    return None if blocks is None else [(block.kind, *block.labels) for block in blocks]


def test_braces_in_strings_templates_comments_and_heredocs_are_no_braces() -> None:
    assert kinds(TRICKY) == [("resource", "a", "b"), ("module", "m")]


def test_a_block_keeps_its_text() -> None:
    [block] = cut('x "y" {\n a = 1\n}\n') or []
    assert block == Block("x", ("y",), "\n a = 1\n")
    assert block.text == 'x "y" {\n a = 1\n}'


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", "/* a\n{ */"])
def test_a_file_without_blocks_has_none(text: str) -> None:
    assert cut(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *[
            "a {",
            "a }",
            "}",
            'a { b = "',
            'a { b = "x\n" }',
            "a { /* }",
            "a { b = <<E\n}\n",
            "x = 1",
            'a "\\u0062" {}',
        ],
        *["a { b = <<E\n${x(\nE\n)}\nE\n}", "a { b = 1 << 2 }", '"a" {}', "a + b {}"],
    ],
)
def test_what_is_not_clear_is_not_cut(text: str) -> None:
    assert cut(text) is None


@settings(deadline=None)
@given(st.text(alphabet='ab "{}$%\\\n#/*<E=-', max_size=60))
def test_no_text_whatever_raises_or_hangs(text: str) -> None:
    blocks = cut(text)
    for block in blocks or []:
        plain_body(block)


PLAIN = """backend "s3" {
  # a comment
  bucket  = "b" # another
  key     = "a/$b/%c"
  encrypt = true
  retries = 5
  empty   = null
  region  = var.region
  list    = ["a", var.b]

  assume_role {
    role_arn = "arn"
  }
  tags = {
    "x" = "y",
  }
}"""


def test_a_plain_block_is_read_without_a_parser() -> None:
    [block] = cut(PLAIN) or []
    body = plain_body(block)
    assert body == {
        "bucket": "b",
        "key": "a/$b/%c",
        "encrypt": True,
        "retries": 5,
        "empty": None,
        "region": Computed("var.region"),
        "list": Computed('["a", var.b]'),
        "assume_role": [((), {"role_arn": "arn"})],
        "tags": {"x": "y"},
    }


@pytest.mark.parametrize(
    "attribute",
    [
        *[
            'a = "${var.b}"',
            'a = "x\\ty"',
            "a = <<E\nx\nE",
            "a = [\n1\n]",
            "a = f({})",
            "a = 1 +\n 2",
            "a = (",
            "a",
        ],
        *["a = /* x */ 1", "a = b ? {} : {}", "a = "],
    ],
)
def test_a_block_that_is_not_plain_is_left_to_the_parser(attribute: str) -> None:
    assert plain_body(Block("x", (), f"\n{attribute}\n")) is None


LITERAL = st.one_of(
    st.booleans().map(lambda b: "true" if b else "false"),
    st.integers(0, 10**9).map(str),
    st.text(alphabet="ab /.:-_$%{}", max_size=8)
    .filter(lambda t: "${" not in t and "%{" not in t)
    .map(lambda t: f'"{t}"'),
)
NAMES = st.sampled_from(["bucket", "key", "source", "x-y", "a_b"])


@settings(deadline=None)
@given(st.dictionaries(NAMES, LITERAL, max_size=5))
def test_a_plain_block_means_to_us_what_it_means_to_the_parser(attributes: dict[str, str]) -> None:
    body = "".join(f"  {name} = {value}\n" for name, value in attributes.items())
    block = Block("module", ("m",), f"\n{body}")
    assert plain_body(block) == parse_block(block)

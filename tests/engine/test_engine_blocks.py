"""Cutting HCL into blocks, and reading the plain ones."""

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.hcl.blocks import Block, body_of, cut, nested, plain_body
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed

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
            "a {} b {}",
            "a\n{}",
            "a # b\n{}",
            'a "${b}" {}',
            'a "\\x" {}',
        ],
        *["a { b = 1 << 2 }", '"a" {}', "a + b {}", "\ufeffa {}", "a\u00a0{}", "a\r{}", "a\u2028{}"],
        *['a { b = "x\ry" }', "a { b = <<E\nx\ry\nE\n}", "a { b = <<E\nE", "a { b = <<E \nE\n}"],
    ],
)
def test_what_is_not_clear_is_not_cut(text: str) -> None:
    assert cut(text) is None


@given(st.text(alphabet='ab "{}$%\\\n#/*<E=-', max_size=60))
def test_no_text_raises_or_hangs(text: str) -> None:
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


def test_a_plain_block_is_read() -> None:
    [block] = cut(PLAIN) or []
    body = plain_body(block)
    assert body == {
        "bucket": "b",
        "key": "a/$b/%c",
        "encrypt": True,
        "retries": 5,
        "empty": None,
        "region": Computed("var.region"),
        "list": ["a", Computed("var.b")],
        "assume_role": [((), {"role_arn": "arn"})],
        "tags": {"x": "y"},
    }


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        *[(text, text) for text in ('"${var.b}"', "<<E\nx\nE", "f({})", "b ? {} : {}", "(\n1\n)", "a.b[0]")],
        *[
            (text, text)
            for text in ('{ for a in b : a => "}" }', '[for a in b : "]"]', "{ (a) = 1 }", "1 + -2")
        ],
        ("1.5 # }", "1.5"),
    ],
)
def test_what_is_no_literal_is_its_source_text(expression: str, source: str) -> None:
    assert body_of(Block("x", (), f"\na = {expression}\nb = 1\n")) == {"a": Computed(source), "b": 1}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"x\\ty\\u0041\\U00000042\\\\"', "x\tyAB\\"),
        ('"$${a} %%{b} $$${c} $"', "${a} %{b} $${c} $"),
        ('"\\ud800"', "\ufffd"),
        ("/* } */ -1", -1),
        ('[\n1\n,\n[], # ]\n{ a : 1, b = [true]\n"c" = null }]', [1, [], {"a": 1, "b": [True], "c": None}]),
    ],
)
def test_what_is_a_literal_is_its_value(expression: str, value: object) -> None:
    assert body_of(Block("x", (), f"a = {expression}\n")) == {"a": value}


@pytest.mark.parametrize(
    "body",
    [
        *[
            "a",
            "a = ",
            "a = 1 +\n 2",
            "a = (",
            "a = (]",
            "a = )",
            "a = 1 b = 2",
            "a = 1\na = 2",
            "a = 1\na {}",
        ],
        *[
            "a {}\na = 1",
            "a {} b {}",
            "a = { b = }",
            '"a" = 1',
            "a = 1;",
        ],
        *["a == 1", "1 = a", "a \n= 1", 'a = "\\x"', "a = 'b'", "a = {", "a = { ) }"],
    ],
)
def test_a_body_that_is_not_clear_is_refused(body: str) -> None:
    assert plain_body(Block("x", (), f"\n{body}\n")) is None


def test_of_two_equal_keys_of_a_map_the_last_one_counts_as_for_terraform() -> None:
    assert plain_body(Block("x", (), '\na = { b = 1, "b" = 2 }\n')) == {"a": {"b": 2}}


def test_what_is_wrong_is_reported_with_its_line_in_the_file() -> None:
    [_, block] = cut("a {}\n\nb {\n x = 1\n y\n}\n") or []
    with pytest.raises(NotHcl, match="line 5: expected a label"):
        body_of(block)


def test_what_is_nested_beyond_measure_is_refused() -> None:
    assert cut("a { b = " + '"${' * 5000) is None
    assert plain_body(Block("a", (), "b = " + "[" * 5000)) is None
    assert plain_body(Block("a", (), "b {" * 5000)) is None


def test_a_block_is_asked_for_with_the_labels_that_it_has_to_have() -> None:
    body = {"attribute": [1], **body_of(Block("x", (), 'b "c" {\n}\n'))}
    assert nested(body, "b", 1) == [(("c",), {})]
    assert nested(body, "missing", 1) == []
    for name, labels in (("b", 0), ("attribute", 0)):
        with pytest.raises(NotHcl):
            nested(body, name, labels)


# What HCL's scanner takes from around the end of a heredoc; and what it does not take, though Python would
WHITE = "\t\v\f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
SOLID = "\x1c\x1d\x1e\x1f\u180e\u200b\ufeff"


@pytest.mark.parametrize("character", WHITE)
@pytest.mark.parametrize("end", ["{}EOT", "EOT{}", "{}EOT{}\r"])
def test_a_heredoc_ends_where_it_does_for_terraform(character: str, end: str) -> None:
    text = f"a {{\n b = <<-EOT\nx\n{end.replace('{}', character)}\n}}\nc {{}}\nd {{\n b = <<EOT\nEOT\n}}\n"
    assert kinds(text) == [("a",), ("c",), ("d",)]


@pytest.mark.parametrize(
    "line", [*(f"{character}EOT" for character in SOLID), "${1}EOT", "$EOT", "${\n1}EOT", "EOTEOT"]
)
def test_a_heredoc_does_not_end_where_it_only_seems_to(line: str) -> None:
    assert kinds(f"a {{\n b = <<EOT\n{line}\n}}\nc {{}}\nEOT\n}}\n") == [("a",)]


def test_a_template_in_a_heredoc_may_hold_another_one() -> None:
    assert kinds("a {\n b = <<E\n${<<F\nE\n}\nF\n}\nE\n}\nc {}\n") == [("a",), ("c",)]


LITERAL = st.one_of(
    st.booleans().map(lambda b: "true" if b else "false"),
    st.integers(0, 10**9).map(str),
    st.text(alphabet="ab /.:-_$%{}", max_size=8)
    .filter(lambda t: "${" not in t and "%{" not in t)
    .map(lambda t: f'"{t}"'),
)
NAMES = st.sampled_from(["bucket", "key", "source", "x-y", "a_b"])


@given(st.dictionaries(NAMES, LITERAL, max_size=5))
def test_a_literal_means_to_us_what_it_means_to_another_parser(attributes: dict[str, str]) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in attributes.items())
    read = {
        name: _unescaped(value[1:-1]) if isinstance(value, str) else value
        for name, value in hcl2.loads(text).items()
        if name != "__comments__"
    }
    assert plain_body(Block("module", ("m",), text)) == read


def _unescaped(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")

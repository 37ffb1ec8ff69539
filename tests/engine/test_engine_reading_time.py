"""A repository decides what is read, so no text may take more than its length deserves."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from runner.engine.initialised.needed import _extract
from runner.engine.modules.configuration import HclModules
from runner.engine.modules.declared import Declared, _of_hcl
from runner.hcl.spelled import guessed
from runner.hcl.tokens import NotHcl

LONGEST = 64_000  # characters
SECONDS = 3.0  # of CPU: the slowest takes a tenth of it, and what grows with the square has long been over it

# About n characters each.
TEXTS: dict[str, Callable[[int], str]] = {
    "blanks in a value": lambda n: f"terraform {{\n a = {' ' * (n // 2)}x,{' ' * (n // 2)}y \n}}",
    "blanks around a value": lambda n: f"module x {{\n source{' ' * (n // 2)}={' ' * (n // 2)}\n}}",
    "labels": lambda n: f"locals {'a ' * (n // 2)}{{",
    "quoted labels": lambda n: "locals " + '"a" ' * (n // 4),
    "ordinary code with a word in it": lambda n: "locals {\n" + "".join(
        f'  external_{i} = ["a", {{ b = "${{c}}" }}]\n' for i in range(n // 40)
    ) + "}\n",
    "attributes of a block that is read": lambda n: "terraform {\n" + "".join(
        f"  a{i} = f([b, {{c = 1}}])\n" for i in range(n // 28)
    ) + "}\n",
    "nested blocks": lambda n: "module m {\n" + " a {\n }\n" * (n // 8) + "}\n",
    "comments": lambda n: "module m {" + "/**/" * (n // 4) + "}\n",
    "comments before a block": lambda n: "/**/" * (n // 4) + "module m {}\n",
    "comments that do not end": lambda n: "module m {\n" + "/* " * (n // 3),
    "newlines": lambda n: "module m {\n" + "\n" * n + "x\n}\n",
    "newlines behind a name": lambda n: "\n" * (n // 2) + "module m {\n source = x\n" + "provider\n" * (n // 18) + "}\n",
    "newlines in a resource": lambda n: "resource a b {\n" + "\n" * n + "}\n",
    "heredocs that do not end": lambda n: "module m {\n a = " + "<<E\n" * (n // 4),
    "heredocs": lambda n: "module m {\n" + "".join(f" a{i} = <<E\n\nE\n" for i in range(n // 16)) + "}\n",
    "newlines in a heredoc": lambda n: "variable v {\n sensitive = true\n default = <<E\n<<E\n" + "\n" * n + "E\n}\nmodule m {}\n",
    "templates": lambda n: 'module m {\n a = "' + "${a}$" * (n // 5) + '"\n}\n',
    "templates in templates": lambda n: 'module m {\n a = "' + '${"' * (n // 3),
    "dollars": lambda n: 'module m {\n a = "' + "$" * n + '"\n}\n',
    "backslashes": lambda n: 'module m {\n a = "' + "\\\\" * (n // 2) + '"\n}\n',
    "brackets": lambda n: "module m {\n a = " + "[" * n,
    "braces": lambda n: "module m " + "{" * n,
    "lists": lambda n: "module m {\n a = [" + "[],\n" * (n // 4) + "]\n}\n",
    "maps with keys that are computed": lambda n: "module m {\n a = " + "{ b = " * (n // 7) + "{ (c) = 1 }" + "}" * (n // 7),
    "words of providers": lambda n: "import {\n to = [" + "provider " * (n // 9) + "]\n}\nmodule m {}\n",
    "words of data": lambda n: "check c {\n a = [" + 'data " ' * (n // 7) + "]\n}\nmodule m {}\n",
    "one long name": lambda n: "module m {\n source" + "x" * n + "\n}\n",
    "quotes that are escaped": lambda n: 'variable v {\n sensitive = true\n default = "' + '\\"' * (n // 2),
    "blanks in a template": lambda n: 'variable v {\n sensitive = true\n default = "${' + " " * n + 'x}"\n}\n',
    "calls that do not end": lambda n: "locals {\n a = " + 'sensitive("a", ' * (n // 15) + "\n}\n",
    "keys": lambda n: "variable v {\n sensitive = true\n default = {" + '"a-b" = "c", ' * (n // 13) + "}\n}\n",
    "numbers with large exponents": lambda n: "module m {\n a = [" + "".join(f"1e{999999 - i}, " for i in range(n // 10)) + "]\n}\n",
    "reads in reads": lambda n: "locals {\n a = " + "file(" * (n // 5) + "\n}\n",
    "reads in templates": lambda n: 'locals {\n a = "' + '${file("' * (n // 8) + '${"")}' * (n // 8) + '"\n}\n',
    "reads of what a loop has": lambda n: "locals {\n a = [" + "for a in a : file(a), " * (n // 22) + "]\n}\n",
    "loops over loops": lambda n: "locals {\n a = [" + "".join(
        f"for a{i} in [a{i + 1}, a{i + 1}] : file(a{i}), " for i in range(n // 40)
    ) + "]\n}\n",
    "locals of locals": lambda n: "locals {\n" + "".join(
        f' a{i} = "${{local.a{i + 1}}}${{local.a{i + 1}}}"\n' for i in range(n // 40)
    ) + " b = file(local.a0)\n}\n",
    "conditions": lambda n: "locals {\n a = file(" + "a ? b : " * (n // 8) + "c)\n}\n",
    "digits": lambda n: "module m {\n a = " + "1" * n + "\n}\n",
}  # fmt: skip


def read(text: str) -> None:
    """All that reads code of a repository."""
    content = text.encode()
    for name in ("main.tf", "main.tf.json"):
        HclModules().read({name: content})
        HclModules().providers({name: content})
        for looked_into in (content, b"path.module " + content, content + b"path.module"):
            HclModules().reads({name: looked_into})
        HclModules().values(name.replace(".tf", ".tfvars"), content)
        HclModules().definitions({name: content})
        HclModules().values_file(name.replace(".tf", ".tfvars"), content)
    _extract("./main.tf", content)
    with suppress(NotHcl, RecursionError):
        _of_hcl(Declared(), text)
    list(guessed(text))


@pytest.mark.repeats
@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_takes_longer_than_its_length_deserves(kind: str) -> None:
    """From a short one on, so that what grows with the cube is told before it takes hours."""
    length = 1000
    while length <= LONGEST:
        text = TEXTS[kind](length)
        started = time.process_time()
        read(text)
        spent = time.process_time() - started
        assert spent < SECONDS, f"{length} characters take {spent:.1f} s"
        length *= 2


def test_attributes_are_found_in_one_pass_however_many_there_are() -> None:
    text = "locals {\n" + "".join(f"a{i} = b\n" for i in range(30_000)) + "}\n"
    started = time.process_time()
    found = HclModules().definitions({"main.tf": text.encode()})
    spent = time.process_time() - started
    assert found.locals["a29999"].line == 30_001
    assert spent < SECONDS, f"{spent:.1f} s"


def test_values_that_take_too_long_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.modules.reading_time.SECONDS", -1.0)
    assert "takes more than" in HclModules().values_file("a.tfvars", b"a = 1\n").flaw
    assert "takes more than" in HclModules().values_file("a.tfvars.json", b'{"a": 1}').flaw

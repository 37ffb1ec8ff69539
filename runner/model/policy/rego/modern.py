r"""A module's text as regopy has to get it, with the same lines: where regopy differs from OPA, policies would pass too much.

- A partial set of Rego v0, `name[x] { ... }`, is an object of `true` there: what iterates over such a set finds nothing.
  Its head becomes `name contains x if`.
- An expression that iterates within a call or twice, such as `startswith(names[_], "x")` or `a[i] == b[j]`, is an error or
  false. What it iterates over gets a name first: `name = names[_]; startswith(name, "x")`. After `name := names[_]`,
  `kinds[name]` crashes; after `name = names[_]` it does not.
- `sprintf` with more than one verb puts quotes around values of variables and of functions, so that the text equals
  no other. It becomes `concat` of calls with one verb each.
- `with input as ...` crashes where the rule asks another rule, and `with input.key as ...` does not. The document is
  therefore under a key of the input.
- A text is compared as it is written: `\u00e9` is not `é`.
"""

from collections.abc import Iterator

from runner.model.policy.rego.bodies import bar, bare_bodies, rule_bodies, statements
from runner.model.policy.rego.module import Module
from runner.model.policy.rego.texts import inside, parts_of, plain
from runner.model.policy.rego.tokens import closing

ROOT = "root"  # the key of the input that has the document
NAME = "driftline_"  # how names that are given here begin
_NO_VARIABLE = frozenset({"true", "false", "null", "input", "data"})
_PATTERN = frozenset("[]{},:")


def modern(of: Module) -> str:
    writer = _Writer(of)
    return writer.between(0, len(of.tokens)) if of.tokens else of.source


class _Writer:
    def __init__(self, of: Module) -> None:
        self.source, self.tokens = of.source, of.tokens
        self.heads = dict(_old_heads(of))
        self.bodies, self.bare = rule_bodies(of), bare_bodies(of)
        self.named = 0
        self.iterations: list[str] | None = (
            None  # of the statement that is being written; None outside of one
        )

    def between(self, begin: int, end: int) -> str:
        """The text of these tokens, with what is before each on its line or lines."""
        pieces, index = list[str](), begin
        while index < end:
            pieces.append(self._gap(index))
            text, index = self._next(index)
            pieces.append(text)
        if end == len(self.tokens):
            pieces.append(self.source[self.tokens[-1].end :])
        return "".join(pieces)

    def _next(self, index: int) -> tuple[str, int]:
        """What begins at this token, and where the rest begins."""
        if index in self.heads:
            closes = self.heads[index]
            body = closes + 1 < len(self.tokens) and self.tokens[closes + 1].text == "{"
            return f" contains {self.between(index + 1, closes)}{' if ' if body else ''}", closes + 1
        if index in self.bodies:
            closes = self.bodies[index]
            return "{" + self._body(index + 1, closes) + self._gap(closes) + "}", closes + 1
        if index in self.bare:
            end = self.bare.pop(index)
            said = self._statement(index, end)
            return (f"{{ {said} }}" if said.startswith(NAME) or ";" in said else said), end
        written = self._comprehension(index) or self._sprintf(index) or self._iteration(index)
        return written or (self._word(index), index + 1)

    def _gap(self, index: int) -> str:
        before = self.tokens[index - 1].end if index else 0
        return self.source[before : self.tokens[index].start]

    def _word(self, index: int) -> str:
        token = self.tokens[index]
        is_root = token.text == "input" and token.kind == "name" and not self._is_key(index)
        return f"input.{ROOT}" if is_root else plain(token)

    def _is_key(self, index: int) -> bool:
        return index > 0 and self.tokens[index - 1].text == "."

    # Bodies and their statements

    def _body(self, begin: int, end: int) -> str:
        pieces = list[str]()
        for start, stop in statements(self.tokens, begin, end):
            if start < stop:
                pieces += [self._gap(start), self._statement(start, stop)]
            if stop < end and self.tokens[stop].text == ";":
                pieces += [self._gap(stop), ";"]
        return "".join(pieces)

    def _statement(self, begin: int, end: int) -> str:
        """With its iterations before it; what is negated keeps them to itself."""
        words = {one.text for one in self.tokens[begin:end] if one.kind == "name"}
        outer = self.iterations
        negated = self.tokens[begin].text == "not"
        own = "with" in words or self._is_simple(begin, end) or (negated and "_" not in words)
        self.iterations = None if own else []
        try:
            start = begin + 1 if negated and not own else begin
            text = self.between(start, end)[len(self._gap(start)) :]
            named = self.iterations or []
        finally:
            self.iterations = outer
        if not named:
            return f"not {text}" if start > begin else text
        if negated:
            return f"count([1 | {'; '.join([*named, text])}]) == 0"
        return "; ".join([*named, text])

    def _is_simple(self, begin: int, end: int) -> bool:
        """`ref` and `name = ref` iterate as they should."""
        if begin + 1 < end and self.tokens[begin + 1].text == "=" and self.tokens[begin].kind == "name":
            begin += 2
        return begin < end and self._chain(begin) == end and not self._nested(begin, end)

    def _nested(self, begin: int, end: int) -> bool:
        """Whether a reference has another one in its brackets."""
        roots = [
            index
            for index in range(begin + 1, end)
            if self.tokens[index].text == "[" and self._iterates(index + 1, closing(self.tokens, index))
        ]
        return bool(roots)

    # Iterations

    def _chain(self, index: int) -> int | None:
        """Where a reference ends, `a.b[c].d`; None if none begins here."""
        found = self.tokens
        if found[index].kind != "name" or self._is_key(index):
            return None
        end = index + 1
        while end < len(found):
            if found[end].text == "." and end + 1 < len(found) and found[end + 1].kind == "name":
                end += 2
            elif found[end].text == "[" and found[end].start == found[end - 1].end:
                end = closing(found, end) + 1
            else:
                break
        is_call = end < len(found) and found[end].text == "(" and found[end].start == found[end - 1].end
        return None if is_call else end

    def _iterates(self, begin: int, end: int) -> bool:
        """Whether there is a reference between these with a variable in its brackets."""
        return any(
            self.tokens[index].text == "["
            and self.tokens[index].start == self.tokens[index - 1].end
            and index > begin
            and self._has_variable(index + 1, closing(self.tokens, index))
            for index in range(begin, end)
        )

    def _has_variable(self, begin: int, end: int) -> bool:
        within = self.tokens[begin:end]
        return all(one.kind != "mark" or one.text in _PATTERN for one in within) and any(
            one.kind == "name" and one.text not in _NO_VARIABLE for one in within
        )

    def _iteration(self, index: int) -> tuple[str, int] | None:
        """A reference that iterates, by the name that it gets."""
        end = self._chain(index) if self.iterations is not None else None
        if end is None or self.iterations is None or not self._indexed(index, end):
            return None
        pieces = [self._word(index)]
        at = index + 1
        while at < end:
            pieces.append(self._gap(at))
            if self.tokens[at].text == "[":
                closes = closing(self.tokens, at)
                pieces.append(f"[{self.between(at + 1, closes)}]")
                at = closes + 1
            else:
                pieces.append(plain(self.tokens[at]))
                at += 1
        self.named += 1
        name = f"{NAME}{self.named}"
        self.iterations.append(f"{name} = {''.join(pieces)}")
        return name, end

    def _indexed(self, index: int, end: int) -> bool:
        """Whether one of its own brackets has a variable."""
        while index < end:
            if self.tokens[index].text == "[":
                closes = closing(self.tokens, index)
                if self._has_variable(index + 1, closes):
                    return True
                index = closes
            index += 1
        return False

    def _comprehension(self, index: int) -> tuple[str, int] | None:
        """Its body has its own iterations."""
        token = self.tokens[index]
        if token.kind != "mark" or token.text not in {"[", "{"}:
            return None
        closes = closing(self.tokens, index)
        mid = bar(self.tokens, index, closes)
        if mid is None:
            return self._every(index, closes)
        outer, self.iterations = self.iterations, None
        head = self.between(index + 1, mid)
        body = self._body(mid + 1, closes)
        self.iterations = outer
        return (
            f"{token.text}{head}{self._gap(mid)}|{body}{self._gap(closes)}{self.tokens[closes].text}",
            closes + 1,
        )

    def _every(self, index: int, closes: int) -> tuple[str, int] | None:
        """The body of `every`, which directly follows a value; an object or a set follows a mark."""
        before = self.tokens[index - 1]
        follows = before.kind in {"name", "text"} or before.text in {"]", ")", "}"}
        if (
            self.tokens[index].text != "{"
            or not follows
            or before.text in {"in", "not", "some", "as", "contains"}
        ):
            return None
        outer, self.iterations = self.iterations, None
        body = self._body(index + 1, closes)
        self.iterations = outer
        return f"{{{body}{self._gap(closes)}}}", closes + 1

    # sprintf

    def _sprintf(self, index: int) -> tuple[str, int] | None:
        """The call that begins here, written anew, and what comes after; None for anything else."""
        found = self.tokens
        if found[index].text != "sprintf" or index + 4 >= len(found) or found[index + 1].text != "(":
            return None
        form, opens, end = found[index + 2], index + 4, closing(found, index + 1)
        if form.kind != "text" or found[index + 3].text != "," or found[opens].text != "[":
            return None
        if closing(found, opens) != end - 1:
            return None
        parts = list(parts_of(inside(form)))
        elements = list(self._elements(opens, end - 1))
        if sum(verb for _, verb in parts) != len(elements) or len(parts) < 2:
            return None
        rest = (self.between(*one).strip() for one in elements)
        texts = [
            f'sprintf("{part}", [{next(rest)}])' if verb else f'"{part.replace("%%", "%")}"'
            for part, verb in parts
        ]
        return f'concat("", [{", ".join(texts)}])', end + 1

    def _elements(self, opens: int, closes: int) -> Iterator[tuple[int, int]]:
        begin, depth = opens + 1, 0
        for index in range(opens + 1, closes):
            text = self.tokens[index].text if self.tokens[index].kind == "mark" else ""
            depth += (text != "" and text in "([{") - (text != "" and text in ")]}")
            if depth == 0 and text == ",":
                yield begin, index
                begin = index + 1
        if begin < closes:
            yield begin, closes


def _old_heads(of: Module) -> Iterator[tuple[int, int]]:
    """The brackets of heads like `name[x] {` and `name[x]`; with a value they are objects in v1 too."""
    if "rego.v1" in of.imports.values():
        return
    found = of.tokens
    for rule in of.rules:
        opens = rule.begin + 1
        if opens >= rule.end or found[opens].text != "[" or found[rule.begin].text == "default":
            continue
        closes = closing(found, opens)
        if closes + 1 >= rule.end or found[closes + 1].text == "{":
            yield opens, closes

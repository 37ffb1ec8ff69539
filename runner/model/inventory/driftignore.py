r"""The rules of driftctl's `.driftignore`, as far as they are about resources and not about attributes.

aws_iam_user.*              all of a type; `*` stands for any text, also in a part of an id
aws_s3_bucket.my\.bucket    one ; a dot in an id is escaped
*                           all
!aws_sqs_queue              but not these: the last rule that matches decides
"""

import re
from collections.abc import Iterable
from functools import cached_property

from runner.model.inventory.resource import CloudResource
from runner.model.values.frozen import dataclass

_COMMENT = "#"
_PART = re.compile(r"(?:\\.|[^.\\])+")  # up to a dot that is not escaped
_TEXT = re.compile(r"\\(.)|(\*+)|([^*\\]+)")


@dataclass(frozen=True)
class IgnoreLine:
    """A rule that leaves resources out, or with `keeps`, in again."""

    pattern: str
    keeps: bool = False

    @cached_property
    def regular(self) -> re.Pattern[str]:
        return re.compile("".join(map(_regular, _TEXT.finditer(self.pattern))), re.DOTALL)


@dataclass(frozen=True)
class DriftIgnore:
    """`unread` are the numbers of lines that say nothing about whole resources."""

    lines: tuple[IgnoreLine, ...] = ()
    unread: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> "DriftIgnore":
        lines: list[IgnoreLine] = []
        unread: list[int] = []
        for number, line in enumerate(text.splitlines(), 1):
            rule = line.split(" #")[0].strip()
            if not rule or rule.startswith(_COMMENT):
                continue
            keeps = rule.startswith("!")
            parts = _PART.findall(rule.removeprefix("!"))
            if not parts or len(parts) > 2:
                unread.append(number)
                continue
            lines.append(IgnoreLine(_pattern(parts), keeps))
        return cls(tuple(lines), tuple(unread))

    def ignores(self, resource: CloudResource) -> bool:
        """The ids of driftctl are those of the state: for some types another one than they are imported by."""
        if not self.lines:
            return False
        ids = {one for one in (resource.import_id, resource.name, resource.arn) if one}
        return self._last({f"{resource.type}.{one}" for one in ids})

    def _last(self, names: Iterable[str]) -> bool:
        for line in reversed(self.lines):
            if any(line.regular.fullmatch(one) for one in names):
                return not line.keeps
        return False


def _pattern(parts: list[str]) -> str:
    """A type alone stands for all of that type."""
    if len(parts) == 1:
        return parts[0] if parts[0].strip("*") == "" else f"{parts[0]}.*"
    return ".".join(parts)


def _regular(found: re.Match[str]) -> str:
    escaped, stars, text = found.groups()
    return ".*" if stars else re.escape(escaped or text)

"""Find secrets by their skeletons: however many there are, the time depends only on the length of the text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import field

from runner.model.changes.changes import MASK
from runner.model.secret.forms import encoded, places, skeleton, written
from runner.model.values.frozen import dataclass

# A shorter skeleton is too common to be distinguished from chance.
SHORTEST = 8
# If this many share the same letters, only those letters are masked.
_MAX_ALIKE = 16
# A longer text is no password; its lines are only matched literally.
_MAX_LINES = 500


@dataclass(frozen=True)
class Traces:
    """`grams` maps `SHORTEST` letters to the skeletons that contain them, and to the positions in each."""

    grams: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Traces":
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for trace in sorted({trace for text in texts for trace in traces(text)}):
            # Close enough that every half of it contains one.
            step = _min_length(trace) - SHORTEST + 1
            for at in range(0, len(trace) - SHORTEST + 1, step):
                found[trace[at : at + SHORTEST]].append((trace, at))
        return cls({gram: tuple(known) for gram, known in found.items()})

    def scrub(self, text: str, *, halves: bool) -> str:
        """The text with MASK for each secret; with `halves` also for at least half of one."""
        bones = skeleton(text)
        spans = _joined(self._spans(bones, halves=halves)) if self._touch(bones) else []
        if not spans:
            return text
        parts, last = [], 0
        for start, end in places(text, spans):
            parts += [text[last:start], MASK]
            last = end
        return "".join([*parts, text[last:]])

    def _touch(self, bones: str) -> bool:
        if len(bones) < SHORTEST or not self.grams:
            return False
        if len(self.grams) < len(bones):
            return any(gram in bones for gram in self.grams)
        return not self.grams.keys().isdisjoint(_grams(bones))

    def _spans(self, bones: str, *, halves: bool) -> Iterator[tuple[int, int]]:
        past = 0
        for at, gram in enumerate(_grams(bones)):
            known = self.grams.get(gram)
            if known is None or at + SHORTEST <= past:
                continue
            if len(known) > _MAX_ALIKE:
                past = at + SHORTEST
                yield at, past
                continue
            for trace, begin in known:
                start, end = _common(bones, at, trace, begin)
                if end - start >= (_min_length(trace) if halves else len(trace)):
                    past = max(past, end)
                    yield start, end


NO_TRACES = Traces()


def traces(text: str) -> Iterator[str]:
    """The skeletons that a secret, each of its lines, and every form of them may have."""
    lines = [line for line in text.splitlines() if line != text]
    for part in (text, *lines):
        if len(bones := skeleton(part)) >= SHORTEST:
            forms = (*written(part), *encoded(part)) if len(lines) <= _MAX_LINES else ()
            yield from (trace for form in forms if len(trace := skeleton(form)) >= SHORTEST)
            yield bones


def _min_length(trace: str) -> int:
    return max(SHORTEST, (len(trace) + 1) // 2)


def _grams(bones: str) -> Iterator[str]:
    return (bones[at : at + SHORTEST] for at in range(len(bones) - SHORTEST + 1))


def _common(text: str, at: int, trace: str, begin: int) -> tuple[int, int]:
    """The longest stretch around these positions where both are equal."""
    ahead = _equal(text[at : at + len(trace) - begin], trace[begin:])
    reach = min(at, begin)
    behind = _equal(text[at - reach : at][::-1], trace[begin - reach : begin][::-1])
    return at - behind, at + ahead


def _equal(one: str, other: str) -> int:
    """The length of the common prefix."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found

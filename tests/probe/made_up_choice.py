"""What made-up configurations are made of."""

from dataclasses import replace

from hypothesis import strategies as st
from made_up import BEACON, Configuration, Fate, Object, Shape

AS_BEFORE = {Fate.KEEP, Fate.MOVE, Fate.CHANGED, Fate.GONE, Fate.TAINTED, Fate.REPLACE}
TEXTS = st.sampled_from(["one", "two", "", 'a "quote"', "${not} a %{template}", "zwei\nZeilen", "Größe <&>"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "value": TEXTS,
        "tags": st.dictionaries(st.sampled_from(["env", "team", "a b"]), TEXTS),
        "secret": TEXTS,
        "size": st.sampled_from([0, 7, -3, 0.1, 2.5, 2**60]),
        "list": st.lists(TEXTS, max_size=3),
    },
)
COMPUTED = (
    "value = EARLIER",
    "list = [EARLIER, var.token]",
    "tags = { earlier = EARLIER }",
    "secret = var.token",
    "value = sensitive(EARLIER)",
    "key = var.token",
    'key = "${var.token}-key"',
    "key = var.passing",
    "value = ephemeralasnull(var.passing)",
    'value = provider::cloudfile::shout("hey")',
    "tags = { loud = provider::cloudfile::shout(EARLIER) }",
)
RULES = (
    "create_before_destroy = true",
    "prevent_destroy = true",
    "ignore_changes = [value]",
    "replace_triggered_by = [EARLIER]",
    'precondition {\n condition = var.token != ""\n error_message = "empty"\n }',
    'postcondition {\n condition = self.etag != "never"\n error_message = "never"\n }',
)
NEVER = 'precondition {\n condition = var.token == ""\n error_message = "not empty"\n }'
HINDERING = {NEVER, "prevent_destroy = true", "create_before_destroy = true"}  # an apply
OUTPUTS = (
    "value = FIRST.etag",
    "value = FIRST.id",
    "value = SELF\n  sensitive = true",
    'value = nonsensitive(sensitive("shown"))',
    'value = FIRST.etag\n  precondition {\n condition = FIRST.id != null\n error_message = "none"\n }',
)
ASSERT = 'assert {{\n condition = {}\n error_message = "it is not"\n }}'
CHECKS = (
    ASSERT.format('var.token == "none"'),
    ASSERT.format('var.token == "other"'),
    ASSERT.format('var.passing == "other"'),
    f'data "cloudfile_lookup" "in_check" {{ name = "{BEACON}" }}\n'
    + ASSERT.format('data.cloudfile_lookup.in_check.value == "lit"'),
    'data "cloudfile_lookup" "nowhere" { name = "nowhere" }\n'
    + ASSERT.format('data.cloudfile_lookup.nowhere.value == "lit"'),
)


def some(of: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=most).map(tuple)


@st.composite
def objects(draw: st.DrawFn, label: str) -> Object:
    fate = draw(st.sampled_from(Fate))
    before = draw(VALUES)
    after = before if fate in AS_BEFORE else draw(VALUES)
    # A condition that nothing meets ends the plan, so it is rare.
    fails = draw(st.integers(0, 39)) == 17
    return Object(
        label=label,
        type=draw(st.sampled_from(["object", "object", "object", "parcel"])),
        shape=draw(st.sampled_from(Shape)),
        fate=fate,
        inside=draw(st.booleans()),
        aliased=draw(st.booleans()),
        before=before,
        after=after,
        computed=draw(st.just(()) if fate is Fate.KEEP else some(COMPUTED)),
        rules=(NEVER,) if fails else draw(some(RULES)),
        outputs=draw(some(OUTPUTS)),
    )


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    count = draw(st.integers(1, 6))
    return Configuration(
        objects=tuple(draw(objects(f"x{number}")) for number in range(count)),
        module=draw(st.sampled_from(Shape)),
        module_aliased=draw(st.booleans()),
        passing=draw(st.booleans()),
        checks=draw(some(CHECKS)),
        looked_up=draw(st.booleans()),
        version=draw(st.sampled_from(["", "1", "2"])),
        version_before=draw(st.sampled_from([None, "1"])),
    )


def lasting(one: Object) -> Object:
    """As it is long after its apply."""
    return replace(
        one,
        fate=Fate.KEEP,
        shape=one.shape if one.shape.keys == one.shape.before else Shape.ONE,
        after=one.before,
        computed=tuple(line for line in one.computed if "provider::" not in line),
        rules=tuple(rule for rule in one.rules if rule not in HINDERING),
    )


# An apply settles the arguments that are expressions, and nothing else. What calls a function of a provider is never
# replayed.
SETTLING = configurations().map(
    lambda made: replace(made, objects=tuple(map(lasting, made.objects)), passing=False, ephemeral=False)
)

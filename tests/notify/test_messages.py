"""What messages say, and that no value in them says anything else."""

import html
import re
from pathlib import Path

import pytest
from notify_world import drift_event, run_event

from runner.model.events.feed import TOPICS
from runner.model.notify.form import Form, Own, plain, written
from runner.model.notify.message import folded, message_of
from runner.model.notify.sample import sample
from runner.model.run.life import State
from runner.notify.templates import ENDINGS, Templates

from store_world import NOON  # isort: skip

ADDRESS = "https://drift.example.com"
FORMS: tuple[Form, ...] = ("text", "markdown", "html")
HOSTILE = (
    "@channel",
    "@everyone",
    "\uff20here",
    "<!here>",
    "<!channel|here>",
    "<@U012AB3CD>",
    "<https://evil.example|the dashboard>",
    "[the dashboard](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "https://evil.example/login",
    "HTTP://evil.example",
    "www.evil.example",
    "evil.example/login",
    "mailto:eve@evil.example",
    "tel:+4912345",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "**approve this** `code` __now__",
    "``` \n# heading\n```",
    "a\r\nBcc: everybody@example.com",
    "\u202eevil\u202c",
    "x\u2028y\u0085z",
    "{{ 7 * 7 }}{% for x in y %}",
)
# What a chat, a mail program or a browser acts on. Ours is the only link, and there is no other markup.
ACTED_ON = re.compile(
    "[@\uff20]" r"\w|<[!@#]|\bhttps?://|\bwww\.|\bmailto:|\btel:|\]\(|\w\.[a-z]{2}", re.IGNORECASE
)
TAGS = {"p", "b", "table", "tr", "td", "a", "code", "ul", "li"}


def bodies(value: str, form: Form) -> list[str]:
    """With the value everywhere."""
    texts = Templates()
    events = [
        run_event(State.PLAN_FAILED, reason=value, by=value, stack=value),
        drift_event("change", reason=value, by=value, stack=value, status=value),
    ]
    messages = [*(message_of(event, ADDRESS) for event in events), folded(events, ADDRESS)]
    return [texts.body(message, form) for message in messages]


OURS = re.compile(
    r"https://drift\.example\.com/(?:runs/run-12|drift/dr-3)|\b(?:run|drift)\.(?:plan_failed|change)"
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_makes_a_mention_a_link_or_an_address(value: str, form: Form) -> None:
    for body in bodies(value, form):
        shown = html.unescape(re.sub(r"<[^>]*>", "", body)) if form == "html" else body
        assert not ACTED_ON.search(OURS.sub("", shown)), shown


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_is_a_tag_or_an_attribute(value: str) -> None:
    for body in bodies(value, "html"):
        assert {tag.lower() for tag in re.findall(r"</?([^\s>/]+)", body)} <= TAGS
        assert set(re.findall(r"<\w+ ([^>]*)>", body)) <= {
            f'href="{ADDRESS}/runs/run-12"',
            f'href="{ADDRESS}/drift/dr-3"',
        }


@pytest.mark.parametrize("value", HOSTILE)
def test_in_markdown_everything_but_plain_words_is_code(value: str) -> None:
    from markdown_it import MarkdownIt

    allowed = {"p", "ul", "li", "code", "strong"}
    for body in bodies(value, "markdown"):
        drawn = MarkdownIt("commonmark").render(body)
        assert set(re.findall(r"<([a-z0-9]+)", drawn)) <= allowed, drawn
        assert "*" not in html.unescape(re.sub(r"<code>.*?</code>", "", drawn))


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_begins_a_line(value: str) -> None:
    texts = Templates()
    message = message_of(run_event(reason=value, stack=value), ADDRESS)
    assert texts.title(message).isprintable() or "\u200b" in texts.title(message)
    assert not re.search(r"[\r\n\u2028\u0085]", texts.title(message))
    harmless = message_of(run_event(reason="x", stack="x"), ADDRESS)
    assert texts.body(message, "text").count("\n") == texts.body(harmless, "text").count("\n")


def test_what_deceives_the_eye_is_shown() -> None:
    assert plain("a\u202eb") == r"a\u202eb"


def test_a_value_is_bounded() -> None:
    assert len(plain("x" * 1_000_000)) == 600


def test_what_is_ours_is_kept_but_for_the_characters_of_html() -> None:
    link = Own(f"{ADDRESS}/?a=1&b=2")
    assert (written(link, "text"), written(link, "html")) == (link, f"{ADDRESS}/?a=1&amp;b=2")


def test_a_value_is_written_once() -> None:
    assert written(written("<b>", "html"), "html") == written("<b>", "html")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_a_text_in_every_form(topic: str, form: Form) -> None:
    message = message_of(sample(topic, NOON), ADDRESS)
    body = Templates().body(message, form)
    assert "driftline " in body
    assert ADDRESS in body
    assert "{" not in body


def test_a_message_says_what_why_who_where_and_what_to_do() -> None:
    message = message_of(run_event(State.AWAITING_APPROVAL, reason="1 to add", by="ana"), ADDRESS)
    assert Templates().body(message, "text").splitlines() == [
        "change run of prod/vpc is awaiting approval, by ana",
        "Stack: prod/vpc",
        "Why: 1 to add",
        "By: ana",
        f"{ADDRESS}/runs/run-12",
        "driftline approve run-12",
    ]


def test_without_a_dashboard_there_is_no_link() -> None:
    body = Templates().body(message_of(run_event(), None), "html")
    assert "href" not in body
    assert "<code>driftline approve run-12</code>" in body


def test_a_stack_that_is_called_like_a_run_gets_the_page_of_a_stack() -> None:
    from runner.model.events.feed import FeedEvent, StackPaused

    event = FeedEvent(1, NOON, "stack.pause", "run-1", StackPaused("run-1", "ana", "x"))
    (told,) = message_of(event, ADDRESS).told
    assert (told.link, told.command) == (f"{ADDRESS}/stacks/run-1", "driftline status")


def test_a_storm_is_told_with_its_numbers_and_the_first_names() -> None:
    events = [drift_event(number=number, stack=f"app{number}") for number in range(500)]
    body = Templates().body(folded(events, ADDRESS), "text")
    assert body.startswith("500 further events:\n  500 drift.open\n")
    assert "app9 and 490 more" in body
    assert "app10" not in body


def test_the_title_is_the_same_for_all_of_a_drift() -> None:
    titles = {
        Templates().title(message_of(drift_event(moved), ADDRESS)) for moved in ("open", "change", "resolve")
    }
    assert titles == {"prod/vpc: drift (dr-3)"}


def own(tmp_path: Path, **files: str) -> Templates:
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text)
    return Templates(tmp_path)


def test_an_operator_replaces_one_template_and_keeps_the_others(tmp_path: Path) -> None:
    texts = own(tmp_path, event_txt="{{ event.stack }}: {{ event.why }} ({{ conversation }})")
    message = message_of(run_event(reason="1 to add"), ADDRESS)
    assert texts.body(message, "text") == "prod/vpc: 1 to add (run-12)"
    assert texts.body(message, "html") == Templates().body(message, "html")


@pytest.mark.parametrize(("count", "title"), [(1, "1 event of 1 stack"), (9, "9 events of 1 stack")])
def test_the_title_of_a_digest_counts_as_people_say_it(count: int, title: str) -> None:
    assert folded([run_event()] * count, ADDRESS, digest=True).title == title


@pytest.mark.parametrize(
    "broken",
    [
        "{{ nothing }}",
        "{{ event.nothing }}",
        "{% if %}",
        "{{ event.__class__.__mro__ }}",
        "{{ event.why.format.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{% for x in range(10 ** 12) %}{% endfor %}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_broken_template_falls_back_to_ours_and_says_so(tmp_path: Path, broken: str) -> None:
    texts = own(tmp_path, event_txt=broken)
    message = message_of(run_event(), ADDRESS)
    body = texts.body(message, "text")
    assert body.startswith(Templates().body(message, "text"))
    assert "The template event.\u200btxt is broken" in body
    (flaw,) = texts.flaws()
    assert flaw.startswith("template event.txt is broken: ")


@pytest.mark.parametrize(
    "template",
    [
        "{{ event.why|safe }}",
        "{% autoescape false %}{{ event.why }}{% endautoescape %}",
        "{{ event.why ~ '' }}",
        "{{ [event.why]|join }}",
    ],
)
def test_no_template_turns_escaping_off(tmp_path: Path, template: str) -> None:
    texts = own(tmp_path, event_html=template)
    body = texts.body(message_of(run_event(reason="<b>@here</b>"), ADDRESS), "html")
    assert "<b>" not in body.replace(Templates().body(message_of(run_event(reason=""), ADDRESS), "html"), "")
    assert "@here" not in body


def test_templates_in_a_directory_that_is_not_there_are_a_flaw(tmp_path: Path) -> None:
    assert list(Templates(tmp_path / "gone").flaws()) == [
        f"there is no directory {tmp_path / 'gone'} with templates"
    ]


def test_sound_templates_have_no_flaws(tmp_path: Path) -> None:
    texts = own(tmp_path, event_txt="{{ title }}", events_md="{{ count }}: {{ names|length }}")
    assert list(texts.flaws()) == []
    assert set(ENDINGS) == set(FORMS)

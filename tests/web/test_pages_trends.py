from pathlib import Path

from cli_world import planned
from page_world import Browser
from web_world import access


def test_trends_say_all_without_javascript(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.approve("run-1")
    world.run("apply", "run-1")
    text = Browser(world).get("/trends?days=7")
    assert text.count("<tr data-day=") == 4 * 7
    assert '<td class="num" data-value="1">1</td>' in text
    assert '<caption class="sr">Changes, runs per day</caption>' in text
    assert '<caption class="sr">Waiting, median time per day</caption>' in text


def test_a_period_that_is_no_number_of_days_is_said_on_a_page(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci"))).get("/trends?days=99999", 400)
    assert "expected 1 to 366 days" in text


def test_trends_count_only_what_the_caller_may_see(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci", "viewer", "elsewhere/**"))
    world.approve("run-1")
    world.run("apply", "run-1")
    days = Browser(world).json("/trends.json")["days"]
    assert sum(day["runs"]["applied"] for day in days) == 0

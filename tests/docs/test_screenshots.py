"""Screenshots show what the tours show. `./scripts/screenshots` makes them."""

import sys
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from screenshots import IMAGES, SCREENS, Screen  # noqa: E402 - scripts, not a package
from shots import MOST, SHOTS  # noqa: E402 - scripts, not a package
from tour import BLOCK, commands, folded  # noqa: E402 - scripts, not a package

AGAIN = "run ./scripts/screenshots"


def lines(image: Path) -> set[str]:
    """Every line of text in the image, with the spaces that termtosvg writes."""
    found = set()
    for parent in ET.parse(image).iter():
        texts = [child for child in parent if child.tag.endswith("}text")]
        for _, row in groupby(texts, key=lambda text: text.get("y")):
            found.add(folded("".join(text.text or "" for text in row).replace("\xa0", " ")).strip())
    return found


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screenshot_shows_what_its_tour_shows(screen: Screen) -> None:
    blocks = [block["text"] for block in BLOCK.finditer(screen.page()) if not block["file"]]
    shown = dict(step for text in reversed(blocks) for step in reversed(commands(text)))
    seen = "\n".join(lines(IMAGES / f"{screen.name}.svg"))
    for command in screen.commands:
        assert f"$ {command}" in seen, AGAIN
        assert [line for line in shown[command] if folded(line).strip() not in seen] == [], AGAIN


def test_every_image_is_made_by_the_script_and_shown_on_a_page() -> None:
    pages = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    images = sorted(path.name for path in IMAGES.iterdir())
    made = [f"{screen.name}.svg" for screen in SCREENS] + [f"{shot.name}.webp" for shot in SHOTS]
    assert images == sorted(made)
    assert [name for name in images if f"images/{name})" not in pages] == []


def test_images_of_pages_load_fast() -> None:
    assert [image.name for image in IMAGES.glob("*.webp") if image.stat().st_size > MOST] == []

"""Static files: an address that changes with their content, small enough, and colours that everybody can read."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from beleef.kernel.errors import NotFound
from beleef.ui import static
from beleef.ui.components import CHANNELS

STYLE = (static.OWN_FOLDER / "beleef.css").read_text()
THEMES = ("light", "dark")

Colour = tuple[float, float, float]

READ_AS_TEXT = [
    ("ink", "ground"), ("ink", "surface"), ("ink", "sunken"), ("ink", "raised"), ("ink", "line"),
    ("ink-soft", "ground"), ("ink-soft", "surface"), ("ink-soft", "sunken"), ("ink-soft", "raised"),
    ("accent", "ground"), ("accent", "surface"), ("accent", "sunken"), ("accent", "raised"), ("accent", "accent-soft"),
    ("accent-strong", "accent-soft"), ("accent-strong", "surface"), ("ink", "accent-soft"),
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-bad", "bad"),
    ("good", "good-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("good", "surface"), ("bad", "surface"),
    ("ink", "good-soft"), ("ink", "warn-soft"), ("ink", "bad-soft"), ("accent", "warn-soft"), ("accent", "good-soft"),
    ("good", "sunken"), ("warn", "sunken"), ("bad", "sunken"),
]  # fmt: skip
"""Text on ground, as the style sheet combines them; WCAG 2.2, 1.4.3 asks 4.5."""

SEEN_AS_SHAPE = [
    ("line-strong", "surface"), ("line-strong", "ground"), ("accent", "surface"), ("accent", "ground"),
    *[(channel, "surface") for channel in CHANNELS],
]  # fmt: skip
"""Edges of fields, focus, marks in charts; WCAG 2.2, 1.4.11 asks 3."""

VISION = {
    "all colours": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    "no blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]),
}  # fmt: skip
"""Linear RGB as seen without one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1.0."""

APART = 0.055
"""Least distance in OKLab between any two channels; about 0.02 is where side by side colours begin to differ."""


def tokens(theme: str) -> dict[str, Colour]:
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", STYLE)
    assert len(found) > 25
    return {name: linear((light, dark)[THEMES.index(theme)]) for name, light, dark in found}


def linear(text: str) -> Colour:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    )
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2: relative luminances, the lighter over the darker."""
    light, dark = sorted((0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def oklab(colour: Colour, vision: str) -> np.ndarray:
    """Ottosson (2020), for a colour as it is seen."""
    seen = np.clip(VISION[vision] @ np.array(colour), 0, 1)
    cones = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                      [0.0883024619, 0.2817188376, 0.6299787005]]) @ seen  # fmt: skip
    lab: np.ndarray = np.array([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
                                [0.0259040371, 0.7827717662, -0.808675766]]) @ np.cbrt(cones)  # fmt: skip
    return lab


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_enough_contrast(theme: str) -> None:
    colours = tokens(theme)
    ratios = {(text, ground): contrast(colours[text], colours[ground]) for text, ground in READ_AS_TEXT}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_edges_and_marks_have_enough_contrast(theme: str) -> None:
    colours = tokens(theme)
    ratios = {(mark, ground): contrast(colours[mark], colours[ground]) for mark, ground in SEEN_AS_SHAPE}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_channels_can_be_told_apart_by_those_who_see_fewer_colours(theme: str, vision: str) -> None:
    colours = tokens(theme)
    distances = {
        (one, other): float(np.linalg.norm(oklab(colours[one], vision) - oklab(colours[other], vision)))
        for one, other in combinations(CHANNELS, 2)
    }
    assert {pair: round(distance, 3) for pair, distance in distances.items() if distance < APART} == {}


def test_the_measure_of_contrast_agrees_with_known_values() -> None:
    assert contrast(linear("#000000"), linear("#ffffff")) == pytest.approx(21)
    assert contrast(linear("#767676"), linear("#ffffff")) == pytest.approx(4.54, abs=0.005)


def test_a_changed_file_changes_every_address(tmp_path: Path) -> None:
    before = static.load()
    (tmp_path / "extra.js").write_text("export {};")
    after = static.load(tmp_path)
    assert before.prefix != after.prefix
    assert after.files[after.url("extra.js")].content_type == "text/javascript; charset=utf-8"
    assert before.files[before.url("beleef.css")] == after.files[after.url("beleef.css")]
    assert static.load().prefix == before.prefix


def test_a_file_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotFound, match=r"nothing\.css"):
        static.load().url("nothing.css")


def test_files_stay_small() -> None:
    sizes = {path.name: path.stat().st_size for path in static.OWN_FOLDER.iterdir()}
    assert sizes["beleef.css"] <= 48_000
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 10_000
    assert sizes["icons.svg"] <= 10_000


def test_scripts_import_only_files_that_are_there() -> None:
    for path in static.OWN_FOLDER.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', path.read_text()):
            assert (static.OWN_FOLDER / name).exists()


def test_style_and_scripts_ask_nothing_of_anybody_else() -> None:
    for path in static.OWN_FOLDER.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|url\(|@import|//[a-z]+\.", text), path.name


def test_every_colour_that_is_used_is_defined() -> None:
    used = set(re.findall(r"var\(--([a-z0-9-]+)", STYLE))
    assert used <= set(re.findall(r"--([a-z0-9-]+):", STYLE))

"""Figures go into the page, and nothing else of it changes."""

import pytest

from benchmarks.report import BEGIN, END, PAGE, between_markers


def test_figures_replace_earlier_ones() -> None:
    """What stands between the markers is replaced; what stands around them stays."""
    page = between_markers(f"before\n{BEGIN}\nold\n{END}\nafter\n", "first")
    again = between_markers(page, "second")

    assert again == f"before\n{BEGIN}\n\nsecond\n\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_page_without_markers(page: str) -> None:
    """A page that lost a marker is not overwritten."""
    with pytest.raises(ValueError, match="not both there"):
        between_markers(page, "figures")


def test_the_project_page_has_figures() -> None:
    """docs/performance.md holds the figures of a run, where the next run will replace them."""
    figures = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert figures.strip().startswith("Measured 20")
    assert "| 500, **bridge** |" in figures

"""The landing page: what it draws is what was recorded and what the chapters say of themselves."""

import html
import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup

from tools import site_home
from tools.contents import chapters, head
from tools.notebooks import ROOT

PAGE = """<h1>A</h1><!-- curve --><!-- ways --><ul><li>a</li></ul><!-- /ways -->
<!-- chapters --><div class="wide"><table></table></div><!-- /chapters --><!-- homework -->"""


@pytest.fixture(scope="module")
def page():
    """A page with everything drawn."""
    page = BeautifulSoup(PAGE, "html.parser")
    site_home.fill(page, ROOT)
    return page


def test_the_curve_is_the_recorded_one(page):
    measured = json.loads((ROOT / "results/degradation.json").read_text("utf-8"))["measured"]
    data = json.loads(html.unescape(page.select_one("figure.guess")["data-curve"]))
    seeds = [measured[f"plain 56 seed {seed}"]["value"]["history"] for seed in range(3)]
    wrong = sum(100 * (1 - told["train_acc"][-1]) for told in seeds) / 3
    assert data["depths"] == [8, 20, 32, 44, 56]
    assert data["means"]["plain"][-1] == pytest.approx(wrong, abs=0.06)
    assert len(page.select(".measured .plain circle")) == 15, "a dot a seed"
    said = page.select_one("figure.guess figcaption").get_text()
    assert f"{data['means']['plain'][-1]:.1f} %" in said


def test_without_scripts_the_whole_curve_is_there(page):
    figure = page.select_one("figure.guess")
    assert figure.select_one(".task").has_attr("hidden") and figure["class"] == ["guess"]
    assert figure.select_one("svg")["aria-label"].startswith("Plain networks get worse")


def test_every_chapter_is_on_the_path_with_its_question_and_its_time(page):
    rows = page.select(".path li")
    for row, source in zip(rows, chapters(ROOT), strict=True):
        assert row.select_one(".node").string == head(source)["number"]
        assert row.a["href"] == f"chapters/{source.stem}.html"
        assert row.select_one(".asks").get_text() == re.sub("[`$]", "", head(source)["question"])
        cost = row.select_one(".cost").string
        assert re.fullmatch(r"\d+ min to read(, \d+ (s|min) to run)?", cost)


def test_an_arc_leads_to_each_chapter_that_needs_an_earlier_one(page):
    assert site_home.needs("- **You need** [chapter 3](03-a.ipynb) and [x](10-b.ipynb).") == [3, 10]
    rows = [int(head(source)["number"]) for source in chapters(ROOT)]
    to_ten = page.select(f'.path [data-to="{rows.index(10)}"]')
    assert len(to_ten) == 2, "chapter 10 needs 1 and 5"
    assert page.select_one(".path table, .path + table") is None


@pytest.mark.parametrize("address", ["https://github.com/--NOT-SET--/x", "https://a.org/b/c"])
def test_the_course_is_fetched_from_its_address_or_the_page_says_that_there_is_none(
    tmp_path, address
):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {address}\n  branch: main\n")
    said = site_home.fetch(tmp_path)
    if "NOT-SET" in address:
        assert "make address" in said and "http" not in said and "Colab" not in said
    else:
        assert f"git clone {address} residual-networks" in said and f'href="{address}"' in said


def test_homework_can_be_fetched(page):
    links = page.select(".files a[download]")
    copies = list((ROOT / "homework").glob("*.ipynb"))
    assert [(ROOT / a["href"]).exists() for a in links] == [True] * len(copies)

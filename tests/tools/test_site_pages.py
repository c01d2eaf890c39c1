"""A page of the site: the head of a chapter, code that wraps, cards, tables, captions."""

from tools import site_pages

HEAD = """<section id="a"><h1>3. Blocks<a class="headerlink" href="#a" title="Link">#</a></h1>
<!-- badges --><p><a href="https://c.example/x">Open in Colab</a></p><!-- /badges -->
<p>Text.</p><ul><li><p><strong>You need</strong> <a href="2.html">chapter 2</a>.</p></li></ul>
</section>"""


def improved(body, facts=None):
    """A page as the site shows it."""
    page = site_pages.opened(body)
    site_pages.improve(page, facts)
    return page


def test_the_head_of_a_chapter_says_what_it_asks_costs_and_needs():
    facts = site_pages.Facts("Why?", 5, 41.7, "../homework/03.ipynb", "../_sources/03.ipynb")
    page = improved(HEAD, facts)
    top = page.find("header")
    assert top.find("h1").get_text() == "Blocks#"
    assert top.select_one(".kicker").string == "Chapter 3"
    assert top.select_one(".question").string == "Why?"
    costs = [pair.get_text(" ") for pair in top.select("dl > div")]
    assert costs == ["Read 5 min", "Run 40 s on 2 CPU cores", "Needs chapter 2"]
    actions = {a.string: a["href"] for a in top.select(".actions a")}
    assert actions == {
        "Open in Colab": "https://c.example/x",
        "Notebook": "../_sources/03.ipynb",
        "Homework": "../homework/03.ipynb",
    }
    assert top.select_one("a[download]")["download"] == "03.ipynb"


def test_a_question_shows_code_and_formulas():
    said = site_pages.inline("What does $x + f(x)$ do, and `a < b`?")
    assert said == "What does <i>x + f(x)</i> do, and <code>a &lt; b</code>?"


def test_code_and_folded_answers_are_not_counted_as_reading():
    text = "word " * 1000
    code = "---\na: b\n---\n" + f"```{{code-cell}}\n{text}\n```\n<details>{text}</details>\n"
    assert site_pages.reading_minutes(code + text) == 5


def test_each_line_of_code_knows_its_indent_and_copies_as_it_was():
    code = "def f(x):\n    return x\n\n    y"
    block = f'<div class="highlight-python notranslate"><div class="highlight"><pre><span></span>{code}\n</pre></div></div>'  # noqa: E501
    page = improved(block)
    assert [line["style"] for line in page.select(".line")] == [
        "--in:0", "--in:4", "--in:0", "--in:4",
    ]  # fmt: skip
    assert page.find("pre").get_text() == code + "\n"
    assert [indent.get_text() for indent in page.select(".in")] == ["    ", "    "]


def test_a_wide_formula_can_be_reached_by_keyboard():
    assert improved('<span class="katex-display">x</span>').span["tabindex"] == "0"


def test_a_fold_says_one_thing():
    page = improved(
        '<details class="admonition hide above-input"><summary aria-label="Toggle">'
        '<p class="collapsed admonition-title">Show a solution</p>'
        '<p class="expanded admonition-title">Show a solution</p></summary>x</details>'
    )
    assert str(page) == '<details class="fold"><summary>Show a solution</summary>x</details>'


def test_a_tables_head_has_scopes_and_the_table_can_be_scrolled():
    page = improved("<table><thead><tr><th></th><th>a</th></tr></thead></table>")
    assert [cell.name for cell in page.select("thead tr > *")] == ["td", "th"]
    assert page.th["scope"] == "col"
    assert page.table.parent["tabindex"] == "0" and page.table.parent["aria-label"]


def test_captioned_figures_are_numbered_within_their_chapter():
    caption = "<figcaption>It rises.</figcaption>"
    figure = f'<figure class="course-figure"><img alt="a">{caption}</figure>'
    page = improved(f"<h1>2. A</h1>{figure}{figure}", site_pages.Facts())
    assert [c.get_text() for c in page.select("figcaption")] == [
        "Figure 2.1 It rises.", "Figure 2.2 It rises.",
    ]  # fmt: skip


def test_an_exercise_is_a_card_up_to_the_next():
    page = improved(
        "<section><h2>Exercises</h2><p>Before.</p><p><strong>Exercise 1.1.</strong> Do.</p>"
        "<details>hint</details><div class='cell'>x</div>"
        "<p><strong>Exercise 1.2.</strong> More.</p><p>On.</p><section><h3>After</h3></section>"
        "</section>",
        site_pages.Facts(),
    )
    first, second = page.select("section.exercise")
    assert first["aria-label"] == "Exercise 1.1" and first["id"] == "exercise-1-1"
    assert [part.name for part in first.find_all(recursive=False)] == ["p", "details", "div"]
    assert second.get_text() == "Exercise 1.2. More.On."
    assert page.find("h3").find_parent(class_="exercise") is None


def test_an_exercise_with_a_solution_leads_to_the_copy_in_which_it_is_answered():
    text = (
        "<section><p><strong>Exercise 1.1.</strong> Do.</p><div class='cell tag_is-solution'>x"
        "</div><p><strong>Exercise 1.2.</strong> Think.</p></section>"
    )
    answered, thought = improved(text, site_pages.Facts(homework="../homework/01.ipynb")).select(
        "section.exercise"
    )
    assert answered.select_one(".yours + .tag_is-solution") is not None
    assert answered.select_one(".yours a")["href"] == "../homework/01.ipynb"
    assert thought.select_one(".yours") is None
    assert improved(text, site_pages.Facts()).select_one(".yours") is None


def test_a_chapter_says_that_nothing_runs_on_its_page():
    page = improved("<h1>1. A</h1>", site_pages.Facts(notebook="../_sources/01.ipynb"))
    assert page.select_one(".chapter-head .as-ours").get_text().startswith("Nothing runs")

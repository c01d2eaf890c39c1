"""Every page of the site in a browser: what a reader on a phone, in the dark, by keyboard meets."""

import json

import pytest

from tests.chromium import told

pytestmark = pytest.mark.slow(reason="builds the site of the real chapters")

WIDTHS = (1440, 768, 390)
OPEN = """() => {
  document.querySelectorAll("details").forEach((fold) => fold.open = true);
  document.querySelectorAll("[hidden=until-found]").forEach((part) => part.hidden = false);
}"""
CUT = """() => [...document.querySelectorAll("pre")].filter(
    (pre) => pre.offsetParent && pre.scrollWidth > pre.clientWidth + 1).length"""
OVER = "document.documentElement.scrollWidth - innerWidth"
# Drawings with nothing to make narrower; each says that it goes on.
SCROLLS = """() => [...document.querySelectorAll(".panels, .for-phones, .course-slider")].filter(
    (row) => row.scrollWidth > row.clientWidth + 1).map(
    (row) => row.nextElementSibling?.matches(".swipe:not([hidden])") ? "said" : row.outerHTML)"""
# The smallest text of each picture, in pixels: it is drawn at 14.
PICTURES = """() => [...document.querySelectorAll(".output img")].filter(
    (image) => image.offsetParent && !image.closest(".course-live")).map((image) => {
      const source = image.closest("picture")?.querySelector("source");
      const chosen = source && matchMedia(source.media).matches ? source : image;
      return 14 * image.getBoundingClientRect().width / (+chosen.getAttribute("width") || 336);
    })"""
TEXT = """() => {
  const small = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    const range = document.createRange();
    range.selectNodeContents(node);
    if (!node.textContent.trim() || parent.closest("script, style, .katex, sup, sub")
        || !range.getClientRects().length) continue;
    const drawing = parent.closest("svg");
    const scale = drawing?.viewBox?.baseVal?.width
      ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 1;
    const size = parseFloat(getComputedStyle(parent).fontSize) * scale;
    if (size < 11.9) small.push(`${size.toFixed(1)} ${node.textContent.trim().slice(0, 40)}`);
  }
  return small;
}"""


def names(site):
    """The pages of a site."""
    return ["search.html?q=dropout"] + sorted(
        path.relative_to(site).as_posix()
        for path in [*site.glob("*.html"), *site.glob("chapters/*.html")]
        if path.name != "search.html"
    )


def test_code_and_pictures_fit_every_page_at_every_width_and_text_can_be_read(real, browse):
    scrolled = set()
    with browse(real) as (page, here):
        for name in names(real):
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(here + name)
                page.evaluate(OPEN)
                page.evaluate("dispatchEvent(new Event('resize'))")
                assert (page.evaluate(CUT), page.evaluate(OVER)) == (0, 0), (name, width)
                assert page.evaluate(TEXT) == [], (name, width)
                assert min(page.evaluate(PICTURES), default=12) > 11, (name, width)
                scrolls = page.evaluate(SCROLLS)
                assert set(scrolls) <= {"said"}, (name, width, scrolls)
                scrolled |= {(name, width, number) for number, _ in enumerate(scrolls)}
    assert {width for _, width, _ in scrolled} <= {390} and len(scrolled) <= 6


BESIDE = """() => {
  const shown = [...document.querySelectorAll(".note")].filter((note) => note.offsetHeight)
  const wide = [...document.querySelectorAll(
    ".cell_input, .output, figure, .wide, details, .margin, .note")].filter((e) => e.offsetHeight)
  const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1
  const place = (e) => e.getBoundingClientRect()
  return [shown.length, shown.flatMap((note) => [
    ...wide.filter((e) => e !== note && meets(place(note), place(e))),
    ...(place(note).left < place(note.parentElement).right ? [note.parentElement] : []),
  ].map((e) => `${note.textContent.slice(0, 30)} / ${e.className || e.tagName}`))]
}"""


def test_the_time_left_begins_with_that_of_the_head_and_ends_with_nothing(real, browse):
    with browse(real) as (page, here):
        page.set_viewport_size({"width": 1440, "height": 900})
        for name in ("chapters/14-residuals-for-tables.html", "glossary.html"):
            page.goto(here + name)
            left = page.locator(".margin .left").inner_text()
            assert left.endswith("min left to read"), (name, left)
            head = page.locator(".costs dd")
            if head.count():
                assert abs(int(left.split()[0]) - int(head.first.inner_text().split()[0])) <= 1
            page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
            page.wait_for_function(
                "document.querySelector('.margin .left').textContent === 'You have read it all.'"
            )


def test_on_a_phone_the_menu_leads_to_the_sections_of_the_page(real, browse):
    with browse(real) as (page, here):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(here + "chapters/14-residuals-for-tables.html")
        page.locator(".menu-button").click()
        page.locator(".chapters .sections a", has_text="The rivals").click()
        assert page.url.endswith("#the-rivals")
        page.wait_for_function("!document.documentElement.classList.contains('menu')")
        page.set_viewport_size({"width": 1440, "height": 900})
        assert not page.locator(".chapters .sections").is_visible()


def test_notes_stand_beside_their_paragraphs_and_cover_nothing(real, browse):
    counts = {}
    with browse(real) as (page, here):
        for name in names(real):
            page.goto(here + name)
            page.evaluate(OPEN)
            for width in (390, 1280, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                counts[name, width], covered = page.evaluate(BESIDE)
                assert covered == [], (name, width)
    assert {w for (_, w), count in counts.items() if count} == {1440, 1920}
    assert sum(count for (_, width), count in counts.items() if width == 1440) > 50


# Of each guess that covers something: is its question there, and what code below tells the answer?
ASKED = """() => [...document.querySelectorAll(".cell:has(.ask.covers)")].map((cell) => {
  const shown = (part) => !part.hasAttribute("hidden"), told = [], parts = [];
  const names = JSON.parse(cell.querySelector(".ask").dataset.ask).map((guess) => guess.question);
  const answers = (part) => [...part.querySelectorAll("p.reveal b")].some(
    (b) => names.includes(b.textContent));
  for (let part = cell.nextElementSibling; part; part = part.nextElementSibling) parts.push(part);
  const last = parts.findLastIndex(answers);
  for (const part of parts.slice(0, last + 1)) {
    if (part.matches(".cell:not(.tag_is-proof, .tag_is-guess)") && shown(part)
        && /\\bcaption=|\\breveal\\(|\\bassert\\b/.test(part.textContent)) {
      told.push(part.textContent.trim().slice(0, 60));
    }
  }
  return [names.join(), shown(cell.previousElementSibling), told];
})"""


def test_a_guess_has_its_question_and_no_code_that_tells_the_answer(real, browse):
    count = 0
    with browse(real) as (page, here):
        for name in names(real):
            page.goto(here + name)
            for box, asked, told in page.evaluate(ASKED):
                assert asked and told == [], (name, box)
                count += 1
    assert count > 60


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(real, browse, axe, mode):
    found = []
    with browse(real) as (page, here):
        page.emulate_media(color_scheme=mode, reduced_motion="reduce")
        for name in names(real):
            page.set_viewport_size({"width": 390 if mode == "dark" else 1440, "height": 900})
            page.goto(here + name, wait_until="networkidle")
            page.evaluate(OPEN)
            for fault in axe.run(page).response["violations"]:
                found.append((name, fault["impact"], fault["id"], fault["nodes"][0]["html"][:90]))
    assert found == []


@pytest.mark.parametrize("kind", ["http", "file"])
def test_both_live_networks_work_from_a_server_and_from_a_stick(real, browse, kind):
    with browse(real) as (page, here):
        heard = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto((here if kind == "http" else real.as_uri() + "/") + "live.html")
        says = page.locator("[data-figure=resnet] .status")
        says.get_by_text("as it was trained").wait_for(state="attached", timeout=300_000)
        page.get_by_label("block 3", exact=True).focus()
        page.keyboard.press("ArrowDown")
        says.get_by_text("1 of 10 places changed").wait_for(timeout=300_000)
        page.get_by_role("button", name="All as trained").click()
        says.get_by_text("as it was trained").wait_for(timeout=300_000)
        playground = page.locator("[data-figure=playground]")
        playground.scroll_into_view_if_needed()
        train = playground.locator("button.main")
        train.click(timeout=300_000)
        train.get_by_text("Pause").wait_for()
        train.focus()
        page.keyboard.press("Enter")
        train.get_by_text("Train").wait_for()
        assert int(playground.locator(".count").inner_text().removeprefix("step ")) > 0
        assert told(heard) == []


def test_the_slider_goes_by_keys_and_shows_narrower_pictures_on_a_phone(real, browse):
    with browse(real) as (page, here):
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(f"{here}chapters/01-function-classes.html")
        page.evaluate(OPEN)
        page.locator(".course-slider input").focus()
        first = page.locator(".course-slider img").evaluate("(image) => image.currentSrc")
        page.keyboard.press("ArrowRight")
        assert page.locator(".course-slider output").inner_text() == "2"
        page.wait_for_function(
            "(first) => document.querySelector('.course-slider img').currentSrc !== first",
            arg=first,
        )
        assert "_images/" in first


def test_the_visitor_draws_a_curve_before_the_measured_one_is_shown(real, browse):
    with browse(real) as (page, here):
        page.goto(f"{here}index.html")
        assert not page.locator(".guess .measured").is_visible()
        page.locator(".guess circle[role=slider]").last.focus()
        page.keyboard.press("PageUp")
        page.locator(".guess button", has_text="Show").click()
        assert page.locator(".guess .measured").is_visible()
        assert "you drew 14.0 %" in page.locator(".guess figcaption").inner_text()


def test_on_paper_the_measured_curve_is_there_and_folds_are_open(real, browse):
    with browse(real) as (page, here):
        page.emulate_media(media="print")
        page.goto(f"{here}index.html")
        assert page.locator(".guess .measured").is_visible()
        assert not page.locator(".bar").is_visible()
        page.goto(f"{here}chapters/01-function-classes.html")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details[open]", has_text="Show a solution").count() > 0


def test_the_search_shows_what_stands_around_a_hit_and_no_page_complains(real, browse):
    with browse(real) as (page, here):
        heard = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        for name in names(real):
            page.goto(here + name, wait_until="networkidle")
            assert told(heard) == [], name
            if name.startswith("search"):
                assert page.locator("#search-results li").count() > 1
                first = page.locator("#first-hits a")
                assert first.first.get_attribute("href") == "glossary.html#term-dropout"
                assert any("mistake" in text for text in first.all_inner_texts())
                around = page.locator("#search-results .context").all_inner_texts()
                assert any("dropout" in text.lower() for text in around)


CHAPTER = "chapters/02-degradation.html"
# `checkVisibility` does not count what an element does to its own contents.
SHOWN = """(line) => line.checkVisibility()
    && getComputedStyle(line).contentVisibility !== 'hidden'"""


def reveals(page):
    """The two lines that answer the first guess of chapter 2."""
    line = page.locator("p.reveal", has_text="from 20 to 56 layers")
    return line.filter(has_text="plain"), line.filter(has_text="residual")


def first_form(page):
    """The first guess of chapter 2, which has two questions."""
    return page.locator(".ask", has_text="residual, from 20 to 56 layers")


@pytest.fixture(params=["http", "file"])
def complaining(request, real, browse):
    """A page, the address of the site over http or as files, and what the page complained of."""
    complaints = []
    with browse(real) as (page, here):
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, here if request.param == "http" else f"{real.as_uri()}/"
        assert complaints == []


def test_a_guess_comes_before_its_result_and_is_drawn_into_it(complaining):
    page, here = complaining
    page.goto(here + CHAPTER)
    plain, residual = reveals(page)
    text = page.get_by_text("There it is. From 20 layers on")
    assert not any(part.evaluate(SHOWN) for part in (plain, residual, text))
    form = first_form(page)
    form.get_by_text("That is my guess").click()
    assert "answer one question at least" in form.inner_text()
    form.locator("fieldset").first.get_by_label("lower").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert all(part.evaluate(SHOWN) for part in (plain, residual, text))
    assert "you said lower, measured higher: a surprise." in plain.inner_text()
    assert "So would nearly everyone in 2014" in plain.inner_text()
    assert plain.locator(".choice.mine").inner_text().startswith("lower")
    assert plain.locator(".choice.measured").inner_text().startswith("higher")
    assert "you said" not in residual.inner_text(), "not asked, not answered"
    page.reload()
    assert "you said lower" in reveals(page)[0].inner_text(), "kept in this browser"
    first_form(page).get_by_text("Guess again").click()
    assert not reveals(page)[0].evaluate(SHOWN)


def test_a_number_is_drawn_on_a_line_and_what_is_none_is_refused_in_a_sentence(real, browse):
    with browse(real) as (page, here):
        page.goto(here + CHAPTER)
        form = page.locator(".ask", has_text="plain 56 after 108 epochs")
        form.locator("input").fill("a tenth")
        page.keyboard.press("Enter")
        assert "a number is needed, such as 0.25" in form.inner_text()
        form.locator("input").fill("0.1")
        page.keyboard.press("Enter")
        line = page.locator("p.reveal", has_text="plain 56 after 108 epochs")
        assert "you said 0.1" in line.inner_text() and "too high" in line.inner_text()
        assert line.locator("svg.scale").get_attribute("aria-label").startswith("You said 0.1")
        marks = [
            line.locator(f".scale circle.{one}").bounding_box() for one in ("mine", "measured")
        ]
        assert marks[0]["x"] > marks[1]["x"], "the larger number lies farther right"


def test_results_can_be_seen_without_a_guess_here_or_everywhere(real, browse):
    with browse(real) as (page, here):
        page.goto(here + CHAPTER)
        form = first_form(page)
        form.get_by_text("Show without guessing").click()
        assert reveals(page)[0].evaluate(SHOWN)
        assert not page.locator("p.reveal", has_text="gap of plain 56").evaluate(SHOWN)
        form.get_by_text("Always show results at once").click()
        page.goto(f"{here}chapters/04-projection-shortcuts.html")
        assert page.locator("p.reveal").first.evaluate(SHOWN)


@pytest.mark.parametrize("state", ["no storage", "{", '{"guesses": 3, "read": null}'])
def test_without_storage_or_with_a_damaged_one_a_page_still_asks_and_answers(real, browse, state):
    none = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    key = "residual-networks"
    damaged = f"localStorage.getItem('{key}') ?? localStorage.setItem('{key}', {state!r})"
    complaints = []
    with browse(real) as (page, here):
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(none if state == "no storage" else damaged)
        page.goto(here + CHAPTER)
        form = first_form(page)
        form.locator("fieldset").first.get_by_label("lower").check()
        form.get_by_text("That is my guess").click()
        other = page.locator(".ask", has_text="gap of plain 56")
        other.get_by_label("wide").check()
        other.get_by_text("That is my guess").click()
        form.get_by_text("Guess again").click()
        assert "you said wide" in page.locator("p.reveal", has_text="gap of").inner_text()
        assert not reveals(page)[0].evaluate(SHOWN) and complaints == []


def test_on_paper_and_for_the_browsers_search_nothing_is_covered(real, browse):
    with browse(real) as (page, here):
        page.goto(here + CHAPTER)
        page.emulate_media(media="print")
        assert reveals(page)[0].evaluate(SHOWN) and not first_form(page).is_visible()
        page.emulate_media(media="screen")
        page.goto(f"{here}{CHAPTER}#:~:text=There%20it%20is.%20From%2020%20layers")
        page.wait_for_function(
            "() => ![...document.querySelectorAll('p')].find("
            "(p) => p.textContent.startsWith('There it is. From 20')).hasAttribute('hidden')"
        )


def test_a_quiz_says_why_an_answer_is_wrong_and_can_be_tried_again(complaining):
    page, here = complaining
    page.goto(here + CHAPTER)
    question = page.locator(".quiz").first
    wrong = question.get_by_text("The gradients", exact=True)
    wrong.click()
    assert question.locator("details.wrong").inner_text().count("No. They come later.") == 1
    question.get_by_text("The training error", exact=True).click()
    assert question.locator("details.right").count() == 1
    question.get_by_text("Close them and try again").click()
    assert question.locator("details[open], details.right, details.wrong").count() == 0
    assert question.locator("summary").first.evaluate("(at) => at === document.activeElement")


def test_progress_is_shown_saved_and_erased_and_leaves_the_browser_by_no_other_way(
    complaining, tmp_path
):
    page, here = complaining
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(here + CHAPTER)
    page.locator(".quiz summary").first.click()
    page.locator(".quiz summary").nth(3).click()
    first_form(page).locator("fieldset").first.get_by_label("lower").check()
    first_form(page).get_by_text("That is my guess").click()
    page.locator(".turn").scroll_into_view_if_needed()
    page.wait_for_selector(".chapters a.is-read", state="attached")
    page.goto(f"{here}progress.html")
    row = page.locator(".progress tr", has_text="2. Degradation").locator("td").all_inner_texts()
    assert row[0] == "yes" and row[1].startswith("1 of ") and row[2].endswith(" of 5")
    with page.expect_download() as saving:
        page.get_by_text("Save it as a file").click()
    saving.value.save_as(tmp_path / "mine.json")
    saved = json.loads((tmp_path / "mine.json").read_text("utf-8"))
    (guess,) = saved["guesses"].values()
    assert guess == {"question": "plain, from 20 to 56 layers", "guess": "lower",
                     "measured": "higher"}  # fmt: skip
    page.get_by_text("Erase it").click()
    assert row == page.locator(".progress tr", has_text="2. Degra").locator("td").all_inner_texts()
    page.get_by_text("Yes, erase it all").click()
    row = page.locator(".progress tr", has_text="2. Degradation").locator("td").all_inner_texts()
    assert row[0] == "not yet" and row[1].startswith("0 of ")
    page.goto(here + CHAPTER)
    assert not reveals(page)[0].evaluate(SHOWN)
    assert all(url.startswith((here, "blob:", "data:")) for url in asked)

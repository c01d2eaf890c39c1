"""Every page of the site in a browser: what a reader on a phone, in the dark, by keyboard meets."""

import pytest

pytestmark = pytest.mark.slow(reason="builds the site of the real chapters")

WIDTHS = (1440, 768, 390)
OPEN = "document.querySelectorAll('details').forEach((fold) => fold.open = true)"
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


def test_the_slider_goes_by_keys_and_shows_narrower_pictures_on_a_phone(real, browse):
    with browse(real) as (page, here):
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(f"{here}chapters/01-function-classes.html")
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
            assert heard == [], name
            if name.startswith("search"):
                assert page.locator("#search-results li").count() > 1
                around = page.locator("#search-results .context").all_inner_texts()
                assert any("dropout" in text.lower() for text in around)

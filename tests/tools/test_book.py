"""The site builds, and each fault it could have is found.

Built are a course of two tiny chapters and, from their stored outputs, the real chapters (`real`).
"""

import os
import re
import shutil
import socket
import sys
from pathlib import Path

import pytest
import sphinxcontrib.katex
from bs4 import BeautifulSoup

from tools import book, book_pages, nb_pair
from tools.nb_first import read_course
from tools.notebooks import ROOT
from utils import files

pytestmark = pytest.mark.slow(reason="builds web sites")

needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="Node.js, which draws the formulas, is not installed"
)
CHAPTER = """\
# {number}. Tiny

Here $x^2$ and

$$\\frac{{a}}{{b}}$$

{text}

```{{code-cell}} ipython3
print("hello")
```
"""
PAGES = {"index.html", "chapters/00-a.html", "chapters/01-b.html"}


def small_course(folder: Path, text: str) -> Path:
    """Make a course of two tiny chapters, `text` in the second, with the real settings."""
    for name in ("_config.yml", "pyproject.toml", "requirements-d2l.txt"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("assets", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "index.md").write_text("# Tiny course\n\n[first](chapters/00-a.ipynb)\n")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index.md\nchapters:\n"
        "  - file: chapters/00-a.ipynb\n  - file: chapters/01-b.ipynb\n"
    )
    (folder / "chapters").mkdir()
    course = read_course(folder)
    for number, name in enumerate(("00-a", "01-b")):
        source = folder / "chapters" / f"{name}.md"
        source.write_text(CHAPTER.format(number=number, text=text if number else ""))
        for path, content in nb_pair.differing(source, course).items():
            files.write(path, content)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small course, built once; tests that change it work on a copy."""
    root = small_course(tmp_path_factory.mktemp("course"), "See [the first](00-a.ipynb).")
    assert book.build(root) == []
    return root


def parsed(root: Path, name: str) -> BeautifulSoup:
    """A built page."""
    return book.parsed((root / "_build/html" / name).read_text("utf-8"))


@pytest.fixture
def site(built, tmp_path):
    """A copy of the built pages, to plant faults in."""
    return Path(shutil.copytree(built / "_build" / "html", tmp_path / "html"))


@needs_node
def test_the_small_course_builds_with_every_formula_drawn(built):
    page = (built / "_build/html/chapters/01-b.html").read_text("utf-8")
    assert page.count('class="katex-display"') == 1 and page.count('class="katex"') == 2
    assert (built / "_build/html/_static/katex/fonts/KaTeX_Main-Regular.woff2").exists()
    assert "hello" in page and "THEBE_JS_URL" not in page


@needs_node
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_has_one_menu_button_and_one_search_box(built, name):
    page = parsed(built, name)
    assert len(page.select("button.menu-button")) == len(page.select("input[name=q]")) == 1


@needs_node
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_has_landmarks_a_description_one_viewport_and_an_icon(built, name):
    page = parsed(built, name)
    for landmark in ("header.bar", "nav#chapters", "main", "footer", "form[role=search]"):
        assert len(page.select(landmark)) == 1, landmark
    assert all(nav.get("aria-label") for nav in page.find_all("nav"))
    assert len(page.select("h1")) == 1 and len(page.title.string) > 5
    assert len(page.select("meta[name=viewport]")) == 1
    assert len(page.select_one("meta[name=description]")["content"]) > 40
    folder = (built / "_build/html" / name).parent
    assert (folder / page.select_one("link[rel=icon]")["href"]).exists()


@needs_node
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_weighs_little_and_loads_its_own_files_alone(built, name):
    page, folder = parsed(built, name), (built / "_build/html" / name).parent
    files = [folder / tag["src"] for tag in page.select("script[src]")]
    files += [folder / tag["href"] for tag in page.select("link[rel=stylesheet]")]
    assert {path.name for path in files} <= {"course.css", "course.js", "ask.js", "katex.min.css"}
    fonts = list((built / "_build/html/_static/fonts").glob("*.woff2"))
    assert sum(path.stat().st_size for path in files) < 100_000
    assert 0 < sum(path.stat().st_size for path in fonts) < 120_000


@pytest.fixture(scope="module")
def pages(real):
    """The pages of the real chapters, and those beside them."""
    files = [*real.glob("*.html"), *(real / "chapters").glob("*.html")]
    return {path: book.parsed(path.read_text("utf-8")) for path in files}


@needs_node
def test_the_real_chapters_build(real):
    assert (real / "chapters" / "00-start-here.html").exists()


@needs_node
def test_nothing_of_the_plumbing_is_shown_and_every_fold_is_closed(pages):
    for path, page in pages.items():
        text = page.find("main").get_text()
        for mark in ("# @", "### BEGIN", "### END", "Show code cell", "Click to show"):
            assert mark not in text, f"{path.name} shows {mark}"
        assert not page.select("details[open], .cell.tag_is-setup > .cell_input")
        assert not page.select('main a[href*="--NOT-SET"]')


@needs_node
def test_no_chapter_weighs_more_than_700_kb_before_its_figures(real):
    own = sum((real / "_static" / name).stat().st_size for name in ("course.css", "course.js"))
    fonts = sum(path.stat().st_size for path in (real / "_static/fonts").glob("*.woff2"))
    katex = (real / "_static/katex/katex.min.css").stat().st_size
    formulas = sum(path.stat().st_size for path in (real / "_static/katex/fonts").iterdir())
    for path in (real / "chapters").glob("*.html"):
        live = re.sub('<script type="application/json">.*?</script>', "", path.read_text("utf-8"))
        weight = len(live.encode()) + own + fonts + katex
        weight += min(formulas, 150_000)  # what a page with formulas fetches of these
        assert weight < 700_000, f"{path.name}: {weight}"
        assert live.count('src="data:') == live.count('class="course-slider"')


@needs_node
def test_every_link_within_the_site_leads_somewhere(pages):
    missing = []
    for path, page in pages.items():
        for tag in page.select("a[href], img[src]"):
            address, _, place = (tag.get("href") or tag["src"]).partition("#")
            if re.match(r"[a-z]+:", address):
                continue
            target = (path.parent / address) if address else path
            if not target.exists():
                missing.append(f"{path.name}: {address}")
            elif place and target == path and page.find(id=place) is None:
                missing.append(f"{path.name}: #{place}")
    assert missing == []


@needs_node
def test_every_broken_reference_fails_the_build_and_is_named(tmp_path, capfd):
    links = ["gone.ipynb", "00-a.ipynb#gone-there", "#gone-here", "../gone.txt"]
    text = "![a](gone.png) " + " ".join(f"[there]({address})" for address in links)
    (complaint,) = book.build(small_course(tmp_path, text))
    assert "correct them" in complaint
    said = re.findall("WARNING: .*", "".join(capfd.readouterr()))
    for gone in ("gone.ipynb", "gone-there", "gone-here", "gone.txt", "gone.png"):
        assert any(gone in line for line in said), gone


@needs_node
def test_a_chapter_missing_from_the_folder_fails_the_build(tmp_path):
    root = small_course(tmp_path, "")
    (root / "chapters" / "01-b.ipynb").unlink()
    assert book.build(root) != []


@needs_node
def test_a_wrong_number_of_pages_is_a_fault(built, site):
    assert book.expected_pages(built) == PAGES
    (site / "chapters" / "01-b.html").rename(site / "chapters" / "stray.html")
    missing, stray = book.wrong_pages(built, site)
    assert missing == "3 pages were built, 3 expected: chapters/01-b.html is missing."
    assert "chapters/stray.html is not in _toc.yml" in stray


@needs_node
@pytest.mark.parametrize(
    "name, planted",
    [
        ("index.html", '<script src="https://cdn.example.org/x.js"></script>'),
        ("index.html", '<link rel="stylesheet" href="//cdn.example.org/x.css">'),
        ("index.html", '<img alt="" srcset="a.png 1x, https://cdn.example.org/b.png 2x">'),
        ("index.html", '<p style="background:url(https://cdn.example.org/b.png)"></p>'),
        ("index.html", "<style>@import 'https://cdn.example.org/x.css';</style>"),
        ("index.html", '<script type="module">import "https://cdn.example.org/x.js"</script>'),
        ("_static/planted.css", "p { background: url('http://cdn.example.org/b.png') }"),
        ("_static/planted.js", 'fetch("https://cdn.example.org/data.json")'),
        ("_static/planted.js", 'script.src = "https://cdn.example.org/x.js"'),
    ],
)
def test_something_loaded_from_another_host_is_found(site, name, planted):
    assert book.outside_loads(site) == []
    with open(site / name, "a", encoding="utf-8") as file:
        file.write(planted)
    (complaint,) = book.outside_loads(site)
    assert complaint.startswith(f"{name} loads") and "cdn.example.org" in complaint


@needs_node
def test_a_link_to_follow_is_no_load(site):
    with open(site / "index.html", "a", encoding="utf-8") as file:
        file.write(
            '<a href="https://example.org">there</a><link rel="canonical" href="https://e.org">'
        )
    assert book.outside_loads(site) == []


@needs_node
@pytest.mark.parametrize("raw", [r"\(x^2\)", r"\[x^2\]", "$$x$$", r"\frac{a}{b}", "$x$", "`x`"])
def test_a_formula_left_as_tex_is_found(site, raw):
    assert book.raw_formulas(site) == []
    page = site / "chapters" / "00-a.html"
    page.write_text(page.read_text("utf-8").replace("Here ", f"Here {raw} "), "utf-8")
    (complaint,) = book.raw_formulas(site)
    assert complaint.startswith("chapters/00-a.html shows raw TeX")


def test_without_node_one_sentence_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert book.main(["--root", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Node.js is missing") and "install it" in said
    assert not (tmp_path / "_build").exists()


# What draws formulas, on a busy machine: its socket's file is there long before anybody listens.
LATE = """import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
time.sleep(0.5)
server.listen()
server.accept()"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such sockets")
def test_a_late_listener_is_waited_for_and_a_dead_one_is_not(tmp_path, monkeypatch):
    katex = sphinxcontrib.katex
    for place, name in [(katex.KaTeXServer, "start_server_process"), (katex, "STARTUP_TIMEOUT"),
                        (katex, "RENDER_TIMEOUT")]:  # fmt: skip
        monkeypatch.setattr(place, name, getattr(place, name))  # and back again
    book_pages.patient_katex()

    def started(program):
        command = classmethod(lambda cls, socket: [sys.executable, "-c", program, str(socket)])
        monkeypatch.setattr(katex.KaTeXServer, "build_command", command)
        return katex.KaTeXServer.start_server_process(tmp_path, timeout=600)

    process, client = started(LATE)
    assert client.family == socket.AF_UNIX, "over a port each formula waits for acknowledgements"
    client.close()
    assert process.wait() == 0
    (tmp_path / "katex.sock").unlink()
    with pytest.raises(katex.KaTeXError):
        started("")


def test_the_vendored_katex_is_the_version_that_draws():
    assert f"KaTeX {sphinxcontrib.katex.katex_version} " in (
        ROOT / "assets" / "katex" / "README.md"
    ).read_text("utf-8")
    server = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js").read_text("utf-8")
    assert f'"{sphinxcontrib.katex.katex_version}"' in server


def test_every_font_of_the_vendored_style_sheet_is_there():
    folder = ROOT / "assets" / "katex"
    named = set(book.IN_STYLE.findall((folder / "katex.min.css").read_text("utf-8")))
    files = {f"fonts/{path.name}" for path in (folder / "fonts").iterdir()}
    assert {a or b for a, b in named} == files != set()


@needs_node
def test_a_browser_asks_nobody_else_shows_formulas_and_opens_the_menu_of_a_phone(built, browse):
    with browse(built / "_build" / "html") as (page, here):
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        for name in sorted(PAGES, reverse=True):
            page.goto(here + name, wait_until="networkidle")
        page.set_viewport_size({"width": 390, "height": 844})
        entry = page.locator(".chapters a", has_text="1 Tiny")
        entry.wait_for(state="hidden", timeout=10_000)
        page.locator(".menu-button").click()
        entry.wait_for(state="visible", timeout=10_000)
        page.set_viewport_size({"width": 1280, "height": 844})
        height = page.locator(".katex-display").bounding_box()["height"]
        font = page.evaluate("document.fonts.check('16px KaTeX_Main')")
    assert [url for url in asked if not url.startswith((here, "data:"))] == []
    assert faults == [] and height > 20 and font

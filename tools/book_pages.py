"""A Sphinx extension for the site: its pages, and corrections of what other extensions do.

The notebooks are read as `site_cells` prepares them, and what Sphinx makes of them goes through
`site_pages`. The pages themselves are the templates in ``tools/theme``.
"""

import re
import shutil
import socket
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

from bs4 import BeautifulSoup
from sphinxcontrib import katex

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import (  # noqa: E402
    contents,
    nb_time,
    site_api,
    site_cells,
    site_home,
    site_live,
    site_margin,
    site_pages,
    site_pictures,
)

PATIENCE = 60.0  # seconds
THEME = Path(__file__).resolve().parent / "theme"
# These would add styles and scripts to each page, or need a theme that is not used.
UNUSED = (
    "sphinx_thebe", "sphinx_book_theme", "pydata_sphinx_theme", "sphinx_togglebutton",
    "sphinx_copybutton", "sphinx_comments",
)  # fmt: skip
DESCRIPTION = "An interactive textbook on residual networks, in which every claim is measured."


def without_unused(app):
    """Disconnect extensions that Jupyter Book always loads from all pages.

    Thebe runs cells on a remote server. The others bring 2 MB of styles and scripts a page, for
    what is a few lines in ``assets/course.js``. Sphinx alone (``tools/plain``) loads none of them.
    """
    if "jupyter_book" not in app.extensions:
        return
    for name in ("sphinx_thebe", "sphinx_togglebutton", "sphinx_copybutton", "sphinx_comments"):
        app.setup_extension(name)
    for event, listeners in app.events.listeners.items():
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] in UNUSED and event not in (
                "builder-inited", "config-inited",
            ):  # fmt: skip
                app.disconnect(listener.id)


def patient_katex():
    """Let the formulas' Node.js process take its time to start.

    The extension connects as soon as the socket's file is there, which may be before anybody
    listens: on a busy machine the build fails, and Node.js stays behind. Over a port it tries
    again, but each formula then waits 80 ms for acknowledgements, half a minute for the course.
    """

    def start(cls, rundir, timeout):
        path, end = rundir / "katex.sock", time.monotonic() + timeout
        process = Popen(cls.build_command(socket=path), stdin=PIPE, stdout=PIPE, cwd=rundir)
        while time.monotonic() < end and process.poll() is None:
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                client.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                client.close()
                time.sleep(0.01)
            else:
                return process, client
        process.kill()
        raise cls.timeout_error(timeout)

    katex.KaTeXServer.start_server_process = classmethod(start)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE


def read(app, name, source):
    """Prepare a notebook before it is parsed; write the page of the course's code."""
    if app.env.doc2path(name).endswith(".ipynb"):
        source[0] = site_cells.prepared(source[0])
    elif site_api.MARK in source[0]:
        source[0] = source[0].replace(site_api.MARK, site_api.page(Path(app.srcdir)))


def with_pages(app, pagename, templatename, context, doctree):
    """Give a page what its template shows."""
    root = Path(app.srcdir)
    facts = facts_of(root, pagename) if pagename.startswith("chapters/") else None
    if context.get("body"):
        page, to_root = site_pages.opened(context["body"]), context["content_root"]
        site_pages.improve(page, facts)
        if facts is None:
            site_home.fill(page, root)
        else:
            words = root / "glossary.md"
            terms = site_margin.glossary(contents.read_text(words)) if words.exists() else []
            site_margin.annotate(page, pagename.removeprefix("chapters/")[:2], terms, to_root)
        if pagename == "glossary":
            site_margin.anchor_terms(page)
        site_live.place(page, Path(app.outdir), to_root)
        site_pictures.move(page, Path(app.outdir), to_root)
        context["body"] = str(page)
    context["has_formulas"] = 'class="katex' in context.get("body", "")
    context["description"] = description(root, pagename)
    context["page_list"] = page_list(context.get("toc", ""), deep=pagename != "api")
    context["minutes"] = facts.minutes if facts else 0
    listing = context["toctree"](maxdepth=1, titles_only=True, includehidden=True)
    context["chapter_list"] = chapter_list(listing, context["page_list"])
    if pagename == "search":
        words = root / "glossary.md"
        context["terms"] = site_margin.addresses(
            contents.read_text(words) if words.exists() else ""
        )


def facts_of(root, pagename):
    """Return what is known of a chapter: its question, its measured time, its files."""
    name = pagename.rpartition("/")[2]
    facts = site_pages.Facts(notebook=f"../_sources/{pagename}.ipynb")
    text = contents.read_text(root / f"{pagename}.md")
    facts.minutes = site_pages.reading_minutes(text)
    found = contents.HEAD["question"].search(text)
    facts.question = found[1] if found else ""
    facts.seconds = nb_time.measured().get(name, {}).get("cpu", {}).get("seconds")
    if (root / "homework" / f"{name}.ipynb").exists():
        facts.homework = f"../homework/{name}.ipynb"
    return facts


def description(root, pagename):
    """Return what a search engine shows of a page."""
    source = root / f"{pagename}.md"
    if pagename.startswith("chapters/") and source.exists():
        text = contents.read_text(source)
        found = [contents.HEAD[key].search(text) for key in ("question", "after it you can")]
        if all(found):
            said = f"{found[0][1]} After this chapter you can {found[1][1]}."
            return re.sub(r"[`$]", "", said)
    return DESCRIPTION


def page_list(toc, deep=True):
    """Return the sections of a page, without its title; nothing where there are fewer than two."""
    inner = BeautifulSoup(toc, "html.parser").select_one("ul > li > ul")
    for below in inner.select("ul") if inner is not None and not deep else []:
        below.decompose()
    return str(inner) if inner is not None and len(inner.find_all("li")) > 1 else ""


def chapter_list(listing, sections):
    """Return the list of chapters with each number apart from its title.

    The present page's own sections stand below it, for windows that have no margin for them.
    """
    listing = re.sub(r">(\d+)\. ", r'><span class="number">\1</span> ', listing or "")
    page = BeautifulSoup(listing, "html.parser")
    here = page.select_one("li.current")
    if here is not None and sections:
        here.append(BeautifulSoup(f'<div class="sections">{sections}</div>', "html.parser"))
    return str(page)


def finished(app, exception):
    """Put the files that pages link to beside them, and a word to hosts that drop `_static`."""
    folder = Path(app.srcdir) / "homework"
    if exception is None and app.builder.format == "html" and folder.is_dir():
        (Path(app.outdir) / ".nojekyll").touch()
        (Path(app.outdir) / "homework").mkdir(exist_ok=True)
        for path in folder.glob("*.ipynb"):
            shutil.copy(path, Path(app.outdir) / "homework")


def setup(app):
    """Apply all, once all other extensions are known."""
    without_unused(app)
    patient_katex()
    app.add_html_theme("course", str(THEME))
    app.connect("source-read", read)
    app.connect("html-page-context", with_pages, priority=900)
    app.connect("build-finished", finished)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

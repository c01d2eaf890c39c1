"""The chapters: which there are, and the tables of them that readers see.

``_toc.yml`` is the one list. A chapter's title is its first line; the question it answers and what
a reader can do after it stand below, in two comments. README, index and chapter 0 show tables made
from these between the marks of `REGION`; ``make sync`` writes them.
"""

import re
from pathlib import Path

import yaml

REGION = ("<!-- chapters -->", "<!-- /chapters -->")
BETWEEN = re.compile(f"{REGION[0]}.*?{REGION[1]}", re.DOTALL)
OVERVIEWS = ("README.md", "index.md")
MAP = "chapters/00-start-here.md"
HEAD = {
    "title": re.compile(r"^# (\d+)\. (.+?)\s*$", re.MULTILINE),
    "question": re.compile(r"^<!-- question: (.+?) -->\s*$", re.MULTILINE),
    "after it you can": re.compile(r"^<!-- after it you can: (.+?) -->\s*$", re.MULTILINE),
}


def read_text(path: Path) -> str:
    """Return a text file's content, whichever editor wrote it: UTF-8, any ends of lines.

    Raises
    ------
    ValueError
        When the file is in another encoding.
    """
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8."
        ) from error


def read_yaml(path: Path) -> dict:
    """Return what a YAML file says; one that cannot be read gets a sentence with its name."""
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected keys and values, such as `key: value`.")
    return found


def listed(root: Path) -> list[str]:
    """Return the files that ``_toc.yml`` names, its root first, in the order of the book."""
    found: list[str] = []

    def walk(entry):
        if isinstance(entry, dict):
            found.extend(str(entry[key]) for key in ("root", "file") if key in entry)
            entry = list(entry.values())
        if isinstance(entry, list):
            for part in entry:
                walk(part)

    walk(read_yaml(root / "_toc.yml"))
    return found


def chapters(root: Path, names: list[str] | None = None) -> list[Path]:
    """Return the chapters' Markdown sources in the book's order, or those that `names` ask for.

    Parameters
    ----------
    root : Path
        The course's folder.
    names : list of str, optional
        Chapters by name (``03-residual-blocks``), number (``03`` or ``3``) or file.

    Raises
    ------
    ValueError
        When there are no chapters, one is missing, or a name fits none or several.
    """
    sources = [root / name for name in listed(root) if name.startswith("chapters/")]
    sources = [path.with_suffix(".md") for path in sources]
    if not sources:
        raise ValueError(f"No chapters found: {root / '_toc.yml'} names no file in chapters/.")
    for path in sources:
        if not path.exists():
            raise ValueError(f"{path} does not exist, though _toc.yml names the chapter.")
    known, chosen = ", ".join(path.stem for path in sources), set()
    for name in names or []:
        stem = re.sub(r"\.(?:ipynb|md)$", "", Path(name).name)
        number = f"{stem:0>2}-"
        fits = [path for path in sources if path.stem == stem or path.stem.startswith(number)]
        if len(fits) != 1:
            raise ValueError(f"No chapter called {name!r}; the chapters are {known}.")
        chosen.update(fits)
    return [path for path in sources if not names or path in chosen]


def head(source: Path) -> dict[str, str]:
    """Return number, title, question and promise of a chapter."""
    text = read_text(source)
    found = {key: pattern.search(text) for key, pattern in HEAD.items()}
    for key, match in found.items():
        if match is None:
            wanted = "'# 3. Title'" if key == "title" else f"'<!-- {key}: … -->'"
            raise ValueError(f"{source.name}: no {key}; its head needs a line like {wanted}.")
    number, title = found["title"].groups()
    words = {key: found[key][1].replace("|", "\\|") for key in list(HEAD)[1:]}
    return {"number": number, "title": title} | words


def stale(root: Path) -> dict[Path, str]:
    """Return the pages whose table of chapters is not as it should be, with what they should be."""
    overview = ["| | chapter | after it you can |", "|---|---|---|"]
    questions = ["| chapter | the question |", "|---|---|"]
    for source in chapters(root):
        said, name = head(source), f"{source.stem}.ipynb"
        link = f"[{said['title']}](chapters/{name})"
        overview.append(f"| {said['number']} | {link} | {said['after it you can']} |")
        if source != root / MAP:
            link = f"[{said['number']}. {said['title']}]({name})"
            questions.append(f"| {link} | {said['question']} |")
    pages = {}
    for page, rows in {**dict.fromkeys(OVERVIEWS, overview), MAP: questions}.items():
        path = root / page
        if path.exists():
            region = "\n".join([REGION[0], "", *rows, "", REGION[1]])
            text = read_text(path)
            wanted, count = BETWEEN.subn(lambda _, region=region: region, text, count=1)
            if not count:
                raise ValueError(f"{path}: no place for the chapters: {' … '.join(REGION)}.")
            if wanted != text:
                pages[path] = wanted
    return pages

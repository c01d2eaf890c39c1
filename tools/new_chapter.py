"""``make new-chapter ARGS="07 the-family 'The family'"``: a chapter's first draft, in its place.

It writes ``chapters/07-the-family.md`` with all sections that a chapter has, puts the chapter into
``_toc.yml``, and derives the notebook. The draft keeps every rule of the chapters; what its author
has to write is marked TODO.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import notebooks  # noqa: E402
from utils import files  # noqa: E402

LISTED = re.compile(r"^( *- file: chapters/)(\d\d)(-\S+)\.ipynb[ \t]*$", re.MULTILINE)
DRAFT = """\
# {number}. {title}

TODO: what does the reader believe, and which measurement will contradict it? Say it in three lines.

<!-- chapter only -->

## Before you start

<!-- question: TODO: the question this chapter answers, in one line -->
<!-- after it you can: TODO: what the reader can do after it, in one line -->

- **You will** TODO: what the reader does.
- **You will learn** TODO: the idea behind it.
- **You need** {needs}.

<!-- time -->
*Running time*: about 1 min, not yet measured; `make outputs` measures it.
<!-- /time -->

```{{code-cell}} ipython3
from utils import figures
```

## TODO: the experiment

TODO: what will be measured? Ask for a guess: which number is larger, and by how much?

```{{code-cell}} ipython3
guess = ...
```

```{{code-cell}} ipython3
:tags: [nbval-check-output]

from utils.predictions import reveal

measured = {{"plain": 1.0, "residual": 2.0}}
reveal("TODO: what was asked", guess, measured["residual"] / measured["plain"])
```

```{{code-cell}} ipython3
figures.bars(measured, "TODO: what, in which unit", caption="TODO: the finding.")
```

TODO: what was found, why it is so, and the experiment that could have refuted the explanation.

## Recap

- TODO: one claim a line, each measured above.

## Check yourself

1. TODO: a question that the text does not answer word for word.

   <details><summary>TODO: what people get wrong</summary>

   **No.** TODO: why, in a sentence.

   </details>

   <details><summary>TODO: the right answer, in words without formulas</summary>

   **Right.** TODO: its reason.

   </details>

## Exercises

TODO: what the exercises are, and which of them are graded.

<!-- /chapter only -->

<!-- chapter only -->

## References

- TODO: authors, [title](https://arxiv.org/abs/1512.03385), year: the sections used here.

<!-- /chapter only -->
"""


def listed(toc: str) -> dict[str, str]:
    """The chapters that a table of contents lists: number to the rest of the name."""
    return {match[2]: match[3] for match in LISTED.finditer(toc)}


def draft(number: str, title: str, before: str | None) -> str:
    """The Markdown of a new chapter.

    Parameters
    ----------
    number : str
        Two digits.
    title : str
    before : str, optional
        The name of the chapter that the reader needs first, such as ``"06-training"``.
    """
    needs = "nothing but Python"
    if before is not None:
        needs = f"[chapter {int(before[:2])}]({before}.ipynb)"
    return DRAFT.format(number=int(number), title=title, needs=needs)


def with_entry(toc: str, number: str, name: str) -> str:
    """The table of contents ``toc`` with one chapter more, in the order of the numbers.

    Raises
    ------
    ValueError
        When it lists no chapter beside which the new one could stand, or one of that number.
    """
    there = listed(toc)
    if number in there:
        raise ValueError(f"Chapter {number} is there already: {number}{there[number]}.")
    entries = list(LISTED.finditer(toc))
    if not entries:
        raise ValueError("_toc.yml lists no chapter, expected lines like '- file: chapters/…'.")
    before = [entry for entry in entries if entry[2] < number]
    line = f"{entries[0][1]}{number}-{name}.ipynb\n"
    if not before:
        return toc[: entries[0].start()] + line + toc[entries[0].start() :]
    end = before[-1].end()
    return f"{toc[:end]}\n{line.rstrip()}{toc[end:]}"


def create(root: Path, number: str, name: str, title: str) -> Path:
    """Write the chapter's draft and its entry; return the path of its Markdown.

    Raises
    ------
    ValueError
        When number, name or title can't be a chapter's, or the number is taken.
    """
    if not re.fullmatch(r"\d\d", number):
        raise ValueError(f"A chapter's number has two digits, such as 07; got {number!r}.")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(
            "A chapter's name is lower-case words joined by hyphens, such as the-family; got "
            f"{name!r}."
        )
    if not title.strip() or "\n" in title:
        raise ValueError(f"A chapter's title is one line, such as 'The family'; got {title!r}.")
    toc_path = root / "_toc.yml"
    toc = toc_path.read_text("utf-8")
    new_toc = with_entry(toc, number, name)
    before = [f"{other}{rest}" for other, rest in listed(toc).items() if other < number]
    path = root / "chapters" / f"{number}-{name}.md"
    if path.exists():
        raise ValueError(f"{path} is there already; delete it, or choose another name.")
    files.write(path, draft(number, title.strip(), before[-1] if before else None))
    files.write(toc_path, new_toc)
    return path


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(prog="make new-chapter", description=__doc__.split("\n")[0])
    parser.add_argument("number", help="two digits, such as 07")
    parser.add_argument("name", help="of the file: lower-case words joined by hyphens")
    parser.add_argument("title", help="as readers see it, in quotes")
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    given = parser.parse_args(arguments)
    try:
        path = create(given.root, given.number, given.name, given.title)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"chapters/{path.name} written; replace what is marked TODO in it.")
    return notebooks.main(["--root", str(given.root), "sync"])


if __name__ == "__main__":
    sys.exit(main())

"""What the tests of strangers' ways share: a tiny chapter, a command line, a limit in time."""

import signal
from contextlib import contextmanager
from pathlib import Path

from grader import example, exercise_files, masters
from grader.__main__ import main
from utils.notebook_json import dumps

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent / "strangers"
# Small, so that a whole command takes a second or two. Its kernel and its probes need no torch.
TINY = """# Two numbers

```{code-cell} ipython3
# @context
import math
```

```{code-cell} ipython3
# @answer one
def one():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION
```

```{code-cell} ipython3
# @check one: its value
assert one() == 1, "one is 1"
```

```{code-cell} ipython3
# @answer two
def two():
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION
```

```{code-cell} ipython3
# @check two: its value
assert two() == 2, "two is 2"
```
"""
PROBES = '''"""The probes of the tiny chapter."""

from grader.exercise import probe


@probe("one", "value", "it is another number")
def probe_one(one, seed):
    return {"value": one()}


@probe("two", "value", "it is another number")
def probe_two(two, seed):
    return {"value": two()}
'''
EXERCISE = masters.parse(TINY, "90-tiny", exercise_files.parse(PROBES, "90_tiny.py"))
SOLVED = {answer.name: answer.solution for answer in EXERCISE.questions}


def tiny(**cells):
    """The tiny homework, solved except for ``cells``, as a notebook."""
    return example.submission(EXERCISE, {**SOLVED, **cells})


def write_chapter(folder):
    """The tiny chapter, and its probes beside it, as files in ``folder``; the chapter's path."""
    path = folder / "90-tiny.md"
    path.write_text(TINY, "utf-8")
    (folder / "90_tiny.py").write_text(PROBES, "utf-8")
    return path


def write_notebooks(folder, books):
    """Write notebooks, by student, into ``folder``; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for student, book in books.items():
        (folder / f"{student}.ipynb").write_text(dumps(book), "utf-8")
    return folder


class TooLong(BaseException):
    """Time is up. Not an ``Exception``, lest something on the way takes it for its own."""


@contextmanager
def within(seconds):
    """Fail the test when its block takes longer, even one that hangs in a regular expression."""

    def ring(*_):
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TooLong:
        raise AssertionError(f"not done within {seconds} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def command(*arguments):
    """The exit status of the grader's command line, run in this process."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return ended.code


def code_of(path):
    """The cell of an answer that lies in a file; the file's name begins with the answer's."""
    return f"# @answer {path.stem.split('-')[0]}\n{path.read_text('utf-8')}"


def names(paths):
    """Ids for parametrized files."""
    return [path.stem for path in paths]

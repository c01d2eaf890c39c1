"""Read strangers' files within limits: of size, cells, time and memory.

`read` does it in this process; a `Reader` has it done by another, which can be ended: whatever a
file does to a parser costs that file alone.
"""

import hashlib
import json
import os
import select
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from grader.formats import Cell, FormatError, markdown, notebook, script

MAX_NOTEBOOK = 20 * 2**20  # bytes; pictures in outputs take most of it
MAX_TEXT = 300_000  # bytes of a .py or .md, which holds code and prose alone
MAX_SOURCES = 2_000_000  # characters of all cells together, outputs not among them
SECONDS = 20.0  # for one file; a busy machine needs a hundredth
MEMORY = 2**30  # bytes of address space
ENDINGS = {".ipynb": notebook, ".py": script, ".md": markdown}
# Not waiting, as opening a FIFO would, and not following a link put there since; not on Windows.
UNHURRIED = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
RENAMED = (".json", ".txt")  # what browsers and mail programs add to a notebook's name


class UnreadableFile(Exception):
    """A file can't be read as a submission; the message says why."""


def form(path: Path) -> str:
    """The ending that says how to read ``path``, ``""`` for a file that is no submission.

    Capitals don't matter; ``.ipynb.json`` and ``.ipynb.txt`` are notebooks.
    """
    ending = path.suffix.lower()
    if ending in RENAMED:
        ending = Path(path.stem).suffix.lower()
        return ending if ending == ".ipynb" else ""
    return ending if ending in ENDINGS else ""


def load(path: Path) -> bytes:
    """The content of ``path``, whose kind and size are looked at first.

    Raises
    ------
    UnreadableFile
        When it is no ordinary file, too large, empty, or can't be opened.
    """
    limit = MAX_NOTEBOOK if form(path) == ".ipynb" else MAX_TEXT
    try:
        handle = os.open(path, os.O_RDONLY | UNHURRIED)
        with open(handle, "rb") as file:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise UnreadableFile("is no ordinary file")
            if facts.st_size > limit:
                size = f"{facts.st_size:,} bytes"
                raise UnreadableFile(
                    f"has {size}, more than the {limit:,} allowed; clear its outputs"
                )
            content = file.read(limit + 1)
    except OSError as error:
        raise UnreadableFile(f"can't be read: {error.strerror}") from None
    if not content.strip():
        raise UnreadableFile("is empty")
    return content


def digest(path: Path) -> str:
    """A cache key for the content of ``path``; why it can't be read where it can't."""
    try:
        return hashlib.sha256(load(path)).hexdigest()
    except UnreadableFile as error:
        return str(error)


def read(path: Path) -> list[Cell]:
    """The cells in ``path``.

    Raises
    ------
    UnreadableFile
        When the file is too large, empty, binary, no notebook, or holds too many cells.
    """
    ending = form(path)
    if not ending:
        raise UnreadableFile(f"is none of {', '.join(ENDINGS)}")
    try:
        text = load(path).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UnreadableFile("is no text (UTF-8)") from None
    if "\0" in text:
        raise UnreadableFile("is no text: it holds null bytes")
    try:
        cells = ENDINGS[ending](text)
    except FormatError as error:
        raise UnreadableFile(str(error)) from None
    except MemoryError:
        raise UnreadableFile("needs too much memory to be read") from None
    characters = sum(len(cell.source) for cell in cells)
    if characters > MAX_SOURCES:
        raise UnreadableFile(
            f"has {characters:,} characters in its cells, more than the {MAX_SOURCES:,} allowed"
        )
    return cells


class Reader:
    """Another process that reads files for this one, and is ended when one takes too long.

    Parameters
    ----------
    seconds : float
        For each file.
    """

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop()

    def start(self) -> subprocess.Popen[bytes]:
        """The other process, started if there is none."""
        if self.process is None:
            code = "import sys; sys.path.insert(0, sys.argv[1]); from grader.reading import serve"
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", f"{code}; serve()", str(Path(__file__).parents[1])],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        return self.process

    def stop(self) -> None:
        """End the other process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def read(self, path: Path) -> list[Cell]:
        """As `read`, and `UnreadableFile` as well for a file that exceeds the limits."""
        process = self.start()
        assert process.stdin is not None and process.stdout is not None
        deadline = time.monotonic() + self.seconds
        answer = b""
        try:
            process.stdin.write(json.dumps(os.fsdecode(path)).encode() + b"\n")
            process.stdin.flush()
            while not answer.endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                    self.stop()
                    raise UnreadableFile(f"can't be read within {self.seconds:g} s")
                piece = os.read(process.stdout.fileno(), 2**20)
                if not piece:
                    raise BrokenPipeError
                answer += piece
        except BrokenPipeError:
            self.stop()
            raise UnreadableFile("ends the process that reads it") from None
        except BaseException:  # half an answer must not be taken for the next file's
            self.stop()
            raise
        found = json.loads(answer)
        if isinstance(found, str):
            raise UnreadableFile(found)
        return [Cell(kind, source) for kind, source in found]


def serve() -> None:
    """Read the files named on standard input, a line each; answer with a line of JSON."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        try:
            found: object = [(cell.kind, cell.source) for cell in read(Path(json.loads(line)))]
        except UnreadableFile as error:
            found = str(error)
        sys.stdout.buffer.write(json.dumps(found).encode() + b"\n")
        sys.stdout.buffer.flush()

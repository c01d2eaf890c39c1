"""Run students' code where it can do no harm, and bring back plain values.

A `Sandbox` keeps one warmed process (`inside.fork_server`) inside bubblewrap: it sees Python,
torch and the system's libraries, all read-only, no network, no other process, and nothing of this
project.
For every answer that process forks a child into further namespaces of its own.
"""

import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.bubblewrap import INSIDE, SandboxError, bwrap_command, packages, visible
from grader.decoding import decode
from grader.inside.limits import WALL

BOOT = "import sys; sys.path.insert(0, sys.argv[2]); import fork_server; fork_server.main()"
RESTART = 300  # answers until a fork server is replaced, so that whatever piles up in it goes
START = 120  # seconds for a fork server to import torch
GRACE = 20  # seconds beyond all limits until a fork server that does not report is given up
MAX_RESULT = 16 * 2**20  # bytes of results of one answer
POLL = 0.2  # seconds between two looks at whether to stop
KEPT_OUTPUT = 4096  # bytes of what a student's code prints


class Stopped(SandboxError):
    """Whoever owns the sandbox wants no more answers from it."""


@dataclass(frozen=True)
class Run:
    """What one run of an answer brought back.

    Attributes
    ----------
    records : list of dict
        As read by `decoding.decode`, without the first, which says that the job was begun.
    ended : str
        ``"exit"``, ``"timeout"``, ``"memory"``, ``"processes"``, ``"signal N"`` or ``"lost"``.
    spoilt : str
        What is wrong with the bytes after the last record, or nothing.
    printed : str
        The first 4 kB that the code printed.
    seconds : float
        All runs of the answer together.
    tried : tuple of Run
        Further runs of the same answer, one for each candidate of its test.
    """

    records: list[dict[str, Any]]
    ended: str
    spoilt: str
    printed: str
    seconds: float
    tried: tuple["Run", ...] = ()


class Sandbox:
    """One warmed process that runs answers, one at a time.

    Use, and end, it in the thread that makes it: bubblewrap dies with that thread.

    Parameters
    ----------
    mode : "bwrap" or "none"
    timeout : float
        Seconds for one answer. With bubblewrap they are processor seconds while it computes, and
        seconds on the wall while it waits (`inside.usage.Clock`); without, all on the wall.
    memory : int
        MB that an answer's processes may take together beyond what torch takes. Files in /tmp
        and /dev/shm have limits of their own (`inside.limits`).
    warm : sequence of str
        Modules to import once, beforehand.
    hidden : sequence of Path
        Folders and files to be hidden inside even where a folder above them is shown.
    nest : bool
        False: a fresh bubblewrap for every answer, as where the kernel allows no namespaces
        within namespaces. Slower by the seconds that importing torch takes.
    stop : threading.Event, optional
        Once another thread sets it, whatever is at work here is ended and raises `Stopped`.
    """

    def __init__(
        self,
        mode: str,
        *,
        timeout: float,
        memory: int,
        warm: Sequence[str] = (),
        hidden: Sequence[Path] = (),
        nest: bool = True,
        stop: threading.Event | None = None,
    ):
        self.mode, self.timeout, self.memory = mode, timeout, memory
        self.warm, self.hidden, self.nest = list(warm), tuple(hidden), nest
        self.stop = stop or threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.fresh = False  # whether every answer needs a fork server of its own
        self.served = 0

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the fork server and wait until it is warm."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.errors = tempfile.TemporaryFile()
        inside = "/grader" if self.mode == "bwrap" else str(INSIDE)
        command = bwrap_command(self.hidden) if self.mode == "bwrap" else []
        command += [sys.executable, "-I", "-B", "-c", BOOT, str(theirs.fileno()), inside]
        self.process = subprocess.Popen(
            command,
            env={} if self.mode == "bwrap" else {"PATH": os.defpath, "OMP_NUM_THREADS": "1"},
            executable=shutil.which(command[0]),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            start_new_session=True,
        )
        theirs.close()
        self.control.settimeout(POLL)
        shut = self.mode == "bwrap"
        hello = {"path": packages(), "warm": self.warm, "nest": shut and self.nest, "watch": shut}
        hello["keep"] = [root for root in visible() if Path(root).is_relative_to("/tmp")]
        try:
            self.control.send(json.dumps(hello).encode())
            reply = self.first_reply()
        except OSError as error:
            reply, why = b"", str(error)
        else:
            why = "it ended"
        if not reply:
            text = self.last_words() or why
            self.close()
            raise SandboxError(f"The sandbox's process does not start: {text}")
        self.fresh = self.mode == "bwrap" and not json.loads(reply)["nested"]
        self.served = 0

    def first_reply(self) -> bytes:
        """What the fork server says once it is warm; nothing when it has ended."""
        deadline = time.monotonic() + START
        while True:
            try:
                return self.control.recv(1000)
            except TimeoutError:
                self.go_on()
                if time.monotonic() > deadline:
                    raise

    def go_on(self) -> None:
        """Raise `Stopped` when that is wanted."""
        if self.stop.is_set():
            raise Stopped("Grading was stopped.")

    def last_words(self) -> str:
        """The last line the fork server wrote to its stderr."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def close(self) -> None:
        """End the fork server and everything in it."""
        if self.process is not None:
            self.control.close()
            if self.mode == "bwrap":
                self.process.kill()
            try:
                self.process.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.errors.close()
            self.process = None

    def run(self, job: dict[str, Any]) -> Run:
        """Run ``job`` (see `inside.cells.run`) in a child of its own.

        A fork server found dead is replaced, and the answer tried once more; should that one die as
        well, the run says ``"lost"``.

        Raises
        ------
        SandboxError
            When the job did not even start, twice: no student may lose points by that.
        Stopped
            When another thread has asked for it.
        """
        for _ in range(2):
            if self.process is None:
                self.start()
            done, started = self.ask(job)
            self.served += 1
            again = done.ended == "lost" or not started
            words = self.last_words()
            if again or self.fresh or self.served >= RESTART:
                self.close()
            if not again:
                break
        if not started:
            raise SandboxError(
                f"The sandbox starts no process for an answer: {words or done.ended}"
            )
        return done

    def ask(self, job: dict[str, Any]) -> tuple[Run, bool]:
        """Send one request and collect what comes back, and whether the job was begun."""
        began = time.monotonic()
        request = {"timeout": self.timeout, "memory": self.memory}
        # A file and two pipes that the fork server passes on without looking into them.
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(job).encode())
            file.seek(0)
            (result, their_result), (output, their_output) = os.pipe(), os.pipe()
            fds = [file.fileno(), their_result, their_output]
            try:
                socket.send_fds(self.control, [json.dumps(request).encode()], fds)
                lost = False
            except OSError:
                lost = True
            finally:
                os.close(their_result)
                os.close(their_output)
        results, printed = Stream(result, MAX_RESULT), Stream(output, KEPT_OUTPUT)
        try:
            reply = None if lost else self.collect([results, printed])
        finally:
            for stream in (results, printed):
                stream.finish()
        records, spoilt = decode(bytes(results.data))
        text = bytes(printed.data).decode(errors="replace")
        ended = json.loads(reply)["ended"] if reply else "lost"
        started = bool(records) and records[0]["kind"] == "started"
        return Run(records[1:], ended, spoilt, text, time.monotonic() - began), started

    def collect(self, streams: list["Stream"]) -> bytes | None:
        """Drain the streams until the fork server reports; None when it does not."""
        deadline = time.monotonic() + WALL * self.timeout + GRACE
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.control, selectors.EVENT_READ)
            for stream in streams:
                waiting.register(stream.fd, selectors.EVENT_READ, stream)
            while time.monotonic() < deadline:
                self.go_on()
                for key, _ in waiting.select(POLL):
                    if key.data is None:
                        try:
                            return self.control.recv(1000) or None
                        except OSError:
                            return None
                    if not key.data.read():
                        waiting.unregister(key.fd)
        return None


class Stream:
    """The reading end of a pipe: keeps the first ``limit`` bytes and throws the rest away."""

    def __init__(self, fd: int, limit: int):
        self.fd, self.limit, self.data = fd, limit, bytearray()
        os.set_blocking(fd, False)

    def read(self) -> bool:
        """Read what is there; whether more may come."""
        try:
            more = os.read(self.fd, 2**16)
        except BlockingIOError:
            return True
        self.data += more[: max(0, self.limit - len(self.data))]
        return bool(more)

    def finish(self) -> None:
        """Read what the pipe still holds (64 kB at most, its writers are gone) and close it."""
        for _ in range(64):
            before = len(self.data)
            if not self.read() or len(self.data) == before:
                break
        os.close(self.fd)

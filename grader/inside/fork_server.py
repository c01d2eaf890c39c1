"""The warmed process: imports torch once, then forks a shut-in child for every answer.

It reads one request at a time from its control socket and never sees what is in it: the job and
the pipes for results and output come as file descriptors that only the child reads and writes.
So nothing of one student's, or of a solution, is left in the memory that the next child inherits.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from contextlib import nullcontext
from typing import Any

import torch
from cells import run
from isolation import mount_private, shut_in, unshare
from limits import MAX_PROCESSES
from pages import collapse
from usage import Clock, in_full, together

POLL = 0.05  # seconds between two looks at how much a child has taken


def warm_up(modules: list[str]) -> None:
    """Pay once what a child would pay each time: imports, and torch's first calls."""
    torch.set_num_threads(1)
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the cell that imports it will say so where it matters
    with torch.no_grad():
        block = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3), torch.nn.BatchNorm2d(2))
        block(torch.zeros(1, 2, 4, 4))


class ForkServer:
    """Serves requests on ``control``.

    ``nested`` children live in namespaces of their own, where they keep seeing the folders
    ``keep``; ``watch`` says that all processes in sight are theirs, so that what they take can
    be counted.
    """

    def __init__(self, control: socket.socket, nested: bool, watch: bool, keep: list[str]):
        self.control, self.nested, self.watching = control, nested, watch
        self.keep = keep if nested else None

    def child(self, files: list[int], request: dict[str, Any]) -> None:
        """Run a job in this process, the student's, and end it."""
        try:
            job, result, output = files
            with open(job, "rb") as file:
                task = json.load(file)
            if not self.nested:
                os.chdir(request["folder"])
            limits = request["memory"], request["timeout"]
            shut_in(result, output, *limits, self.keep, shut=self.watching)
            run({**task, "timeout": request["timeout"]}, 3)
            sys.stdout.flush()
        finally:
            os._exit(0)

    def launch(self, files: list[int], request: dict[str, Any], report: int) -> None:
        """Go into new namespaces, fork the student's process there, tell its number and end."""
        try:
            self.control.close()
            if self.nested:
                unshare()
            pid = os.fork()
            if pid == 0:
                self.child(files, request)
            for fd in files:
                os.close(fd)
            os.write(report, f"{pid}\n".encode())
            os.write(report, f"{os.waitpid(pid, 0)[1]}\n".encode())
        except OSError:
            traceback.print_exc()  # to the fork server's own stderr, which the grader keeps
        finally:
            os._exit(0)

    def others(self, launcher: int) -> list[int]:
        """The child and all it forked: every process here but our own."""
        own = {1, os.getpid(), launcher}
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        return sorted(pids - own)

    def send(self, number: int, pid: int) -> None:
        """Send a signal to the student's process ``pid`` and to all that it forked.

        At one blow: if they were ended one by one, others would fork more meanwhile.
        """
        try:
            os.kill(-1 if self.watching else -pid, number)  # -1: all but bubblewrap and us
        except ProcessLookupError:
            return  # they have ended by themselves

    def allowed(self, pids: list[int], request: dict[str, Any]) -> int:
        """Bytes that the answer's processes may take together.

        One alone may also write to all the pages that it got from the fork server. So it meets the
        limit of its address space first, and an error in the cell says more than its end.
        """
        return request["memory"] * 2**20 + (in_full(os.getpid()) if len(pids) == 1 else 0)

    def look(self, launcher: int, pid: int, clock: Clock, request: dict[str, Any]) -> str | None:
        """What the child and all it forked have too much of by now, if anything."""
        pids = self.others(launcher) if self.watching else []
        if len(pids) > MAX_PROCESSES:  # first: they may become more while the rest is read
            return "processes"
        clock.look(pids)
        if clock.over:
            return "timeout"
        if sum(map(in_full, pids)) <= self.allowed(pids, request):
            return None
        self.send(signal.SIGSTOP, pid)
        pids = self.others(launcher)
        ended = "processes" if len(pids) > MAX_PROCESSES else None
        if ended is None and together(os.getpid(), [launcher, *pids]) > self.allowed(pids, request):
            ended = "memory"
        self.send(signal.SIGCONT, pid)
        return ended

    def watch(self, launcher: int, report: int, request: dict[str, Any]) -> str:
        """Wait for the end of the student's process, or bring it about. How it ended, in a word.

        As nothing is asked while an answer is at work, a control socket that can be read says
        that the grader has hung up.
        """
        clock, words, ended, pause = Clock(request["timeout"]), b"", None, POLL
        while words.count(b"\n") < 2:
            waited: list[Any] = [report] if ended else [report, self.control]
            ready = select.select(waited, [], [], pause)[0]
            if report in ready:
                more = os.read(report, 100)
                if not more:
                    break
                words += more
            elif b"\n" in words:
                began, pid = time.monotonic(), int(words.split()[0])
                ended = ended or ("stopped" if ready else self.look(launcher, pid, clock, request))
                pause = max(POLL, time.monotonic() - began)  # so it takes half the time at most
                if ended:
                    self.send(signal.SIGKILL, pid)
        numbers = [int(word) for word in words.split()]
        if numbers and (len(numbers) == 1 or not self.nested):
            # Its launcher is gone, or what it forked may still be there.
            self.send(signal.SIGKILL, numbers[0])
        os.waitpid(launcher, 0)
        while self.watching and self.others(launcher):
            time.sleep(POLL / 10)  # until what was killed has gone
        if len(numbers) < 2:
            return ended or "lost"
        return ended or (f"signal {numbers[1] & 127}" if numbers[1] & 127 else "exit")

    def answer(self, files: list[int], request: dict[str, Any]) -> dict[str, Any]:
        """Fork for one request and say how it went."""
        report, theirs = os.pipe()
        # In a namespace of its own a child mounts its folder.
        with nullcontext() if self.nested else tempfile.TemporaryDirectory() as folder:
            request["folder"] = folder
            launcher = os.fork()
            if launcher == 0:
                os.close(report)
                self.launch(files, request, theirs)
            for fd in [*files, theirs]:
                os.close(fd)
            ended = self.watch(launcher, report, request)
            os.close(report)
        return {"ended": ended}

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        while True:
            message, files, _, _ = socket.recv_fds(self.control, 65536, 3)
            if not message:
                return
            told = self.answer(files, json.loads(message))
            if told["ended"] == "stopped":
                return
            self.control.sendall(json.dumps(told).encode())


def can_nest(keep: list[str]) -> bool:
    """Whether this kernel lets a process here go into namespaces of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            unshare()
            mount_private(keep)  # some systems give the namespaces and withhold the rights in them
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def main() -> None:
    """Warm up, say so, serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    hello = json.loads(control.recv(65536))
    sys.path[0:1] = hello["path"]  # the folder of this program is no longer importable
    warm_up(hello["warm"])
    nested = hello["nest"] and can_nest(hello["keep"])
    gc.collect()
    gc.freeze()  # so that a child's collector leaves the shared pages alone
    collapse()
    control.sendall(json.dumps({"nested": nested}).encode())
    ForkServer(control, nested, hello["watch"], hello["keep"]).serve()


if __name__ == "__main__":
    main()

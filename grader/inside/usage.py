"""What an answer's processes take, read from /proc: memory, and time on a clock of its own."""

import os
import time
from collections.abc import Sequence

from limits import WALL

TICKS = os.sysconf("SC_CLK_TCK")  # of processor time, in a second


def fields(path: str) -> dict[str, int]:
    """The lines ``Name: N kB`` of a file of /proc, in bytes; none when the process has ended."""
    try:
        with open(path) as file:
            lines = [line.split() for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {
        words[0][:-1]: int(words[1]) * 1024
        for words in lines
        if len(words) == 3 and words[2] == "kB"
    }


def in_full(pid: int) -> int:
    """Bytes of a process that are no file's, those that it shares with others among them."""
    found = fields(f"/proc/{pid}/status")
    return sum(found.get(name, 0) for name in ("RssAnon", "RssShmem", "VmSwap"))


def in_part(pid: int) -> int:
    """As `in_full`, but of pages that n processes share an n-th.

    A process that forbids to look is counted in full.
    """
    try:
        found = fields(f"/proc/{pid}/smaps_rollup")
    except PermissionError:
        return in_full(pid)
    return sum(found.get(name, 0) for name in ("Pss_Anon", "Pss_Shmem", "SwapPss"))


def together(server: int, pids: Sequence[int]) -> int:
    """Bytes that ``pids`` take beyond those of the fork server that they were forked from.

    Every page counts once, however many processes share it, whether as forks that have not
    written to it or as memory mapped to be shared. ``pids`` must be all of them, and stand still:
    who forks or ends meanwhile changes the shares while they are added up.
    """
    return sum(map(in_part, [server, *pids])) - in_full(server)


def processor(pid: int) -> tuple[float, bool]:
    """Seconds that a process and its ended children have computed, and whether it wants to.

    Nothing when it has ended itself: whoever waited for it has its seconds then.
    """
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, False
    return sum(map(int, words[11:15])) / TICKS, words[0] == "R"


class Clock:
    """The time an answer has taken, on a clock that stands while others keep it from computing.

    It goes on with the processor time of all the answer's processes or, while none of them wants
    to compute, with the time on the wall. So whoever computes next door costs an honest answer
    nothing, ten processes get no more than one, and nobody waits for one that sleeps.

    Parameters
    ----------
    limit : float
        Seconds on this clock. On the wall it may be `WALL` times as many.
    """

    def __init__(self, limit: float):
        self.limit = limit
        self.seconds = self.computed = 0.0
        self.began = self.last = time.monotonic()

    def look(self, pids: Sequence[int]) -> None:
        """Go on by what has passed since the last look, given all processes of the answer."""
        now = time.monotonic()
        found = [processor(pid) for pid in sorted(pids)]  # parents first: nothing counts twice
        total, wants = sum(seconds for seconds, _ in found), any(want for _, want in found)
        busy = max(0.0, total - self.computed)
        self.seconds += busy if wants else max(busy, now - self.last)
        self.computed, self.last = max(self.computed, total), now

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.seconds > self.limit or self.last - self.began > WALL * self.limit

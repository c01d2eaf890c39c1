"""Set up what the course runs on: ``python tools/setup.py`` makes or updates ``.venv``.

What follows on the command line is then run by that environment's Python, as the Makefile does:
``python tools/setup.py -m pytest``. Any Python from 2.7 on can read this file, for telling the
owner of an old one what to do is its first job; ``environment.py`` then does the work.
"""

from __future__ import print_function

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)  # that the course was tested with; a newer one is warned of, not refused


def find_python():
    """Return the command of a tested Python on this machine, newest first, or None.

    Each is asked for its version: a name on PATH may be a shim for a Python not installed.
    """
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        ask = "import sys; sys.exit(sys.version_info[:2] != (3, %d))" % minor
        for command in (["python3.%d" % minor], ["py", "-3.%d" % minor]):
            try:
                with open(os.devnull, "w") as nowhere:
                    if subprocess.call(command + ["-c", ask], stderr=nowhere) == 0:
                        return command
            except OSError:
                continue  # no command of this name
    return None


def main():
    """Hand over to ``environment.main`` under a Python that suits; return the exit status."""
    mine = tuple(sys.version_info[:2])
    command = None if OLDEST <= mine <= NEWEST else find_python()
    if command is not None:
        print("This is Python %d.%d; using %s instead." % (mine + (" ".join(command),)))
        sys.stdout.flush()
        return subprocess.call(command + [os.path.abspath(__file__)] + sys.argv[1:])
    if not OLDEST <= mine <= NEWEST:
        print(
            "The course is tested on Python 3.11, 3.12 and 3.13, but this is Python %d.%d and no"
            " other was found: if it does not work, install one of them (python.org, or your"
            " system's packages), then run this again." % mine,
            file=sys.stderr,
        )
    if mine < OLDEST:
        return 1
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from tools import environment

    return environment.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

"""Set up what the course runs on: ``python tools/setup.py`` makes or updates ``.venv``.

Any Python from 2.7 on can read this file: telling the owner of an old one what to do is its first
job. The work itself is done by ``environment.py`` under a Python that suits.
"""

from __future__ import print_function

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def suits(version):
    """Tell whether the course runs on this ``(major, minor, ...)``."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def version_of(command):
    """Return ``(major, minor)`` of the Python that `command` starts, None where there is none.

    Asking it is the only sure way: a name on PATH may be a shim for a version not installed.
    """
    ask = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as nowhere:
            answer = subprocess.check_output(command + ["-c", ask], stderr=nowhere)
        major, minor = answer.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def find_python():
    """Return the command of a Python on this machine that suits, newest first, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        commands = [["python3.%d" % minor]]
        if os.name == "nt":
            commands.append(["py", "-3.%d" % minor])
        for command in commands:
            if version_of(command) == (3, minor):
                return command
    return None


def main():
    """Hand over to ``environment.main`` under a Python that suits; return the exit status."""
    if suits(sys.version_info):
        sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        from tools import environment

        return environment.main()
    mine = "%d.%d" % sys.version_info[:2]
    command = find_python()
    if command is None:
        print(
            "The course needs Python 3.11, 3.12 or 3.13, but this is Python %s and no other was"
            " found: install one of them (python.org, or your system's packages), then run this"
            " again." % mine,
            file=sys.stderr,
        )
        return 1
    print("This is Python %s; using %s instead." % (mine, " ".join(command)))
    sys.stdout.flush()
    return subprocess.call(command + [os.path.abspath(__file__)] + sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

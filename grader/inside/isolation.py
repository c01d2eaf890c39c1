"""Shut a forked process in: its own namespaces, nothing to write, no rights, few resources."""

import ctypes
import math
import os
import resource
import signal

import seccomp
from limits import MAX_FILE, MAX_FILES, MAX_OPEN, MAX_PROCESSES, WALL

NEWNS, NEWUTS, NEWIPC = 0x00020000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, BIND_ALL = 1, 2, 4, 8, 4096 | 16384
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITY_VERSION = 0x20080522
RESULT = 3  # the number of the result pipe in the child

libc = ctypes.CDLL(None, use_errno=True)


def check(status: int, what: str) -> None:
    """Raise ``OSError`` when a call of the C library failed."""
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare() -> None:
    """Leave for new user, process, mount, network, IPC and host-name namespaces.

    The next child forked is process 1 of its own namespace: when it ends, all that it started
    ends with it.
    """
    user, group = os.getuid(), os.getgid()
    check(libc.unshare(NEWUSER | NEWPID | NEWNS | NEWNET | NEWIPC | NEWUTS), "unshare")
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"1000 {user} 1"),
        ("gid_map", f"1000 {group} 1"),
        ("oom_score_adj", "1000"),  # when memory runs out, this one goes and not the grader
    ):
        with open(f"/proc/self/{file}", "w") as handle:
            handle.write(text)


def mount_private(keep: list[str]) -> None:
    """A /tmp and a /dev/shm of one's own, both small, and an empty /proc.

    /proc would show the fork server's processes; the locks, queues and tensors of worker processes
    (multiprocessing, DataLoader) lie in /dev/shm. What is in ``keep`` (a Python that lies under
    /tmp) stays where it is.
    """
    kept = {path: os.open(path, os.O_PATH) for path in keep}
    size = f"size={MAX_FILES},nr_inodes=4096,mode=700".encode()
    check(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, size), "mount /tmp")
    flags = NOSUID | NODEV | NOEXEC
    check(libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", flags, size), "mount /dev/shm")
    for path, fd in kept.items():
        os.makedirs(path)
        old = f"/proc/self/fd/{fd}".encode()
        check(libc.mount(old, path.encode(), None, BIND_ALL, None), f"keep {path}")
        os.close(fd)
    check(libc.mount(b"tmpfs", b"/proc", b"tmpfs", flags | RDONLY, b"size=4k"), "cover /proc")


def drop_rights() -> None:
    """Give up every capability for good, also those that executing a program could give."""
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # the kernel knows no higher ones
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def limit(memory: int, timeout: float) -> None:
    """Limit memory (MB beyond what is mapped now), processor time, files and processes."""
    mapped = 0
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        "RLIMIT_AS": mapped + memory * 2**20 if mapped else None,
        # By the kernel's rougher count, which may be fast; what ends an answer is `usage.Clock`.
        "RLIMIT_CPU": math.ceil(WALL * timeout),
        "RLIMIT_FSIZE": MAX_FILE,
        "RLIMIT_NOFILE": MAX_OPEN,
        "RLIMIT_CORE": 0,
    }
    for name, value in limits.items():
        if value is not None:
            hard = resource.getrlimit(getattr(resource, name))[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(getattr(resource, name), (value, value))


def keep_only(result: int, output: int) -> None:
    """Close every file but /dev/null (0), the output (1 and 2) and the result pipe (3)."""
    null = os.open("/dev/null", os.O_RDWR)
    high = [os.dup(fd) for fd in (null, output, output, result)]
    while min(high) <= RESULT:  # the numbers 0 to 3 must be free to be overwritten
        high = [os.dup(fd) for fd in high]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(RESULT + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def shut_in(
    result: int, output: int, memory: int, timeout: float, keep: list[str] | None, shut: bool
) -> None:
    """Isolate this process, which is about to run a student's code, for good.

    ``keep`` is None where it has no namespaces of its own; ``shut`` is False where there is no
    bubblewrap around it either, and nothing but its limits holds it.
    """
    os.setsid()
    os.nice(5)  # whoever forks without end must not keep the fork server from ending it
    keep_only(result, output)
    limit(memory, timeout)
    if keep is not None:
        mount_private(keep)
        os.chdir("/tmp")
    if shut:
        resource.setrlimit(resource.RLIMIT_NPROC, (4 * MAX_PROCESSES, 4 * MAX_PROCESSES))
        drop_rights()
        seccomp.install(os.uname().machine)
    os.environ.clear()
    os.environ.update(PATH="/usr/bin:/bin", HOME=os.getcwd(), LANG="C.UTF-8", OMP_NUM_THREADS="1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)

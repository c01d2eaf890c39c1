"""Refuse system calls that no answer needs: a seccomp filter, for a process and all it starts.

Namespaces shut away files, the network and other processes. Some things of the kernel lie in none
of them: above all the keyrings, in which whoever runs the grader may keep passwords, and in which
one answer could leave a note to the next. The rest of the list is what reaches into other
processes, memory that no process maps (and nobody could count), and large parts of the kernel
that computing never touches. Container engines refuse the same by default.

The filter is a program for the kernel's classic BPF machine, see seccomp(2). It is so short that
building it here costs less than a library would.
"""

import ctypes
import errno
import struct

# Numbers of the calls, and of the architecture itself (linux/audit.h), by `os.uname().machine`.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    # keyrings
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # memory that no process maps
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    # parts of the kernel with a history
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
CLONE, CLONE3 = (56, 220), (435, 435)
NEW_NAMESPACES = 0x7E020000  # all flags of clone that start with CLONE_NEW
X32 = 0x40000000  # numbers from here on are x86's third set of calls, which nobody uses
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where `struct seccomp_data` has them
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
PR_SET_SECCOMP, MODE_FILTER = 22, 2


def step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; a comparison skips as many of the next ones as it is told."""
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def refuse(number: int, error: int = errno.EPERM) -> list[bytes]:
    """Instructions that let the call ``number`` fail with ``error``."""
    return [step(EQUAL, number, 0, 1), step(RETURN, ERRNO | error)]


def program(machine: str) -> bytes:
    """The filter for ``machine``, as the kernel takes it.

    Raises
    ------
    ValueError
        Where the numbers of the calls are not known.
    """
    if machine not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise ValueError(
            f"The sandbox knows the system calls of {known}, and this machine is {machine}."
        )
    column = list(ARCHITECTURES).index(machine)
    steps = [
        step(LOAD, ARCHITECTURE),
        step(EQUAL, ARCHITECTURES[machine], 1, 0),  # else calls have other numbers, as in 32 bits
        step(RETURN, KILL),
        step(LOAD, NUMBER),
    ]
    if machine == "x86_64":
        steps += [step(AT_LEAST, X32, 0, 1), step(RETURN, ERRNO | errno.ENOSYS)]
    for numbers in CALLS.values():
        steps += refuse(numbers[column])
    # Its flags lie in memory, where no filter looks; told that it is unknown, everyone uses clone.
    steps += refuse(CLONE3[column], errno.ENOSYS)
    steps += [
        step(EQUAL, CLONE[column], 0, 3),
        step(LOAD, FIRST_ARGUMENT),
        step(ANY_BIT, NEW_NAMESPACES, 0, 1),
        step(RETURN, ERRNO | errno.EPERM),
        step(RETURN, ALLOW),
    ]
    return b"".join(steps)


class Program(ctypes.Structure):
    """C's ``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def install(machine: str) -> None:
    """Put the filter on this process, and on all that it will start, for good.

    The process must have given up gaining rights (``no_new_privs``).

    Raises
    ------
    OSError
        When the kernel takes no filter.
    """
    steps = program(machine)
    given = Program(len(steps) // len(step(RETURN, ALLOW)), steps)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(given), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")

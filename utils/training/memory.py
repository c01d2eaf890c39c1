"""Memory that a training process keeps, and pages that the system hands to it."""

import ctypes
import platform


def keep_memory() -> bool:
    """Whether this process from now on keeps memory that PyTorch frees, for its next step.

    By default glibc gives pieces of more than 32 MB back to the system at once, and the system
    hands out pages anew, cleared, one fault each, step after step. Can't be taken back. Elsewhere
    than in glibc nothing is changed, and the answer is False.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    trim_threshold, mmap_threshold = -1, -3  # numbers of <malloc.h>
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(mmap_threshold, 2**30) and mallopt(trim_threshold, 2**31 - 1))


def pages_fetched() -> int:
    """How many pages of memory the system handed to this process so far; 0 on Windows."""
    if platform.system() == "Windows":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

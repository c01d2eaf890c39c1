"""Make forking cheap: few and large pages of memory where the kernel can do that.

A fork copies the table of all pages that are no file's, and its end takes the copy apart again.
With torch and all that it imports these are a hundred thousand pages of 4 kB, and most of the time
that a small answer takes. In pages of 2 MB they are two hundred.
"""

import ctypes

HUGE = 2**21  # bytes, on all machines whose ordinary page has 4 kB
COLLAPSE = 25  # MADV_COLLAPSE, Linux 6.1 and later


def collapse() -> None:
    """Gather this process's own memory in huge pages.

    A kernel that knows no such advice, or has no room for it, leaves everything as it is.
    """
    madvise = ctypes.CDLL(None).madvise
    with open("/proc/self/maps") as file:
        lines = [line.split() for line in file]
    for words in lines:
        first, last = (int(number, 16) for number in words[0].split("-"))
        first, last = -(-first // HUGE) * HUGE, last // HUGE * HUGE
        private = words[1] == "rw-p" and words[5:] in ([], ["[heap]"])
        if private and first < last:
            madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), COLLAPSE)

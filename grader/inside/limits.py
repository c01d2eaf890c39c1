"""How much an answer may take, where the teacher's ``--timeout`` and ``--memory`` say nothing."""

MAX_FILE = 16 * 2**20  # bytes of one file
MAX_FILES = 4 * MAX_FILE  # bytes of all files in /tmp; as many again in /dev/shm
MAX_OPEN = 256  # open files; every tensor that a worker process hands over takes one
MAX_PROCESSES = 32
WALL = 5  # times the answer's time limit, on the wall, when others take the processor

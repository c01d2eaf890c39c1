"""What students' code can do in the sandbox: compute, and nothing else."""

import ctypes
import ctypes.util
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from test_toy import needs_bwrap

from grader import bubblewrap
from grader.comparison import compare
from grader.inside import seccomp
from grader.inside.limits import MAX_FILES, WALL
from grader.sandbox import GRACE, Sandbox

pytestmark = pytest.mark.slow(reason="starts sandboxes and waits for their limits")

PROJECT = Path(__file__).resolve().parents[2]
LOOP = "\nwhile True: pass"
ECHO = "def probe(found, seed):\n    return {'found': found, 'seed': seed}"
TRY = """
def attempt(what, *inputs):
    try:
        return repr(what(*inputs))
    except BaseException as error:
        return type(error).__name__
"""


def job(cell, before=(), probes=((ECHO, 7),)):
    """A request to run ``cell``; what it leaves in ``found`` is what comes back."""
    return {"context": ["import torch"], "before": before, "cell": cell, "probes": probes}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox("bwrap", timeout=4, memory=500, hidden=[PROJECT]) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def unnested():
    """As on a system that gives no namespaces within namespaces."""
    with Sandbox("bwrap", timeout=4, memory=500, nest=False) as sandbox:
        yield sandbox


@pytest.fixture(params=["sandbox", "unnested"])
def either(request):
    """Each kind of shutting in."""
    return request.getfixturevalue(request.param)


def found(sandbox, cell):
    """What ``cell`` put into ``found``, seen from outside."""
    run = sandbox.run(job(TRY + cell))
    assert run.records and run.records[-1]["kind"] == "values", run
    return run.records[-1]["values"]["found"]


def family(pid):
    """All processes that descend from ``pid``."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    members = {pid}
    while more := {child for child, parent in parents.items() if parent in members} - members:
        members |= more
    return members


@needs_bwrap
def test_an_answer_gives_its_values_and_what_it_printed(sandbox):
    run = sandbox.run(job("print('hello'); found = torch.arange(3)"))
    assert run.records[0]["values"]["found"].tolist() == [0, 1, 2]
    assert run.records[0]["values"]["seed"] == 7
    assert (run.ended, run.spoilt, run.printed) == ("exit", "", "hello\n")


@needs_bwrap
def test_it_sees_no_file_of_ours_and_no_environment(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("CANARY", "environment")
    secret = tmp_path / "master.md"
    secret.write_text("canary")
    # Not the project's folder itself: the environment with Python and torch may lie in it.
    ours = [PROJECT / name for name in ("README.md", "chapters", "homework", "utils", "tests")]
    places = [str(p) for p in (secret, tmp_path, *ours, Path.home() / ".ssh")]
    got = found(sandbox, f"import os\nfound = [os.path.exists(p) for p in {places}]")
    assert got == [False] * len(places)
    got = found(sandbox, "import os\nfound = sorted(os.environ)")
    assert got == ["HOME", "LANG", "OMP_NUM_THREADS", "PATH"]
    got = found(sandbox, "import os\nfound = [os.listdir('/proc'), os.getpid(), os.listdir('.')]")
    assert got[:2] == [[], 1]


@needs_bwrap
@pytest.mark.parametrize("given", ["masters", "masters/90-toy.md", "link/masters/90-toy.md"])
@pytest.mark.parametrize("root", ["shown", "link"])
def test_masters_in_a_folder_that_is_shown_are_hidden(tmp_path, monkeypatch, given, root):
    masters = tmp_path / "shown" / "masters"
    masters.mkdir(parents=True)
    (tmp_path / "shown" / "link").symlink_to(tmp_path / "shown")
    (tmp_path / "link").symlink_to(tmp_path / "shown")
    for name in ("90-toy.md", "90-toy.ipynb"):
        (masters / name).write_text("canary")
    (tmp_path / "shown" / "library.py").write_text("library")
    shown = [*bubblewrap.visible(), str(tmp_path / root)]
    monkeypatch.setattr(bubblewrap, "visible", lambda: shown)
    command = bubblewrap.bwrap_command([tmp_path / "shown" / given])
    look = ["/bin/sh", "-c", f"cat {tmp_path}/{root}/*.py {tmp_path}/{root}/masters/*"]
    done = subprocess.run([*command, *look], capture_output=True, text=True)
    assert done.stdout == "library"


@needs_bwrap
def test_neither_the_course_nor_torchvisions_models_can_be_imported(sandbox):
    got = found(
        sandbox,
        "import importlib\nfound = [attempt(importlib.import_module, name) for name in"
        " ('utils', 'utils.blocks', 'torchvision.models.resnet', 'fork_server2')]",
    )
    assert got == ["ModuleNotFoundError"] * 4
    assert "resnet18" not in found(sandbox, "import torchvision\nfound = dir(torchvision.models)")


@needs_bwrap
def test_it_can_write_to_its_own_folder_alone_and_the_next_one_finds_that_empty(sandbox):
    cell = (
        "def put(path):\n    open(path + '/x', 'w').write('x')\n"
        "found = [attempt(put, p) for p in"
        " ('/', '/dev', '/usr', '/etc', '/grader', torch.__path__[0])]"
    )
    assert found(sandbox, cell) == ["OSError"] * 6
    for place in ("/tmp/x", "/dev/shm/x"):
        cell = f"import os\nfound = os.path.exists({place!r})\nopen({place!r}, 'w').write('x')"
        assert found(sandbox, cell) is False
        assert found(sandbox, cell) is False


@needs_bwrap
def test_a_loader_with_worker_processes_works(either):
    cell = """
from torch.utils.data import DataLoader
data = torch.arange(8.0).reshape(4, 2)
found = [batch.tolist() for batch in DataLoader(data, batch_size=2, num_workers=2)]
"""
    assert found(either, cell) == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


@needs_bwrap
@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_whoever_fills_a_folder_with_files_is_stopped(either, place):
    cell = f"""
import os
count = 0
def fill_up():
    global count
    while count < 100:
        with open(f"{place}/{{count}}", "wb") as file:
            file.write(bytes(2**23))
        count += 1
found = [attempt(fill_up), count]
"""
    how, count = found(either, cell)
    assert how == "OSError" and 0 < count * 2**23 <= MAX_FILES


@needs_bwrap
def test_it_has_no_network_not_even_loopback(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = server.getsockname()
        cell = f"import socket\nfound = attempt(socket.create_connection, {address}, 1)"
        assert found(sandbox, cell) == "OSError"
        with pytest.raises(TimeoutError):
            server.accept()


@needs_bwrap
def test_it_holds_no_file_but_the_output_and_the_result_pipe(sandbox):
    cell = "import os\nfound = [fd for fd in range(4096) if attempt(os.fstat, fd) != 'OSError']"
    assert found(sandbox, cell) == [0, 1, 2, 3]


@needs_bwrap
def test_it_can_not_harm_the_process_it_was_forked_from(sandbox):
    sandbox.run(job("found = 1"))
    before = sandbox.process.pid
    cell = (
        "import os\n"
        "tried = {attempt(os.kill, pid, 9) for pid in range(2, 5000)} | {attempt(os.kill, -1, 9)}\n"
        "found = [sorted(tried), os.getppid()]"
    )
    assert found(sandbox, cell) == [["ProcessLookupError"], 0]
    assert found(sandbox, "found = 2") == 2
    assert sandbox.process.pid == before


@needs_bwrap
def test_it_has_no_rights_and_gets_none_from_another_namespace(sandbox):
    cell = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def tries():
    proc = libc.mount(b"proc", b"/proc", b"proc", 0, None)
    again = libc.mount(None, b"/", None, 32 | 4096, None)  # writable again
    off = [libc.umount2(path, 2) for path in (b"/proc", b"/tmp", b"/usr", b"/dev")]
    trace = [libc.ptrace(16, pid, 0, 0) for pid in range(2, 200)]
    return [proc, again, *off, max(trace)]
found = [tries()]
libc.unshare(0x10000000 | 0x20000)
found += [tries()]
"""
    assert found(sandbox, cell) == [[-1] * 7] * 2


def calls(machine):
    """The numbers, by name, of the system calls that are refused on ``machine``."""
    column = list(seccomp.ARCHITECTURES).index(machine)
    return {name: numbers[column] for name, numbers in seccomp.CALLS.items()}


@needs_bwrap
def test_keyrings_and_what_else_lies_in_no_namespace_are_refused(either):
    numbers = calls(os.uname().machine)
    assert {"add_key", "request_key", "keyctl", "ptrace", "memfd_create"} <= numbers.keys()
    cell = f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(number):
    return errno.errorcode[ctypes.get_errno()] if libc.syscall(number, 0, 0, 0, 0, 0) else "done"
found = [call(number) for number in {list(numbers.values())}]
"""
    assert found(either, cell) == ["EPERM"] * len(numbers)


@needs_bwrap
def test_no_process_begins_in_a_namespace_of_its_own(sandbox):
    cell = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def clone(call, flags):
    if (pid := libc.syscall(call, flags | 17, 0, 0, 0, 0)) == 0:
        import os; os._exit(0)
    return errno.errorcode[ctypes.get_errno()] if pid < 0 else "done"
"""
    kinds = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
    column = list(seccomp.ARCHITECTURES).index(os.uname().machine)
    cell += f"found = [clone({seccomp.CLONE[column]}, kind) for kind in {[0, *kinds]}]\n"
    cell += f"found += [clone({seccomp.CLONE3[column]}, 0)]"
    assert found(sandbox, cell) == ["done", *["EPERM"] * len(kinds), "ENOSYS"]


libseccomp = ctypes.util.find_library("seccomp")


@pytest.mark.skipif(libseccomp is None, reason="libseccomp is not installed")
@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_numbers_of_system_calls_are_those_that_libseccomp_knows(machine):
    resolve = ctypes.CDLL(libseccomp).seccomp_syscall_resolve_name_arch
    mark = seccomp.ARCHITECTURES[machine]
    column = list(seccomp.ARCHITECTURES).index(machine)
    ours = calls(machine) | {"clone": seccomp.CLONE[column], "clone3": seccomp.CLONE3[column]}
    theirs = {name: resolve(mark, name.encode()) for name in ours}
    known = {name: number for name, number in theirs.items() if number != -1}  # -1: it is older
    assert {name: ours[name] for name in known} == known and len(known) > len(ours) / 2


def test_a_machine_whose_system_calls_are_unknown_is_told_so(monkeypatch):
    machine = os.uname_result(["Linux", "host", "6", "1", "riscv64"])
    monkeypatch.setattr(bubblewrap.os, "uname", lambda: machine)
    assert "this machine is riscv64" in bubblewrap.machine_complaint()


@needs_bwrap
@pytest.mark.parametrize(
    "cell, ended",
    [
        ("while True: pass", "timeout"),
        (
            "import signal, os\n"
            "for n in range(1, 32):\n    attempt(signal.signal, n, signal.SIG_IGN)\n"
            "for _ in range(3): os.fork()\n"
            "os.setsid() if os.getpid() > 1 else None\n"
            "while True:\n    attempt(sum, range(1000))",
            "timeout",
        ),
        ("import os\nwhile True: os.fork()", "processes"),
        (
            "import os, time\n"
            "for _ in range(7):\n    if os.fork() == 0: break\n"
            "x = torch.ones(300 * 2**18)\ntime.sleep(60)",
            "memory",
        ),
        ("import ctypes\nctypes.string_at(0)", "signal 11"),
        ("import os\nif os.fork(): os._exit(0)\nwhile True: pass", "exit"),
    ],
)
def test_what_it_takes_is_limited_and_nothing_of_it_stays(sandbox, cell, ended):
    sandbox.run(job("found = 1"))
    quiet = len(family(sandbox.process.pid))
    began = time.monotonic()
    run = sandbox.run(job(TRY + cell))
    assert run.ended == ended and not run.records
    assert time.monotonic() - began < WALL * sandbox.timeout + GRACE
    assert len(family(sandbox.process.pid)) == quiet


SEVERAL = """
import mmap, os, sys, time
PROGRAM = "import time; x = b'x' * 2**27; time.sleep(60)"
def take():
    {take}
    time.sleep(60)
for _ in range(4):
    if os.fork() == 0: take()
while True: time.sleep(1)
"""


@needs_bwrap
@pytest.mark.parametrize(
    "take",
    [
        "piece = mmap.mmap(-1, 150 * 2**20); piece.write(bytes(len(piece)))",
        "piece = torch.ones(150 * 2**18)",
        # Such a process shares nothing with the fork server, so nothing is to be subtracted for it.
        "os.execv(sys.executable, ['python', '-c', PROGRAM])",
    ],
    ids=["shared", "own", "another program"],
)
def test_memory_that_several_processes_take_together_is_limited(sandbox, take):
    run = sandbox.run(job(SEVERAL.format(take=take)))
    assert run.ended == "memory" and not run.records


@needs_bwrap
def test_memory_that_several_processes_share_counts_once():
    cell = """
import mmap, os, time
own, shared = torch.ones(60 * 2**18), mmap.mmap(-1, 60 * 2**20)
shared.write(bytes(len(shared)))
children = []
for _ in range(6):
    if (pid := os.fork()) == 0:
        found = own.sum().item(), sum(shared[::4096])
        time.sleep(1)
        os._exit(0)
    children.append(pid)
found = [os.waitpid(pid, 0)[1] for pid in children]
"""
    with Sandbox("bwrap", timeout=10, memory=250) as sandbox:
        assert found(sandbox, cell) == [0] * 6


def deepest(pid):
    """The last of ``pid``'s descendants: the answer, once it is there."""
    deadline = time.monotonic() + 60
    while len(members := family(pid)) < 5:  # bwrap twice, fork server, launcher, answer
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return max(members)


@needs_bwrap
def test_a_neighbour_that_takes_the_processor_costs_an_answer_no_time(sandbox):
    assert found(sandbox, "found = 1") == 1
    work = "import time\nwhile time.process_time() < start + 0.7: pass"
    hogs, took = [], []

    def starve():
        """Let the answer have a twentieth of one processor, for longer than its time."""
        pid, processor = deepest(sandbox.process.pid), min(os.sched_getaffinity(0))
        os.sched_setaffinity(pid, {processor})
        for _ in range(20):
            command = ["sh", "-c", "while :; do :; done"]
            hogs.append(subprocess.Popen(command, start_new_session=True))
            os.sched_setaffinity(hogs[-1].pid, {processor})
        time.sleep(sandbox.timeout + 1)
        for hog in hogs:
            hog.kill()
            took.append(hog.wait())

    thread = threading.Thread(target=starve)
    thread.start()
    added = ("cell 1", "import time\nstart = time.process_time()\n" + work)
    run = sandbox.run(job("start += 0.7\n" + work + "\nfound = 1", [added]))
    thread.join()
    assert len(took) == 20 and run.seconds > sandbox.timeout
    assert [record["kind"] for record in run.records] == ["values"], run


@pytest.fixture
def usage(monkeypatch):
    """The module that counts what an answer takes, imported as it is inside."""
    monkeypatch.syspath_prepend(PROJECT / "grader" / "inside")
    return importlib.import_module("usage")


@pytest.fixture
def look(usage, monkeypatch):
    """Let a clock look when it is ``now`` and processes have computed, or want to, as given."""

    def look(clock, now, found):
        monkeypatch.setattr(usage.time, "monotonic", lambda: now)
        monkeypatch.setattr(usage, "processor", lambda pid: found[pid])
        clock.look(found)

    return look


@pytest.mark.parametrize(
    "every_second, seconds",
    [
        ({7: (1.0, True)}, 10),  # computes alone
        ({7: (0.3, True)}, 3),  # wants to compute, but others do
        ({7: (0.0, False)}, 10),  # sleeps
        ({7: (1.0, True), 8: (1.0, True), 9: (1.0, True)}, 30),  # three at once
        ({7: (0.0, False), 8: (0.3, True)}, 3),  # waits for one that wants to compute
    ],
)
def test_the_clock_of_an_answer(usage, look, every_second, seconds):
    clock = usage.Clock(limit=seconds - 0.01)
    start = clock.began
    for now in range(1, 11):
        assert not clock.over
        found = {pid: (now * busy, wants) for pid, (busy, wants) in every_second.items()}
        look(clock, start + now, found)
    assert clock.seconds == pytest.approx(seconds) and clock.over


def test_a_process_that_was_waited_for_counts_once(usage, look):
    clock = usage.Clock(limit=10)
    for computed in ({7: 1, 8: 3}, {7: 4}, {7: 5}):  # 8's seconds are 7's after its end
        look(clock, clock.began, {pid: (seconds, True) for pid, seconds in computed.items()})
    assert clock.seconds == 5


def test_an_answer_that_never_gets_a_processor_is_ended_at_last(usage, look):
    clock = usage.Clock(limit=10)
    look(clock, clock.began + WALL * 10, {7: (0.0, True)})
    assert not clock.over
    look(clock, clock.began + WALL * 10 + 1, {7: (0.0, True)})
    assert clock.over


@needs_bwrap
def test_memory_beyond_the_limit_is_an_error_like_any_other(sandbox):
    assert found(sandbox, "found = attempt(torch.zeros, 2**28)") == "RuntimeError"
    assert found(sandbox, "found = attempt(bytearray, 2**30)") == "MemoryError"


@needs_bwrap
def test_a_process_alone_meets_an_error_before_its_end(sandbox):
    """Also one that stays at the limit, and has written to all that it was forked with."""
    cell = """
import gc, time
kept = []
def hog():
    while True: kept.append(bytes(b"x") * 2**23)
gc.unfreeze()
gc.collect()  # writes to every object there is
found = attempt(hog)
time.sleep(0.5)
"""
    assert found(sandbox, cell) == "MemoryError"


@needs_bwrap
def test_a_flood_of_output_costs_nothing_and_its_beginning_is_kept(sandbox):
    # 100 MB: a gigabyte takes longer than the limit where others take the processor.
    cell = "import os\nfor _ in range(100): os.write(1, b'x' * 2**20)\nfound = 'done'"
    run = sandbox.run(job(cell))
    assert run.records[0]["values"]["found"] == "done" and run.printed == "x" * 4096


@needs_bwrap
def test_a_gigabyte_of_results_is_cut_off(sandbox):
    run = sandbox.run(job("import os\nfor _ in range(1024): os.write(3, b'x' * 2**20)"))
    assert run.spoilt and not run.records


@needs_bwrap
def test_nothing_of_an_earlier_answer_is_left_in_memory(sandbox):
    search = """
import ctypes, os, re
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
libc.write.restype = ctypes.c_ssize_t
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
out, into = os.pipe()  # the kernel reads for us: what is not mapped is an error, no crash
hits = set()
def search(start, stop):
    for at in range(start, stop, 2**16):
        if (got := libc.write(into, at, 2**16)) > 0:
            hits.update(re.findall(rb"SECRET-[0-9]{6}", os.read(out, got)))
end = libc.sbrk(0) & ~0xFFFF
search(end - 2**29, end)
middle = id(object()) & ~0xFFFF
search(middle - 2**29, middle + 2**29)
found = [hit.decode() for hit in sorted(hits)]
"""
    sandbox.run(job("found = 'SECRET-%06d' % 111111  # SECRET-222222"))
    assert found(sandbox, search + "# SECRET-333333") == ["SECRET-333333"]


@needs_bwrap
def test_a_failing_cell_before_the_answer_is_skipped_and_a_slow_one_interrupted(sandbox):
    before = [("cell 1", "%matplotlib inline\n!ls\nx = !ls\ny = 1"), ("cell 2", "1 / 0")]
    before += [("cell 3", "while True: pass"), ("cell 4", "%%time\nz = 2"), ("cell 5", "def (:")]
    run = sandbox.run(job("found = y + z", before))
    labels = [(r["label"], r["type"]) for r in run.records if r["kind"] == "skipped"]
    assert labels == [
        ("cell 2", "ZeroDivisionError"),
        ("cell 3", "TimeoutError"),
        ("cell 5", "SyntaxError"),
    ]
    assert run.records[-1]["values"]["found"] == 3


DRAW = """
def probe(found, seed):
    import random, warnings
    import numpy as np
    x, y = torch.randn(3, 3, requires_grad=True), torch.rand(3, 3)
    (x @ y).square().sum().backward()
    warnings.warn("no error")
    return {
        "numbers": [x, y, x.grad, np.random.rand(), random.random(), np.float64(1) / 0],
        "types": [str(x.dtype), str(x.device), str((x @ y).dtype), x.is_inference()],
        "denormal": torch.tensor(1e-40).mul(1).item(),
        "modes": [torch.are_deterministic_algorithms_enabled(), torch.get_num_threads(),
                  torch.get_float32_matmul_precision(), torch.is_anomaly_enabled()],
    }
"""


@pytest.fixture(scope="module")
def undisturbed(sandbox):
    """What `DRAW` gives when no cell has set anything."""
    return sandbox.run(job("found = 1", probes=((DRAW, 7),))).records[0]["values"]


@needs_bwrap
@pytest.mark.parametrize(
    "cell",
    [
        "torch.set_default_dtype(torch.float64)",
        "torch.set_default_device('meta')",
        "torch.set_grad_enabled(False)",
        "mode = torch.inference_mode(); mode.__enter__()",
        "mode = torch.autocast('cpu', dtype=torch.bfloat16); mode.__enter__()",
        "torch.set_deterministic_debug_mode('error')",  # faster than use_deterministic_algorithms
        "torch.set_num_threads(2)",
        "torch.set_float32_matmul_precision('medium')",
        "torch.autograd.set_detect_anomaly(True)",
        "torch.set_flush_denormal(True)",
        "import numpy; numpy.seterr(all='raise')",
        "import warnings; warnings.simplefilter('error')",
        "import random, numpy; torch.manual_seed(1), numpy.random.seed(1), random.seed(1)",
    ],
)
def test_what_a_cell_sets_for_the_whole_process_changes_no_probe(sandbox, undisturbed, cell):
    run = sandbox.run(job("found = 1", [("cell 1", cell)], probes=((DRAW, 7),)))
    assert [record["kind"] for record in run.records] == ["values"], run.records
    assert compare(run.records[0]["values"], undisturbed, 0) is None


@needs_bwrap
def test_what_a_cell_draws_without_a_seed_is_the_same_in_every_run(either):
    cell = "import random, numpy\nfound = [torch.rand(1), numpy.random.rand(), random.random()]"
    assert compare({"x": found(either, cell)}, {"x": found(either, cell)}, 0) is None


@needs_bwrap
def test_a_probe_that_hangs_does_not_cost_the_ones_before_it(sandbox):
    hang = "def probe(found, seed):\n    while True: pass"
    run = sandbox.run(job("found = 1", probes=((ECHO, 1), (hang, 1), (ECHO, 1))))
    assert run.ended == "timeout" and [r["probe"] for r in run.records] == [0]


@needs_bwrap
def test_a_dead_fork_server_is_replaced(sandbox):
    sandbox.run(job("found = 1"))
    first = sandbox.process.pid
    os.kill(first, signal.SIGKILL)
    sandbox.process.wait()
    assert found(sandbox, "found = 2") == 2
    assert sandbox.process.pid != first


@needs_bwrap
def test_a_grader_that_is_killed_leaves_no_process_behind():
    code = (
        "from grader.sandbox import Sandbox\n"
        f"Sandbox('bwrap', timeout=60, memory=500).run({job('import os; os.fork()' + LOOP)!r})"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    deadline = time.monotonic() + 60
    while len(members := family(grader.pid)) < 7:  # itself, bwrap twice, fork server, launcher, two
        assert time.monotonic() < deadline
        time.sleep(0.1)
    grader.kill()
    grader.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in members):
        assert time.monotonic() < deadline


@needs_bwrap
def test_without_nested_namespaces_every_answer_gets_a_bubblewrap_of_its_own():
    with Sandbox("bwrap", timeout=3, memory=500, nest=False) as sandbox:
        assert found(sandbox, "open('/tmp/x', 'w').write('x')\nfound = 1") == 1
        assert sandbox.process is None and sandbox.fresh
        assert found(sandbox, "import os\nfound = os.path.exists('/tmp/x')") is False


def test_without_bubblewrap_values_come_back_and_time_is_limited():
    with Sandbox("none", timeout=2, memory=500) as sandbox:
        assert found(sandbox, "found = 'x'") == "x"
        assert sandbox.run(job("while True: pass")).ended == "timeout"
        assert found(sandbox, "found = attempt(torch.zeros, 2**28)") == "RuntimeError"


def test_missing_bubblewrap_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert "apt install bubblewrap" in bubblewrap.bwrap_complaint()


def test_a_fork_server_that_can_not_start_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(bubblewrap.SandboxError, match="does not start"):
        Sandbox("none", timeout=2, memory=500).start()


@needs_bwrap
def test_a_fork_server_is_replaced_after_a_while(monkeypatch):
    monkeypatch.setattr("grader.sandbox.RESTART", 2)
    with Sandbox("bwrap", timeout=3, memory=500) as sandbox:
        assert [found(sandbox, "found = 1") for _ in range(2)] == [1, 1]
        assert sandbox.process is None
        assert found(sandbox, "found = 2") == 2


@needs_bwrap
def test_what_never_began_is_no_students_fault():
    with Sandbox("bwrap", timeout=3, memory=1e300) as sandbox:  # a limit that can't be set
        with pytest.raises(bubblewrap.SandboxError, match="starts no process"):
            sandbox.run(job("found = 1"))

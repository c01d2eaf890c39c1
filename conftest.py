"""What holds for every test, chapters included: one source of data, one budget, no other host."""

import ipaddress
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

collect_ignore = ["build", "_build"]


KEPT = "COURSE_REQUIRE_SANDBOX"  # is about the tests themselves: see tests/conftest.py


def taken() -> dict[str, str]:
    """Take the variables of the course out of the environment."""
    names = [name for name in os.environ if name.startswith("COURSE_") and name != KEPT]
    return {name: os.environ.pop(name) for name in names}


# Processes and notebook kernels that tests start inherit these. What a shell has set for the course
# would change what is tested: a budget turns seconds into hours, COURSE_RECORD writes to results/.
GIVEN = taken()
SET = {"COURSE_BUDGET": "smoke", "COURSE_SAMPLE": "1", "COURSE_PROGRESS": "off"}
os.environ |= SET
os.environ.pop("MPLBACKEND", None)
# Under `make test ARGS=...` these would be given to every make that a test starts.
for name in ("ARGS", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"):
    os.environ.pop(name, None)

# `make test` runs several workers (pytest-xdist). Threads that wait for each other while the cores
# are taken make one worker many times slower, so that each has a single thread.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ATTEMPTS: list[str] = []  # the hosts that the present test tried to reach


def is_here(host: object) -> bool:
    """Whether a name or an address is this machine's own."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in ("localhost", socket.gethostname())
    return address.is_loopback or address.is_unspecified


def guard(event: str, arguments: tuple) -> None:
    """Note a connection from this process to another host, and end the test; an audit hook."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_here(host):
        ATTEMPTS.append(str(host))
        fail_if_reaching_out()


class Closed(socketserver.StreamRequestHandler):
    """The proxy of all processes that tests start: notes whom they wanted, and lets none out."""

    def handle(self) -> None:
        """Refuse one request."""
        ATTEMPTS.append(self.rfile.readline().decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 403 Tests reach no other host\r\nContent-Length: 0\r\n\r\n")


def fail_if_reaching_out() -> None:
    """Fail the test if it, or a process it started, wanted another host."""
    if ATTEMPTS:
        pytest.fail(f"tests may reach no host but this one; this one tried {', '.join(ATTEMPTS)}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand a worker what the shell had set: its own environment is already the tests'."""
    node.workerinput["given"] = GIVEN


def pytest_configure(config: pytest.Config) -> None:
    """Close the ways out."""
    GIVEN.update(getattr(config, "workerinput", {}).get("given", {}))
    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Closed)
    proxy.daemon_threads = True
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{proxy.server_address[1]}"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ |= {name: address, name.upper(): address}
    os.environ |= dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1")
    sys.addaudithook(guard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """A test that reaches out fails, whatever its code made of being refused."""
    ATTEMPTS.clear()
    result = yield
    fail_if_reaching_out()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """What a command has set in this process for its kernels, the next test does not see."""
    result = yield
    taken()
    os.environ |= SET
    return result


@pytest.fixture
def attempts() -> list[str]:
    """The hosts that this test has tried to reach so far; a test of the guard itself clears it."""
    return ATTEMPTS


@pytest.fixture(scope="session")
def whole_set() -> Path:
    """A folder with the whole of Fashion-MNIST; the test is skipped where there is none."""
    from utils.data import sources

    with pytest.MonkeyPatch.context() as patch:
        for name, value in GIVEN.items():
            patch.setenv(name, value)
        places = (sources.cache_folder(), sources.DEBIAN)
    for folder in places:
        if all(sources.find(folder, name) for name, _, _ in sources.FILES.values()):
            return folder
    pytest.skip("the whole of Fashion-MNIST is not on this machine; `make data` downloads it")

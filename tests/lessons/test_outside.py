"""The guard of the tests themselves: whoever tries to reach another host fails."""

import http.client
import os
import socket
import subprocess
import sys
import urllib.request

import pytest

ABROAD = "192.0.2.1"  # an address that RFC 5737 keeps for examples: nobody has it


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((ABROAD, 80), timeout=1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((ABROAD, 80)),
        lambda: socket.getaddrinfo("example.invalid", 80),
        lambda: http.client.HTTPConnection(ABROAD, timeout=1).request("GET", "/"),
    ],
)
def test_a_connection_from_a_test_fails_it(reach, attempts):
    with pytest.raises(pytest.fail.Exception, match="may reach no host but this one"):
        reach()
    attempts.clear()


def test_a_connection_from_a_process_it_started_is_refused_and_noted(attempts):
    code = (
        "import urllib.request, urllib.error\n"
        "try: urllib.request.urlopen('http://example.invalid/')\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "403\n" and "http://example.invalid/" in attempts[0]
    attempts.clear()


def test_this_machine_may_be_reached(attempts):
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("127.0.0.1", "localhost"):
            socket.create_connection((name, server.getsockname()[1])).close()
    assert urllib.request.proxy_bypass("127.0.0.1") and not attempts


def test_what_the_shell_has_set_for_the_course_is_not_seen():
    course = {name: value for name, value in os.environ.items() if name.startswith("COURSE_")}
    course.pop("COURSE_REQUIRE_SANDBOX", None)  # says which tests may skip
    assert course == {"COURSE_BUDGET": "smoke", "COURSE_SAMPLE": "1", "COURSE_PROGRESS": "off"}

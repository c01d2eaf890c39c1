"""The benchmark of the site in a browser measures what it says, on the real site."""

import pytest

from benchmarks import in_browser

pytestmark = pytest.mark.slow(reason="builds the site of the real chapters")


def test_paint_frames_steps_and_counts_are_measured(real, browse):
    with browse(real):
        pass  # skips, in words, where there is no browser
    found = in_browser.measured(real, seconds=1.0, rounds=1)
    assert len(found) == 3 and all(value > 0 for one in found.values() for value in one.values())
    assert set(found["first paint, milliseconds"]) == set(in_browser.PAGES)


def test_without_the_site_it_says_how_to_build_one(tmp_path, capsys):
    assert in_browser.main(["--site", str(tmp_path)]) == 1
    assert "index.html: build the site, make book." in capsys.readouterr().err

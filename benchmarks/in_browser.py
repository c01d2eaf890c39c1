"""What the site takes in a browser: ``python -m benchmarks.in_browser [--site _build/html]``.

Opens the built site from the disk in Chromium, by Playwright, and prints the first paint of three
pages; steps and frames a second while the playground trains two networks of 64 layers; and how long
the live ResNet takes to count 200 images after a block is left out. ``make book`` builds the site.
"""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tools import paper

PAGES = ("index.html", "live.html", "chapters/02-degradation.html")
PLAYGROUND = "[data-figure=playground]"
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    # What the browser itself would like to fetch is not what the pages ask for.
    "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
PAINTED = """() => new Promise((resolve) => {
  const look = () => performance.getEntriesByName("first-contentful-paint")[0];
  const wait = () => look() ? resolve(look().startTime) : setTimeout(wait, 10);
  wait();
})"""
FRAMES = """(seconds) => new Promise((resolve) => {
  const times = [], begin = performance.now();
  const next = (now) => {
    times.push(now);
    if (now - begin < 1000 * seconds) requestAnimationFrame(next); else resolve(times);
  };
  requestAnimationFrame(next);
})"""
# From the change of a block until the status says what became of it.
COUNTED = """(select, value) => new Promise((resolve) => {
  const status = select.getRootNode().querySelector(".status");
  const watch = new MutationObserver(() => {
    if (!/places changed|as it was trained/.test(status.textContent)) return;
    watch.disconnect();
    resolve(performance.now() - begin);
  });
  watch.observe(status, { childList: true, characterData: true, subtree: true });
  const begin = performance.now();
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
})"""


@contextmanager
def browser() -> Any:
    """Chromium, driven by Playwright.

    Raises
    ------
    FileNotFoundError
        When one of the two is missing.
    """
    found = paper.browser()
    if found is None or importlib.util.find_spec("playwright") is None:
        raise FileNotFoundError(
            "This needs Chromium, and Playwright: pip install -r requirements-browser.txt."
        )
    driver = importlib.import_module("playwright.sync_api")
    with driver.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=found, args=OPTIONS)
        yield opened
        opened.close()


def steps(page: Any) -> int:
    """The number of the step that the playground shows."""
    return int(page.locator(f"{PLAYGROUND} .count").text_content().removeprefix("step "))


def trained(page: Any, seconds: float) -> dict[str, float]:
    """Steps a second of both networks together with the frames drawn meanwhile."""
    page.locator(f"{PLAYGROUND} button.main").click()
    page.wait_for_timeout(500)
    before = steps(page)
    times = page.evaluate(FRAMES, seconds)
    after, taken = steps(page), (times[-1] - times[0]) / 1000
    page.locator(f"{PLAYGROUND} button.main").click()
    gaps = sorted(b - a for a, b in zip(times, times[1:], strict=False))
    return {
        "steps a second": (after - before) / taken,
        "milliseconds a frame": median(gaps),
        "milliseconds, slowest frame but one in twenty": gaps[int(0.95 * (len(gaps) - 1))],
    }


def measured(site: Path, seconds: float = 4.0, rounds: int = 5) -> dict[str, dict[str, float]]:
    """All figures, by what they are of.

    Parameters
    ----------
    site : Path
        The built site's folder.
    seconds : float
        How long the playground trains.
    rounds : int
        First paints and counts, of which the median is taken.

    Raises
    ------
    FileNotFoundError
        When the site, Chromium or Playwright is missing.
    """
    for page in PAGES:
        if not (site / page).exists():
            raise FileNotFoundError(f"There is no {site / page}: build the site, make book.")

    def some(measure: Callable[[], float]) -> float:
        return median(measure() for _ in range(rounds))

    found: dict[str, dict[str, float]] = {"first paint, milliseconds": {}}
    with browser() as opened:
        for name in PAGES:

            def painted(name: str = name) -> float:
                page = opened.new_page()
                page.goto((site / name).resolve().as_uri())
                told = float(page.evaluate(PAINTED))
                page.close()
                return told

            found["first paint, milliseconds"][name] = some(painted)
        page = opened.new_page(viewport={"width": 1100, "height": 900})
        page.goto((site / "live.html").resolve().as_uri())
        page.get_by_text("as it was trained").first.wait_for(state="attached", timeout=60_000)
        block = page.get_by_label("block 3", exact=True)
        here = block.input_value()
        counted = [block.evaluate(COUNTED, turn) for turn in ["out", here] * rounds]
        found["live ResNet, milliseconds"] = {"200 images after an operation": median(counted)}
        page.locator(PLAYGROUND).scroll_into_view_if_needed()  # it is fetched when one comes near
        page.get_by_text("two spirals").first.wait_for(state="attached", timeout=60_000)
        found["playground, two networks of 64 layers"] = trained(page, seconds)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.in_browser")
    parser.add_argument("--site", type=Path, default=Path("_build/html"))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    try:
        found = measured(given.site, given.seconds, given.rounds)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    for what, values in found.items():
        for name, value in values.items():
            print(f"{what}: {name} {value:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

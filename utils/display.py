"""What this process may draw: whether it runs in a notebook, and whether bars are wanted."""

import os

from utils import variables


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def wants_progress() -> bool:
    """Whether to show progress bars: not in continuous integration, not in smoke runs."""
    return not variables.is_on("CI", other=True) and os.environ.get("COURSE_BUDGET") != "smoke"


class SilentBoard:
    """Stands where d2l's models expect their board; `Trainer` draws its own curve."""

    def draw(self, x: float, y: float, label: str, every_n: int = 1) -> None:
        """d2l's signature; nothing is drawn."""

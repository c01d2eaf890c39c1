"""``python -m utils.data download|check``: the whole set of Fashion-MNIST on this machine."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from utils.data import sources
from utils.data.sources import DataError


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m utils.data download|check [--folder F]``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.data", description=main.__doc__)
    parser.add_argument("command", choices=("download", "check"))
    parser.add_argument(
        "--folder", type=lambda text: Path(text).expanduser(), default=sources.cache_folder(),
        help="where the four files are or shall be (default: COURSE_DATA, which is %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        if options.command == "download":
            sources.download(options.folder)
        arrays = sources.load_folder(options.folder)
    except DataError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n  ", file=sys.stderr)
        if options.command == "download":
            print(
                "Run the command again when that is mended: what is complete is kept. Without the "
                "whole set the course runs on its bundled sample.", file=sys.stderr,
            )  # fmt: skip
        return 1
    train, test = len(arrays["train"][0]), len(arrays["test"][0])
    print(f"{options.folder}: whole, {train:,} training and {test:,} test images.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Open the course in JupyterLab, from its own folder: ``python tools/lab.py [FILE] [OPTION...]``.

Everything in the folder can be reached; chapter 0 is opened when no other file is named. What a
notebook says about this machine's Python is left out when a chapter or a homework is saved, so that
saving one that nobody changed leaves the file as it was.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from utils import notebook_json  # noqa: E402

FIRST = "chapters/00-start-here.ipynb"
FOLDERS = ("chapters", "homework")


def as_stored(model: dict, path: str, **_) -> None:
    """Before a notebook is saved: give it the metadata that the course's notebooks have.

    JupyterLab writes the name that a machine gives to its kernel, and its Python's version. A
    kernel other than the usual one was chosen by the reader, and stays.
    """
    if model["type"] == "notebook" and path.strip("/").split("/")[0] in FOLDERS:
        metadata = model["content"]["metadata"]
        usual = notebook_json.METADATA["kernelspec"]["name"]
        if metadata.get("kernelspec", {}).get("name") == usual:
            metadata.update(notebook_json.METADATA)


def main(arguments: list[str]) -> None:
    """Start the server and open a browser; returns when the server is stopped."""
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([
        f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--ContentsManager.pre_save_hook=tools.lab.as_stored", *arguments,
    ])  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])

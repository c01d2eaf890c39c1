"""Notebooks as JSON whose bytes follow from what they say."""

import copy
import json

import nbformat

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# A folded source, as JupyterLab and Colab write it; VS Code keeps folds outside of the file.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def dumps(notebook: nbformat.NotebookNode) -> str:
    """A notebook's JSON, the same bytes for the same content."""
    nbformat.validate(notebook)
    strings = nbformat.v4.rwbase.split_lines(copy.deepcopy(notebook))
    return json.dumps(strings, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

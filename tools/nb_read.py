"""Read a notebook that any program may have written: JupyterLab, VS Code, Colab, an editor."""

import warnings
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.contents import read_text

# What the format allows in an output; Colab and others have put more there.
FIELDS = {
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
    "error": {"ename": "", "evalue": "", "traceback": []},
}


def read(path: Path) -> NotebookNode:
    """Return the notebook in `path`; outputs that break the format are mended or left out.

    Raises
    ------
    ValueError
        When it is no notebook; the sentence names the file.
    """
    text = read_text(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # what is missing is put in below
            notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        for cell in notebook.cells:
            cell.source = cell.source.replace("\r\n", "\n").replace("\r", "\n")
            if not isinstance(cell.metadata.get("tags", []), list):
                raise TypeError("a cell's tags are no list")
            if cell.cell_type == "code":
                count = cell.get("execution_count")
                cell.execution_count = count if isinstance(count, int) else None
                mended = map(mend, cell.get("outputs") or [])
                cell.outputs = [output for output in mended if output is not None]
        return notebook
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise ValueError(
            f"{path}: not a notebook ({said}); mend it, or delete it to have it made anew."
        ) from error


def mend(output: NotebookNode) -> NotebookNode | None:
    """Return `output` with the fields that the format knows, None when that gives no output."""
    fields = FIELDS.get(output.get("output_type"))
    if fields is None:
        return None
    known = {key: output.get(key, default) for key, default in fields.items()}
    mended = nbformat.from_dict({"output_type": output.output_type, **known})
    return mended if nbformat.validator.isvalid(mended, ref="output", version=4) else None

"""What students read of an answer that fails: the same words in `check` and in `grade`."""

import re

NOT_ANSWERED = "not answered"
STARTER = "yours to write"  # what a starter raises NotImplementedError with
LINE = re.compile(r" \(line \d+ of the cell\)\Z")
NO_FORWARD = re.compile(r'Module \[(?P<name>\w+)\] is missing the required "forward" function')


def no_cell(question: str) -> str:
    """Why an answer that is nowhere in a submission gets no points."""
    return f"no cell starts with `# @answer {question}`"


def named_cause(error: str, text: str) -> str:
    """The sentence for an error whose own words mislead; ``""`` for all others.

    PyTorch raises NotImplementedError where a class has no `forward`, as starters do.
    """
    found = NO_FORWARD.match(text) if error == "NotImplementedError" else None
    if found:
        return (
            f"class {found['name']} defines no `forward`: it is missing, misspelt or indented "
            "too far"
        )
    if error == "NotImplementedError" and LINE.sub("", text) == STARTER:
        return "the starter's `raise NotImplementedError` is still there" + text[len(STARTER) :]
    return ""


def error_in_words(error: str, text: str) -> str:
    """An error by its type and message."""
    return f"{error}: {text}".removesuffix(": ")


def skipped_in_words(label: str, error: str, text: str) -> str:
    """What is said of a student's own cell that failed."""
    return f"{label} failed and was skipped ({error_in_words(error, text)})"

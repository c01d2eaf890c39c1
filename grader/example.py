"""An example class: what students hand in, made from the chapters, so that it is never stale."""

from pathlib import Path

import nbformat

from grader import build
from grader.masters import Exercise, cell_kind
from grader.questions import Question
from utils.files import write
from utils.notebook_json import dumps


def submission(exercise: Exercise, cells: dict[str, str]) -> nbformat.NotebookNode:
    """A student copy with the answers of ``cells`` (by name) in place of the starters."""
    notebook = build.student_copy(exercise)
    for cell in notebook.cells:
        kind, name = cell_kind(cell.source)
        if kind == "answer" and name in cells:
            cell.source = cells[name]
    return notebook


def students(exercise: Exercise) -> dict[str, dict[str, str]]:
    """Folder name to answers: one solved, one empty, one half done, one for each wrong answer."""
    solved = {question.name: question.solution for question in exercise.questions}
    first = exercise.questions[0]
    found = {"all-right": solved, "not-started": {}, "half-way": {first.name: first.solution}}
    for question in exercise.questions:
        for wrong_answer in question.wrong_answers:
            found[folder_of(question, wrong_answer.name)] = {
                **solved,
                question.name: wrong_answer.code,
            }
    return found


def folder_of(question: Question, wrong_answer: str) -> str:
    """The folder of the student with one wrong answer."""
    return f"wrong-{question.name}-{wrong_answer}"


def write_class(exercises: list[Exercise], folder: Path) -> int:
    """Write the class below ``folder``, a folder a student; return how many notebooks.

    Students of several exercises hand in one notebook for each.
    """
    count = 0
    for exercise in exercises:
        for student, cells in students(exercise).items():
            path = folder / student / f"{exercise.chapter}.ipynb"
            write(path, dumps(submission(exercise, cells)))
            count += 1
    return count

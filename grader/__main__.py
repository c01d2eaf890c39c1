"""``python -m grader build | check | example | fair | grade | mutate | score``."""

import argparse
import io
import math
import os
import secrets
import sys
from pathlib import Path

from grader import build, check, example, masters

ROOT = Path(__file__).parent.parent


def count(text: str) -> int:
    """A whole number above 0, from the command line."""
    number = int(text) if text.strip().lstrip("+-").isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is needed, got {text!r}")
    return number


def seconds(text: str) -> float:
    """A time above 0, and not without end, from the command line."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"a number of seconds above 0 is needed, got {text!r}")
    return number


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    top = argparse.ArgumentParser(prog="python -m grader", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="write the student copies")
    one.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    one.add_argument("-o", "--output", type=Path, default=ROOT / "homework")
    one.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    two = commands.add_parser("check", help="run the visible checks of your own notebook")
    two.add_argument("notebook", type=Path)
    two.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    two.add_argument(
        "--timeout", type=seconds, default=check.TIMEOUT, help="seconds an answer may take"
    )
    four = commands.add_parser("example", help="write an example class, to try the grader on")
    four.add_argument("folder", type=Path)
    four.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    five = commands.add_parser("score", help="let the grader judge every known wrong answer")
    five.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    five.add_argument("--page", type=Path, help="a page with a place for the score")
    five.add_argument("--sandbox", choices=["bwrap", "none"], default="bwrap")
    six = commands.add_parser("fair", help="let the grader judge every right answer")
    six.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    six.add_argument("--seeds", type=count, default=10, help="grading seeds, drawn anew")
    six.add_argument("--sandbox", choices=["bwrap", "none"], default="bwrap")
    seven = commands.add_parser("mutate", help="let the grader judge changed solutions")
    seven.add_argument(
        "answers", nargs="*", help="answers, or chapters such as 08; all without any"
    )
    seven.add_argument("--masters", type=Path, default=ROOT / "chapters", help="the chapters")
    seven.add_argument("--seeds", type=count, default=10, help="teachers' secrets to grade with")
    seven.add_argument("--set", choices=["first", "second"], help="one of the two sets alone")
    seven.add_argument("--results", type=Path, default=ROOT / "results" / "mutation")
    seven.add_argument("--page", type=Path, default=ROOT / "homework" / "README.md")
    seven.add_argument("--fresh", action="store_true", help="measure again what is current")
    three = commands.add_parser("grade", help="grade a folder of submissions")
    three.add_argument(
        "masters",
        type=Path,
        help="a chapter, or the folder of chapters; the probes are found from there",
    )
    three.add_argument("submissions", type=Path)
    three.add_argument("-o", "--output", type=Path, required=True)
    three.add_argument("--jobs", type=count, default=os.cpu_count() or 1)
    three.add_argument("--timeout", type=seconds, default=20, help="seconds an answer may take")
    three.add_argument("--memory", type=count, default=2048, help="MB an answer may take")
    three.add_argument("--seed", help="your secret, from which the probes' numbers are drawn")
    three.add_argument("--sandbox", choices=["bwrap", "none"], default="bwrap")
    three.add_argument(
        "--accept-changes",
        action="store_true",
        help="let grades change that were written by another grader, or with other settings",
    )
    return top


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that it can't show must not end the work
            stream.reconfigure(errors="backslashreplace")
    given = parser().parse_args(arguments)
    try:
        exercises = masters.read_all(given.masters)
        if given.command in ("fair", "grade", "mutate", "score"):
            masters.refuse_without_probes(exercises)
        if given.command == "build":
            return built(build.build(exercises, given.output, given.check), given.check)
        if given.command == "check":
            found = check.check_notebook(given.notebook, exercises, given.timeout)
            print(check.report(found))
            return 1 if any(f.fault for f in found) else 0
        if given.command == "example":
            count = example.write_class(exercises, given.folder)
            print(f"{count} notebooks written to {given.folder}")
            return 0
        if given.command == "mutate":
            from grader.mutation.command import mutate

            return mutate(exercises, given)
        judged = {"fair": fair, "score": scored, "grade": graded}[given.command]
        return judged(exercises, given)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def built(different: list[Path], checked: bool) -> int:
    """Say what `build.build` did, or would do."""
    for path in different:
        if checked:
            print(f"{path.name} is not what `make homework` would write.", file=sys.stderr)
        else:
            print(f"{path} written")
    if not different:
        print("All student copies are fresh.")
    return 1 if checked and different else 0


def scored(exercises: list[masters.Exercise], given: argparse.Namespace) -> int:
    """Judge all wrong answers; say what was caught, and write it into a page."""
    from grader.runner import Grader, modules
    from grader.sandbox import Sandbox
    from grader.score import misdiagnosed, sentence, write_score

    questions = [question for exercise in exercises for question in exercise.questions]
    with Sandbox(given.sandbox, timeout=20, memory=2000, warm=modules(questions)) as sandbox:
        grader = Grader(sandbox, secrets.token_hex(8))
        references = [grader.reference(question, questions) for question in questions]
    print(sentence(references))
    failed = {r.question.name: misdiagnosed(r) for r in references if misdiagnosed(r)}
    for question, wrong in failed.items():
        print(f"{question}: {wrong}", file=sys.stderr)
    if given.page and not failed:
        write_score(given.page, sentence(references))
    return 1 if failed else 0


def fair(exercises: list[masters.Exercise], given: argparse.Namespace) -> int:
    """Judge all right answers with several seeds; say which were rejected and why."""
    from grader import right_answers
    from grader.runner import modules
    from grader.sandbox import Sandbox

    folder = right_answers.find(given.masters)
    if folder is None:
        raise ValueError(f"There is no folder `right` with right answers to {given.masters}.")
    questions = [question for exercise in exercises for question in exercise.questions]
    answers = right_answers.read(folder, questions)
    seeds = [secrets.token_hex(8) for _ in range(given.seeds)]
    refused = list(right_answers.refused(exercises, answers))
    with Sandbox(given.sandbox, timeout=20, memory=2000, warm=modules(questions)) as sandbox:
        tried = list(right_answers.graded(sandbox, answers, seeds))
    rejected = [one for one in tried if one.reasons]
    unfair: list[right_answers.Judged] = [*refused, *rejected]
    for one in unfair:
        what = f"{one.answer.question.name} ({one.answer.difference}), {one.by}"
        print(f"{what}: {'; '.join(one.reasons)}", file=sys.stderr)
    runs = len(answers) * len(seeds)
    print(
        f"{len(answers) - len(refused)} of {len(answers)} right answers to {len(questions)} "
        f"questions pass all checks; {runs - len(rejected)} of {runs} times one gets all points "
        f"({len(seeds)} seeds)."
    )
    near = max(tried, key=lambda one: one.share)
    print(
        f"The nearest to the limit: {near.answer.question.name} ({near.answer.difference}), "
        f"{near.by}, {near.place}: {near.share:.2g} of what is tolerated."
    )
    return 1 if refused or rejected else 0


def graded(exercises: list[masters.Exercise], given: argparse.Namespace) -> int:
    """Grade a class."""
    from grader.exercise_files import find
    from grader.grade import grade_class

    seed = given.seed
    if seed is None:
        seed = secrets.token_hex(8)
        print(f"No --seed: drew {seed}. Give it to repeat or resume this run.")
    sources = [file for path in masters.files(given.masters) for file in (path, *find(path))]
    return grade_class(
        [question for exercise in exercises for question in exercise.questions],
        given.submissions, given.output, jobs=given.jobs, timeout=given.timeout,
        memory=given.memory, seed=seed, sandbox=given.sandbox, hidden=[given.masters, *sources],
        accept_changes=given.accept_changes,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

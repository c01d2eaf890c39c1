"""What a chapter asks: a question, its solution, its probes and the wrong answers it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Probe:
    """One way to try an answer: run inside the sandbox, compared outside.

    Attributes
    ----------
    name : str
        For example ``"bottleneck-zero-branch"``.
    code : str
        Source that defines ``def probe(NAMES..., seed)``. Parameters other than ``seed`` are
        looked up among the student's names; it returns a dict of plain values: tensors, arrays,
        numbers, booleans, strings, or lists of these. It may use `set_weights`, ``torch`` and
        whatever the context defines.
    message : str
        The sentence shown when it fails and no known wrong answer explains why.
    points : float
        What it is worth.
    tolerance : float
        Relative and absolute, as in ``torch.allclose``.
    test : str or None
        The name of the student's test that it asks for, if it asks for one: then it has a parameter
        ``candidate`` as well, is run once for each candidate drawn, and returns ``{"passes": …}``.
    """

    name: str
    code: str
    message: str
    points: float = 1.0
    tolerance: float = 1e-4
    test: str | None = None


@dataclass(frozen=True)
class Candidate:
    """What a student's test is tried on.

    Attributes
    ----------
    code : str
        Source of one function or class.
    bug : str or None
        What is wrong with it; None when it is right.
    """

    code: str
    bug: str | None


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer that the course knows, and what to say to it.

    Attributes
    ----------
    name : str
        The misconception's stable name, ``"relu-before-add"``.
    code : str
        The whole cell with the mistake in it.
    message : str
        ``"the ReLU comes before the addition here"``.
    """

    name: str
    code: str
    message: str


@dataclass(frozen=True)
class Question:
    """What students answer in one cell: as handed out, solved, and how an answer is tried.

    Attributes
    ----------
    name : str
        As in the line ``# @answer NAME`` that starts the student's cell.
    chapter : str
        The notebook's stem, ``"08-bottleneck"``.
    context : tuple of str
        The chapter's cells (imports) that run before the student's.
    solution, starter : str
        Source of the whole cell, solved and as handed out (raises ``NotImplementedError``).
    probes : tuple of Probe
    wrong_answers : tuple of WrongAnswer
    handed_out : frozenset of str
        Stripped sources of all cells that the student's copy is made of, prose included.
    candidates : tuple of Candidate
        What the student's test is tried on, where there is one to be written.
    behaviours : tuple of Probe
        What draws inputs from the whole range that the exercise allows, to tell mutants apart.
    equivalent : dict of str to str
        Mutants that are right answers as well, and why.
    """

    name: str
    chapter: str
    context: tuple[str, ...]
    solution: str
    starter: str
    probes: tuple[Probe, ...]
    wrong_answers: tuple[WrongAnswer, ...]
    handed_out: frozenset[str]
    candidates: tuple[Candidate, ...] = ()
    behaviours: tuple[Probe, ...] = ()
    equivalent: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def gradients(self) -> bool:
        """Whether the answer is one that gradients flow through, as its behaviours say."""
        asked = (".backward(", "behaviour_of")  # of which the second calls the first
        return not self.behaviours or any(
            word in one.code for one in self.behaviours for word in asked
        )

    @property
    def points(self) -> float:
        """What a right answer is worth."""
        return sum(probe.points for probe in self.probes)

"""What a master says about an answer: how it is tried, and which wrong answers are known."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Probe:
    """One question to an answer, asked inside the sandbox and judged outside.

    Attributes
    ----------
    name : str
        For example ``"bottleneck-zero-branch"``.
    code : str
        Source that defines ``def probe(NAMES..., seed)``. Parameters other than ``seed`` are
        looked up among the student's names; it returns a dict of plain values: tensors, arrays,
        numbers, booleans, strings, or lists of these. It may use `fill`, ``torch`` and whatever
        the answer's context defines.
    message : str
        The sentence shown when it fails and no mutant explains why.
    points : float
        What it is worth.
    tolerance : float
        Relative and absolute, as in ``torch.allclose``.
    """

    name: str
    code: str
    message: str
    points: float = 1.0
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Mutant:
    """A wrong answer we know.

    Attributes
    ----------
    name : str
        The misconception's stable name, ``"relu-before-add"``.
    code : str
        Replaces the answer's cell.
    message : str
        ``"the ReLU comes before the addition here"``.
    """

    name: str
    code: str
    message: str


@dataclass(frozen=True)
class Answer:
    """An answer of a chapter: what is handed out, its solution, and how it is tried.

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
    mutants : tuple of Mutant
    handed_out : frozenset of str
        Stripped sources of all cells that the student's copy is made of, prose included.
    """

    name: str
    chapter: str
    context: tuple[str, ...]
    solution: str
    starter: str
    probes: tuple[Probe, ...]
    mutants: tuple[Mutant, ...]
    handed_out: frozenset[str]

    @property
    def points(self) -> float:
        """What the whole answer is worth."""
        return sum(probe.points for probe in self.probes)

"""What an exercise asks for, and how its answers are told right from wrong."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Probe:
    name: str
    code: str
    message: str
    points: float = 1.0
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Mutant:
    name: str
    code: str
    message: str


@dataclass(frozen=True)
class Answer:
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
        return sum(probe.points for probe in self.probes)

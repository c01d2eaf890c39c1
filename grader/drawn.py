"""Inputs drawn from the whole range that an exercise allows, asked beside a probe's own.

A probe asks what its author thought of. The `@behaviour` of an answer draws one input from the
whole range that the exercise's text allows, so that the mutation engine can tell whether two
answers differ at all. The grader asks it a few times as well, from the grading's seed: what is
wrong for a part of the range is then found without anybody having thought of that part.
"""

import ast
from collections.abc import Sequence
from dataclasses import replace

from grader.questions import Probe

DRAWS = 5  # for each grading


def as_one_probe(behaviour: Probe, count: int) -> str:
    """A behaviour as a probe that asks it ``count`` times: to compile it takes most of the time."""
    names = parameters(behaviour)
    given = ", ".join("seed + n" if name == "seed" else name for name in names)
    return (
        f"{behaviour.code}\nasked_once = probe\n\n"
        f"def probe({', '.join(names)}):\n"
        f"    found = {{}}\n"
        f"    for n in range({count}):\n"
        f"        torch.manual_seed(seed + n)\n"
        f"        values = asked_once({given})\n"
        f"        found |= {{f'{{n}} {{name}}': value for name, value in values.items()}}\n"
        f"    return found\n"
    )


def parameters(probe: Probe) -> list[str]:
    """The names that a probe asks for, ``seed`` among them, in order."""
    body = ast.parse(probe.code).body
    functions = {n.name: n for n in body if isinstance(n, ast.FunctionDef)}
    # Its code ends with `probe = NAME`, or defines `probe` itself.
    last = body[-1]
    named = (
        last.value.id if isinstance(last, ast.Assign) and isinstance(last.value, ast.Name) else ""
    )
    return [argument.arg for argument in functions[named or "probe"].args.args]


def with_draws(probes: Sequence[Probe], behaviours: Sequence[Probe]) -> tuple[Probe, ...]:
    """The probes, of which the one with most points also asks each behaviour `DRAWS` times.

    It keeps its name, its sentence and its points. A probe that asks for a student's test is left
    alone: such an answer is tried on candidates.
    """
    able = [probe for probe in probes if probe.test is None]
    if not able or not behaviours:
        return tuple(probes)
    chosen = max(able, key=lambda probe: probe.points)
    more = replace(chosen, code=joined(chosen, behaviours))
    return tuple(more if probe is chosen else probe for probe in probes)


def joined(probe: Probe, behaviours: Sequence[Probe]) -> str:
    """The code of a probe that asks ``probe``, then the behaviours.

    Each behaviour lives in a namespace of its own: both may define helpers of the same name.
    """
    names = parameters(probe)
    for behaviour in behaviours:
        names += [name for name in parameters(behaviour) if name not in names]
    lines = [probe.code, "asked_alone, drawn = probe, []"]
    for behaviour in behaviours:
        lines += [
            "drawn.append(dict(globals()))",
            f"exec({as_one_probe(behaviour, DRAWS)!r}, drawn[-1])",
        ]
    lines += [
        "",
        f"def probe({', '.join(names)}):",
        f"    found = dict(asked_alone({', '.join(parameters(probe))}))",
    ]
    for number, behaviour in enumerate(behaviours):
        lines += [
            f"    values = drawn[{number}]['probe']({', '.join(parameters(behaviour))})",
            "    found |= {f'drawn " + str(number) + " {name}': v for name, v in values.items()}",
        ]
    return "\n".join([*lines, "    return found", ""])

"""Wrong answers that nobody thought of: mutants of the solutions, and how many are rejected.

A mutant counts only if its cell runs, gives values to the probes, and passes every visible check;
to reject one that fails those proves nothing. `operators` makes the first set, on which probes
are improved until every survivor is rejected or known to be equivalent; `more_operators` and pairs
of changes make the second set, which is only measured.

mutmut, cosmic-ray and mutatest change files and run a test suite on each, in seconds a mutant;
here a mutant is a cell in the sandbox, judged by probes like a student's, in a few hundredths.
"""

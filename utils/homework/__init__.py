"""Exercises that answer back: student copies, visible checks, and a grader with a sandbox."""

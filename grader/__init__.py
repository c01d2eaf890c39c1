"""Homework: student copies derived from the chapters, visible checks, grading in a sandbox."""

"""Commands behind the Makefile's targets; each file here also runs on its own."""

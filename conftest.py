"""What holds for every test: the smoke budget, and kernels that draw as Jupyter's do."""

import os

# nbval's kernels inherit these. A budget set in the shell would turn the tests into hours.
os.environ["COURSE_BUDGET"] = "smoke"
os.environ.pop("MPLBACKEND", None)

collect_ignore = ["build", "_build"]

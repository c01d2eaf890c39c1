"""What runs inside the sandbox, beside the student's code.

Its modules import each other by their bare names (`from encoding import encode`), because inside
the sandbox their folder is all there is of this project. Nothing here judges anything: this code
shares a process with the student's, so whatever it says is read with suspicion outside.
"""

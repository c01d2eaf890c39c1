"""Pictures."""


def moved(body, outdir, to_root):
    return body

"""The landing page."""


def filled(body, root):
    return body

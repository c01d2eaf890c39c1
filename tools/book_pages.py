"""A Sphinx extension for the site: corrects what two other extensions do."""

from sphinxcontrib import katex

PATIENCE = 60.0  # seconds


def without_thebe(app):
    """Disconnect ``sphinx_thebe``, which Jupyter Book always loads, from all pages.

    Thebe runs cells on a remote server and comes from another host. With its button off, what is
    left of it declares the same constant twice on every page, an error in each reader's console.
    """
    app.setup_extension("sphinx_thebe")
    for event, listeners in app.events.listeners.items():
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe" and event != "builder-inited":
                app.disconnect(listener.id)


def patient_katex():
    """Let the formulas' Node.js process take its time to start.

    Over a Unix socket the extension connects as soon as the file is there, which may be before
    anybody listens: on a busy machine the build fails, and Node.js stays behind. Over a port it
    tries again until it is answered.
    """
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE


def setup(app):
    """Apply both, once all other extensions are known."""
    without_thebe(app)
    patient_katex()
    return {"parallel_read_safe": True, "parallel_write_safe": False}

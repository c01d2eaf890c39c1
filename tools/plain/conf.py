"""The site with Sphinx alone, should Jupyter Book 1 one day not be had any more.

``make book ARGS=--plain`` builds it, from the same ``_config.yml`` and ``_toc.yml``. What Jupyter
Book does beside reading those is here: the parsers, and which Markdown is understood.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
SPHINX = CONFIG["sphinx"]
sys.path[:0] = [str(ROOT / folder) for folder in SPHINX["local_extensions"].values()]

project = CONFIG["title"]
author, copyright = CONFIG["author"], CONFIG["copyright"]
extensions = ["myst_nb", "sphinx_external_toc", *SPHINX["extra_extensions"]]
extensions += list(SPHINX["local_extensions"])
external_toc_path = "_toc.yml"
external_toc_exclude_missing = CONFIG["only_build_toc_files"]
exclude_patterns = CONFIG["exclude_patterns"]
html_title = CONFIG["title"]

nb_execution_mode = CONFIG["execute"]["execute_notebooks"]
myst_enable_extensions = ["colon_fence", "dollarmath", "linkify", "substitution", "tasklist"]
myst_heading_anchors = CONFIG["parse"]["myst_heading_anchors"]
myst_url_schemes = CONFIG["parse"]["myst_url_schemes"]
suppress_warnings = ["myst.domains"]

globals().update(SPHINX["config"])
html_static_path = [str(ROOT / folder) for folder in SPHINX["config"]["html_static_path"]]

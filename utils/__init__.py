"""The shared module of the course on residual networks.

Chapters import from the submodules, each of which has one job: ``utils.blocks``,
``utils.resnet``, ``utils.data``, ``utils.training``, ``utils.inspection``, ``utils.figures``,
``utils.runtime``.
"""

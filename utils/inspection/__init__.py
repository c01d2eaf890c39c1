"""What a network does: shapes, costs, gradients, predictions, and whether to believe them."""

from utils.inspection.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from utils.inspection.gradients import gradient_norms, input_gradient
from utils.inspection.modes import evaluating, unchanged
from utils.inspection.outline import diagram_rows
from utils.inspection.predictions import confusion_matrix, most_confused, predict
from utils.inspection.receptive import effective_field, receptive_field
from utils.inspection.saliency import (
    edges,
    grad_cam,
    gradient_times_input,
    randomised,
    rank_correlation,
    saliency,
)
from utils.inspection.summary import Summary, count_parameters, summary

__all__ = [
    "Summary",
    "confusion_matrix",
    "count_parameters",
    "diagram_rows",
    "edges",
    "effective_field",
    "evaluating",
    "expected_calibration_error",
    "fit_temperature",
    "grad_cam",
    "gradient_norms",
    "gradient_times_input",
    "input_gradient",
    "most_confused",
    "predict",
    "randomised",
    "rank_correlation",
    "receptive_field",
    "reliability",
    "saliency",
    "summary",
    "unchanged",
]

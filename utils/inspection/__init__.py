"""What a network does, and whether to believe it.

Shapes, costs, gradients, predictions, the residual stream; maps of what it looks at, calibration.
"""

from utils.inspection.calibration import expected_calibration_error, fit_temperature, reliability
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
from utils.inspection.shattered import gradient_autocorrelation
from utils.inspection.streams import (
    branch_cosines,
    lesion,
    path_lengths,
    read_out,
    reordered,
    stream,
    stream_gradients,
)
from utils.inspection.summary import Summary, count_parameters, summary
from utils.inspection.surfaces import largest_curvature, loss_surface, moved, random_direction

__all__ = [
    "Summary",
    "branch_cosines",
    "confusion_matrix",
    "count_parameters",
    "diagram_rows",
    "edges",
    "effective_field",
    "evaluating",
    "expected_calibration_error",
    "fit_temperature",
    "grad_cam",
    "gradient_autocorrelation",
    "gradient_norms",
    "gradient_times_input",
    "input_gradient",
    "largest_curvature",
    "lesion",
    "loss_surface",
    "most_confused",
    "moved",
    "path_lengths",
    "predict",
    "random_direction",
    "randomised",
    "rank_correlation",
    "read_out",
    "receptive_field",
    "reliability",
    "reordered",
    "saliency",
    "stream",
    "stream_gradients",
    "summary",
    "unchanged",
]

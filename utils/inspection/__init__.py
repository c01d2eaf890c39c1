"""What a network does: shapes, costs, gradients, predictions, the residual stream."""

from utils.inspection.gradients import gradient_norms, input_gradient
from utils.inspection.modes import evaluating, unchanged
from utils.inspection.outline import diagram_rows
from utils.inspection.predictions import confusion_matrix, most_confused, predict
from utils.inspection.receptive import effective_field, receptive_field
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

__all__ = [
    "Summary",
    "branch_cosines",
    "confusion_matrix",
    "count_parameters",
    "diagram_rows",
    "effective_field",
    "evaluating",
    "gradient_autocorrelation",
    "gradient_norms",
    "input_gradient",
    "lesion",
    "most_confused",
    "path_lengths",
    "predict",
    "read_out",
    "receptive_field",
    "reordered",
    "stream",
    "stream_gradients",
    "summary",
    "unchanged",
]

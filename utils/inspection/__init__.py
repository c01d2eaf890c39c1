"""What a network does: shapes, costs, gradients, predictions."""

from utils.inspection.gradients import gradient_norms, input_gradient
from utils.inspection.modes import evaluating, unchanged
from utils.inspection.outline import diagram_rows
from utils.inspection.predictions import confusion_matrix, most_confused, predict
from utils.inspection.receptive import effective_field, receptive_field
from utils.inspection.summary import Summary, count_parameters, summary

__all__ = [
    "Summary",
    "confusion_matrix",
    "count_parameters",
    "diagram_rows",
    "effective_field",
    "evaluating",
    "gradient_norms",
    "input_gradient",
    "most_confused",
    "predict",
    "receptive_field",
    "summary",
    "unchanged",
]

"""Training: the loop one reads, what it is given, and what keeps its runs."""

from utils.training.checkpoints import CheckpointError
from utils.training.classifier import Averaged, Classifier
from utils.training.trainer import Trainer, TrainingError

__all__ = ["Averaged", "CheckpointError", "Classifier", "Trainer", "TrainingError"]

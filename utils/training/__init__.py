"""Training: the loop one reads, what it is given, and what keeps its runs."""

from utils.training.averaged import Averaged
from utils.training.checkpoints import CheckpointError
from utils.training.classifier import Classifier
from utils.training.distributed import DistributedTrainer
from utils.training.guards import TrainingError
from utils.training.trainer import Trainer

__all__ = [
    "Averaged", "CheckpointError", "Classifier", "DistributedTrainer", "Trainer", "TrainingError",
]  # fmt: skip

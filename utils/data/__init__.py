"""Images: where the files come from, and batches that are one tensor operation each."""

from utils.data.cifar10 import CIFAR10
from utils.data.fashion_mnist import FashionMNIST
from utils.data.sources import CLASSES, DataError

__all__ = ["CIFAR10", "CLASSES", "DataError", "FashionMNIST"]

"""Fashion-MNIST: where its files come from, and batches that are one tensor operation each."""

from utils.data.fashion_mnist import FashionMNIST
from utils.data.sources import CLASSES, DataError

__all__ = ["CLASSES", "DataError", "FashionMNIST"]

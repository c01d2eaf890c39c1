"""Cut the bundled sample from the whole set: ``python tools/make_sample.py``.

Writes one picture a class and split to ``utils/data/sample`` and prints the checksum that
``utils/sources.py`` states.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))
from utils.data import sources


def main() -> None:
    folder = sources.cache_folder()
    if sources.find(folder, "train-images-idx3-ubyte") is None:
        folder = sources.DEBIAN
    try:
        arrays = sources.load_folder(folder)
    except sources.DataError as error:
        sys.exit(str(error))
    digest = hashlib.sha256()
    sources.SAMPLE.mkdir(exist_ok=True)
    for split, rows, columns in (("train", 25, 40), ("test", 10, 20)):
        images, labels = arrays[split]
        for label in range(10):
            chosen = images[labels == label][: rows * columns]
            digest.update(chosen.tobytes())
            mosaic = chosen.reshape(rows, columns, 28, 28).swapaxes(1, 2)
            picture = Image.fromarray(np.ascontiguousarray(mosaic).reshape(rows * 28, columns * 28))
            picture.save(sources.SAMPLE / f"{split}-{label}.png", optimize=True)
    print(digest.hexdigest())


if __name__ == "__main__":
    main()

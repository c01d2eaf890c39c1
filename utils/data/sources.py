"""Where Fashion-MNIST's files come from, and whether they are whole.

Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747): 60,000 training and 10,000 test
images of 28x28 grey pixels, ten classes of clothing; by Zalando, under the MIT licence.
A file counts only if the SHA-256 of its *decompressed* content is the known one, because the
same content lies compressed in different ways in different places.
"""

import gzip
import hashlib
import os
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from utils import variables

if TYPE_CHECKING:
    import requests

FILES = {
    # (split, part): (file name, SHA-256 of the content, header bytes)
    ("train", "images"): (
        "train-images-idx3-ubyte",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        16,
    ),
    ("train", "labels"): (
        "train-labels-idx1-ubyte",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        8,
    ),
    ("test", "images"): (
        "t10k-images-idx3-ubyte",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        16,
    ),
    ("test", "labels"): (
        "t10k-labels-idx1-ubyte",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        8,
    ),
}

MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SAMPLE = Path(__file__).parent / "sample"
WHOLE = (60_000, 10_000)  # training and test images
SAMPLE_SHA256 = "28f18b801ea088981350ccec4e88d2d5a6bd303ee86c624887dbcfdb9f49cd6e"
CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

Arrays = dict[str, tuple[np.ndarray, np.ndarray]]
FAILED: dict[Path, str] = {}  # what this process could not download, by folder, and a sentence


class DataError(Exception):
    """The data can't be used; the message says which file, why, and what to do."""


def cache_folder() -> Path:
    """Where downloads are kept: ``COURSE_DATA``, or ``data/`` in the course's folder."""
    return variables.folder("COURSE_DATA", Path("data"))


def find(folder: Path, name: str) -> Path | None:
    """``name`` in ``folder``, compressed or not, also where torchvision would put it."""
    for place in (folder, folder / "FashionMNIST" / "raw"):
        for ending in (".gz", ""):
            path = place / (name + ending)
            if path.is_file():
                return path
    return None


def read_checked(path: Path, sha256: str) -> bytes:
    """The decompressed content of ``path``, if it is what it should be.

    Raises
    ------
    DataError
        When the file is empty, cut short, unreadable or altered; it names the file.
    """
    try:
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is cut short or is no gzip file ({error}). Delete it and run "
            "`python -m utils.data download`."
        ) from None
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}.") from None
    if not content:
        raise DataError(f"{path} is empty. Delete it and run `python -m utils.data download`.")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(
            f"{path} is not the published file ({len(content):,} bytes, and the checksum "
            "differs): it was cut short or altered, or is an older edition. Delete it and run "
            "`python -m utils.data download`."
        )
    return content


def load_folder(folder: Path) -> Arrays:
    """The whole set from the four files in ``folder``.

    Returns ``{"train": (images, labels), "test": …}``: images uint8 ``(N, 28, 28)``, labels
    uint8 ``(N,)``.
    """
    arrays = {}
    for split in ("train", "test"):
        parts = []
        for part in ("images", "labels"):
            name, sha256, header = FILES[split, part]
            path = find(folder, name)
            if path is None:
                raise DataError(
                    f"{folder} holds no {name}.gz. A folder of Fashion-MNIST holds four such "
                    "files; `python -m utils.data download` fetches them."
                )
            parts.append(np.frombuffer(read_checked(path, sha256), np.uint8, offset=header))
        arrays[split] = (parts[0].reshape(-1, 28, 28), parts[1])
    return arrays


def load_sample() -> Arrays:
    """The bundled sample: the first 1,000 training and 200 test images of every class.

    It lies in ``utils/data/sample`` as one lossless picture a class, which anyone can look at.
    """
    from PIL import Image

    arrays = {}
    digest = hashlib.sha256()
    for split, per_class in (("train", 1000), ("test", 200)):
        images = []
        for label in range(10):
            path = SAMPLE / f"{split}-{label}.png"
            try:
                with Image.open(path) as picture:
                    mosaic = np.asarray(picture)
            except (OSError, SyntaxError) as error:
                raise DataError(
                    f"{path} can't be read ({error}). It is part of the course: fetch the course "
                    "again, or `git checkout utils/data/sample`."
                ) from None
            rows, columns = mosaic.shape[0] // 28, mosaic.shape[1] // 28
            tiles = mosaic.reshape(rows, 28, columns, 28).swapaxes(1, 2)
            images.append(tiles.reshape(-1, 28, 28)[:per_class])
            digest.update(images[-1].tobytes())
        # Interleave the classes, so that every prefix of the sample is balanced.
        stacked = np.stack(images, axis=1).reshape(-1, 28, 28)
        arrays[split] = (stacked, np.tile(np.arange(10, dtype=np.uint8), per_class))
    if digest.hexdigest() != SAMPLE_SHA256:
        raise DataError(
            f"The pictures in {SAMPLE} are not those of the course: restore them with "
            "`git checkout utils/data/sample`."
        )
    return arrays


def download(
    folder: Path, mirrors: tuple[str, ...] = MIRRORS, timeout: float = 10.0, verbose: bool = True
) -> Path:
    """Fetch the four files into ``folder``, each checked and then renamed into place.

    A file that is there and whole is kept; one that is there and isn't is replaced. Every mirror
    is tried, twice, with ``timeout`` seconds for a connection and for each pause in the stream.

    Raises
    ------
    DataError
        When the folder can't be written, or no mirror gave a whole file; what each of them
        answered stands in the error's notes.
    """
    import requests

    make_writable(folder)
    session = requests.Session()
    for name, sha256, _ in FILES.values():
        present = find(folder, name)
        if present is not None:
            try:
                read_checked(present, sha256)
                continue
            except DataError as error:
                if verbose:
                    print(f"{error} Fetching it again.")
                present.unlink()
        answers = {}
        for mirror in mirrors * 2:
            try:
                fetch(session, f"{mirror}{name}.gz", sha256, folder, timeout, verbose)
                break
            except (requests.RequestException, EOFError, zlib.error, OSError, DataError) as error:
                answers[mirror] = error
        else:
            failure = DataError(
                f"Fashion-MNIST could not be downloaded: no mirror gave a whole {name}.gz."
            )
            for mirror, answer in answers.items():
                failure.add_note(f"{mirror}: {answer}")
            raise failure
    return folder


def fetch(
    session: "requests.Session", url: str, sha256: str, folder: Path, timeout: float, verbose: bool
) -> None:
    """Put the file at ``url`` into ``folder``, if its decompressed content is what it should be."""
    from tqdm import tqdm

    from utils.display import wants_progress

    target = folder / url.rpartition("/")[2]
    partial = target.with_suffix(f".{os.getpid()}.part")
    try:
        with session.get(url, stream=True, timeout=timeout) as answer:
            answer.raise_for_status()
            size = int(answer.headers.get("content-length", 0)) or None
            silent = not (verbose and wants_progress())
            with (
                open(partial, "wb") as file,
                tqdm(
                    desc=target.stem, total=size, unit="B", unit_scale=True, disable=silent
                ) as bar,
            ):  # fmt: skip
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)
                    bar.update(len(chunk))
        if hashlib.sha256(gzip.decompress(partial.read_bytes())).hexdigest() != sha256:
            raise DataError("the checksum differs")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def make_writable(folder: Path) -> None:
    """Create ``folder`` and make sure a file can be written there."""
    probe = folder / f".write-test-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise DataError(
            f"{folder} can't be written ({error.strerror or error}). Name another folder with the "
            "environment variable COURSE_DATA or with FashionMNIST(root=...)."
        ) from None


def locate(root: Path | None, allow_download: bool, verbose: bool = True) -> tuple[Arrays, str]:
    """The best source at hand: the data, and its name in words.

    In order: ``root`` if given (and then nothing else), the cache, Debian's package, a download,
    the bundled sample; with ``COURSE_SAMPLE=1`` the sample at once. A damaged file in the cache is
    named; the next source serves. A download that fails is not tried again by this process, which
    would wait for the same hosts at every load.
    """
    if root is not None:
        return load_folder(root), f"the whole set in {root}"
    if variables.is_on("COURSE_SAMPLE"):
        return load_sample(), "the bundled sample"
    say = tell_once if verbose else lambda sentence: None
    kept = cache_folder()
    for folder, words in ((kept, "downloaded"), (DEBIAN, "Debian's dataset-fashion-mnist")):
        if any(find(folder, name) for name, _, _ in FILES.values()):
            try:
                return load_folder(folder), f"the whole set, {words}"
            except DataError as error:
                say(f"Passed over: {error}")
    if allow_download and not variables.is_on("COURSE_OFFLINE"):
        try:
            if kept not in FAILED:
                return load_folder(download(kept, verbose=verbose)), "the whole set, downloaded"
        except DataError as error:
            more = hasattr(error, "__notes__")
            FAILED[kept] = f"{error}{' `python -m utils.data download` says why.' if more else ''}"
        say(FAILED[kept])
    return load_sample(), "the bundled sample"


@cache
def tell_once(sentence: str) -> None:
    """Print what this process has not printed before: chapters load the data many times."""
    print(sentence)

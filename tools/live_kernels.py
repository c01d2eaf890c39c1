"""Compile the live ResNet's arithmetic to WebAssembly: ``python tools/live_kernels.py``.

Needs clang and wasm-ld (Debian's ``clang`` and ``lld``); whoever does not change
``utils/figures/live/kernels.c`` never runs it. Writes ``kernels.js`` beside it.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from utils import files  # noqa: E402

SOURCE = ROOT / "utils" / "figures" / "live" / "kernels.c"
COMMAND = (
    "clang", "--target=wasm32", "-O3", "-msimd128", "-nostdlib", "-ffreestanding",
    "-Wl,--no-entry", "-Wl,--export=__heap_base", "-Wl,--strip-all",
)  # fmt: skip


def main() -> None:
    missing = [tool for tool in ("clang", "wasm-ld") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} not found: on Debian, apt-get install clang lld.")
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "kernels.wasm"
        subprocess.run([*COMMAND, "-o", str(module), str(SOURCE)], check=True)
        code = base64.b64encode(module.read_bytes()).decode()
    lines = "\\\n".join(code[i : i + 96] for i in range(0, len(code), 96))
    files.write(
        SOURCE.with_suffix(".js"),
        "/* kernels.c, compiled by tools/live_kernels.py. Its SHA-256:\n"
        f"   {hashlib.sha256(SOURCE.read_bytes()).hexdigest()} */\n"
        f'globalThis.CourseKernels = "{lines}";\n',
    )
    print(f"{SOURCE.with_suffix('.js').relative_to(ROOT)}: {len(code)} characters")


if __name__ == "__main__":
    main()

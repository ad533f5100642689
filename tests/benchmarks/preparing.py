"""How fast pictures are prepared, against a plain Pillow loop: open, convert, crop, resize LANCZOS, save.

    python tests/benchmarks/preparing.py --paintings FOLDER

Makes photographs of 2,000 pixels by enlarging the paintings in FOLDER (JPEG, quality 90, several aspect ratios), lets
artgan and the loop take turns, each in a process of its own, and prints one JSON line: medians, and the ratio of each
round's neighbours.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.datasets.preparing import prepare
from artgan.records import now

ASPECTS = ((4, 3), (3, 4), (3, 2), (5, 4), (2, 3), (16, 9), (1, 1))
LONG_SIDE = 2000


def make_photographs(paintings: Path, folder: DatasetFolder, count: int) -> None:
    """Enlarge ``count`` paintings, taken in turn, and describe them as a dataset."""
    sources = sorted(path for path in paintings.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    folder.originals.mkdir(parents=True)
    records = []
    for index in range(count):
        wide, high = ASPECTS[index % len(ASPECTS)]
        size = (LONG_SIDE * wide // max(wide, high), LONG_SIDE * high // max(wide, high))
        name = f"{index:05d}"
        with Image.open(sources[index % len(sources)]) as painting:
            enlarged = painting.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        enlarged.save(folder.originals / f"{name}.jpg", quality=90)
        records.append(ImageRecord(id=name, status="ok", file=f"originals/{name}.jpg", width=size[0], height=size[1]))
    folder.write_records(records)
    folder.write(Dataset(name=folder.name, created=now()))


def plain_loop(folder: DatasetFolder, out: Path, size: int) -> None:
    """What anyone would write."""
    out.mkdir(exist_ok=True)
    for path in sorted(folder.originals.glob("*.jpg")):
        image = Image.open(path).convert("RGB")
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)
        image.save(out / f"{path.stem}.png")


def run_side(side: str, folder: DatasetFolder, out: Path, size: int) -> None:
    """Do one side's work in this process and print what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    if side == "artgan":
        for _event in prepare(folder, size=size, force=True):
            pass
    else:
        plain_loop(folder, out, size)
    print(
        json.dumps(
            {
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def psnr(first: Path, second: Path) -> float:
    """Peak signal-to-noise ratio of two pictures in dB; 99 when they are equal."""
    pixels = [np.asarray(Image.open(path).convert("RGB"), np.float64) for path in (first, second)]
    error = float(np.mean((pixels[0] - pixels[1]) ** 2))
    return 99.0 if error == 0 else 10 * math.log10(255**2 / error)


def measure(folder: DatasetFolder, out: Path, size: int, rounds: int) -> dict[str, object]:
    """Let both sides take turns; return medians, ratios and the likeness of the results."""
    taken: dict[str, list[dict[str, float]]] = {"pillow": [], "artgan": []}
    for _round in range(rounds):
        for side, runs in taken.items():
            command = [sys.executable, __file__, "--side", side, "--dataset", str(folder.path), "--out", str(out)]
            done = subprocess.run([*command, "--size", str(size)], check=True, capture_output=True, text=True)
            runs.append(json.loads(done.stdout))
    likeness = [psnr(path, out / path.name) for path in sorted(folder.prepared(size).glob("*/*.png"))]
    result: dict[str, object] = {"benchmark": "preparing", "size": size, "pictures": len(likeness), "rounds": rounds}
    for side, runs in taken.items():
        for key in ("wall_s", "cpu_s", "peak_mb"):
            result[f"{side}_{key}"] = round(statistics.median(run[key] for run in runs), 2)
    for key in ("wall_s", "cpu_s"):
        pairs = zip(taken["pillow"], taken["artgan"], strict=True)
        ratios = sorted(round(pillow[key] / artgan[key], 2) for pillow, artgan in pairs)
        result[f"times_faster_{key.removesuffix('_s')}"] = statistics.median(ratios)
        result[f"times_faster_{key.removesuffix('_s')}_range"] = [ratios[0], ratios[-1]]
    result["psnr_min_db"] = round(min(likeness), 1)
    result["psnr_mean_db"] = round(statistics.fmean(likeness), 1)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paintings", type=Path, help="a folder of JPEG or PNG files")
    parser.add_argument("--count", type=int, default=584)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    for hidden in ("--side", "--dataset", "--out"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run_side(options.side, DatasetFolder(Path(options.dataset)), Path(options.out), options.size)
    elif options.paintings is None or not options.paintings.is_dir():
        print(f"no folder of paintings at {options.paintings}: nothing measured", file=sys.stderr)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            folder = DatasetFolder(Path(temporary) / "photographs")
            make_photographs(options.paintings, folder, options.count)
            print(json.dumps(measure(folder, Path(temporary) / "loop", options.size, options.rounds)))


if __name__ == "__main__":
    main()

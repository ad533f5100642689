"""Draw KID against CPU minutes, of what ``quality.py`` measured: ``docs/quality.png``, and its table as Markdown.

pip install matplotlib
python tests/benchmarks/quality_chart.py docs/quality.jsonl docs/quality.png
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"keragan": "#8c8c8c", "dcgan": "#5b8db8", "fast": "#c8553d", "starter": "#588157"}
LABELS = {
    "keragan": "keragan's recipe, 2020",
    "dcgan": "preset dcgan",
    "fast": "preset fast, from nothing",
    "starter": "preset fast, from @starter",
}
TITLES = {"landscapes": "3,399 landscapes", "still-life": "584 still lifes", "flowers_only": "242 flower pieces"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    found: dict[tuple[str, str, int], dict[int, dict]] = defaultdict(dict)
    for text in given.lines.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        found[line["dataset"], line["recipe"], line["seed"]][line["minutes"]] = line
    datasets = [name for name in TITLES if any(key[0] == name for key in found)]
    figure, axes = plt.subplots(1, len(datasets), figsize=(4.2 * len(datasets), 3.4), squeeze=False, sharey=True)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        for (name, recipe, seed), marks in sorted(found.items()):
            if name == dataset:
                minutes = sorted(marks)
                axis.plot(
                    minutes, [marks[minute]["kid"] for minute in minutes], color=COLOURS[recipe], marker="o", ms=3,
                    lw=1.6 if seed == 0 else 0.8, label=LABELS[recipe] if seed == 0 else None,
                )  # fmt: skip
        axis.set(title=TITLES[dataset], xlabel="CPU minutes", xscale="log", ylim=(0, None))
        ticks = [1, 2, 4, 8, 13, 30, 60, 120]
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.minorticks_off()
        axis.grid(alpha=0.25)
        axis.legend(frameon=False, fontsize=8)
    axes[0][0].set_ylabel("KID x 1000, less is better")
    figure.tight_layout()
    figure.savefig(given.picture, dpi=110)
    every = sorted({minute for marks in found.values() for minute in marks})
    print("| paintings | recipe | " + " | ".join(str(minute) for minute in every) + " |")
    print("|---|---|" + "---|" * len(every))
    for (dataset, recipe, seed), marks in sorted(found.items()):
        cells = [f"{marks[minute]['kid']:.0f}" if minute in marks else "" for minute in every]
        print(f"| {dataset} | {recipe}, seed {seed} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

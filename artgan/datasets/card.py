"""The page that a dataset on the Hugging Face hub begins with: a README.md with YAML in front."""

from __future__ import annotations

import json
from collections import Counter

from artgan import __version__
from artgan.datasets.credits import plain
from artgan.datasets.layouts.names import slug
from artgan.datasets.manifest import Dataset, ImageRecord

# The hub's own classes of size.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MOST_TAGS = 8


def card(dataset: Dataset, records: list[ImageRecord]) -> str:
    """Return the page: what the dataset is, what may be done with it as far as is known, how it is read.

    Nothing is claimed of a licence that its records do not say: "unknown" as soon as one of them is silent. Words that
    came with the pictures stand in it as plain text only.
    """
    size = next((name for most, name in _SIZES if len(records) < most), "n>1M")
    genres = Counter(tag for record in records if (tag := slug(record.genre or "")))
    tags = list(dict.fromkeys(["art", "paintings", *(tag for tag, _ in genres.most_common(_MOST_TAGS))]))
    kinds: Counter[str] = Counter(record.license or "unknown" for record in records)
    said = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    title = plain(dataset.name)
    lines = [
        "---",
        f"pretty_name: {json.dumps(title, ensure_ascii=False)}",
        *_license(kinds),
        "size_categories:",
        f"- {size}",
        "task_categories:",
        "- unconditional-image-generation",
        "tags:",
        *(f"- {json.dumps(tag)}" for tag in tags),
        "---",
        "",
        f"# {_literal(title)}",
        "",
        f"{len(records):,} paintings as they were found, with what is known of them in `train/metadata.jsonl`; "
        f"collected with artgan {__version__}.",
        "",
        "## Rights",
        "",
        _literal(plain(dataset.rights)) or "Nothing is known of the rights of these pictures.",
        "",
        f"Licence of the works, as far as anybody looked: {said}. `CREDITS.txt` and the column `attribution` name "
        "every work, its artist and where it was found: keep them with the pictures.",
        "",
        "## How to read it",
        "",
        "```python",
        "import datasets",
        "",
        'paintings = datasets.load_dataset("imagefolder", data_dir="PATH_OF_THIS_FOLDER", split="train")',
        "```",
    ]
    return "\n".join(lines) + "\n"


def _license(kinds: Counter[str]) -> list[str]:
    if kinds["unknown"]:
        return ["license: unknown"]
    name = "see-credits" if kinds["restricted"] else "public-domain"
    return ["license: other", f"license_name: {name}", "license_link: CREDITS.txt"]


def _literal(text: str) -> str:
    """Return a text that Markdown shows as it is; addresses stay addresses."""
    return "".join(f"\\{char}" if char in "\\`*[]<>#|" else char for char in text)

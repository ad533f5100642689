"""From what a picture tells to the command that paints it again.

A file may come from anybody: what it tells is quoted for the shell, goes to flags that only choose what is painted,
and where it holds what no name holds, such as a line's end, there is no command.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

# The facts that are flags, in the order in which a person would type them; psi 1 and the like are not typed.
_SAMPLE = (
    "epoch", "psi", "class", "scale", "aspect", "channels", "position", "sign_size", "sign_margin", "jitter", "ink",
    "choose", "dpi",
)  # fmt: skip
_FILMS = {
    "interpolate": ("epoch", "path", "frames", "fps", "grid", "psi", "class", "scale", "format"),
    "timelapse": ("seconds", "fps", "grid", "psi", "class", "scale", "format"),
}
"""What the fact ``film`` may be, the command that made it, and its flags."""
_SWITCHES = ("loop", "no_epoch")
_USUAL = {"psi": "1"}
_LONGEST = 20_000


def command(facts: Mapping[str, str], *, file: Path | None = None, runs_dir: str | None = None) -> str:
    """Return the command that paints a picture, a sheet or a film again; empty where it does not tell enough.

    Args:
        facts: what it tells, as ``images.read_metadata`` returns them.
        file: the picture, to take its latent from where no seed says it.
        runs_dir: where runs lie, where that has to be said.
    """
    if not facts.get("run") or any(not value.isprintable() or len(value) > _LONGEST for value in facts.values()):
        return ""
    place = ["--runs-dir", runs_dir] if runs_dir else []
    if facts.get("film"):
        line = _film(facts, file, place)
        return _with_latents(line, facts, file) if "--latents" in line else line
    which = _which(facts, file)
    if which is None:
        return ""
    words = ["artgan", "sample", *_flag("model" if facts.get("model") else "run", facts.get("model") or facts["run"])]
    signs = facts.get("sign", "").split(",") if facts.get("sheet") else [facts.get("sign", "")]
    words += which + [word for name in signs if name for word in _flag("sign", name)] + _flags(facts, _SAMPLE)
    words += ["--grid"] if facts.get("sheet") else []
    return _with_latents(shlex.join([*words, *place]), facts, file)


def _film(facts: Mapping[str, str], file: Path | None, place: list[str]) -> str:
    """Return the command that makes a film again; empty for one of a folder of pictures."""
    if facts["film"] not in _FILMS or facts["run"].startswith("-"):
        return ""
    if facts.get("seeds"):
        which = _flag("seeds", facts["seeds"])
    elif facts.get("latent") and file is not None:
        which = _flag("latents", _latents_of(file))
    elif facts.get("latents_file"):
        which = _flag("latents", facts["latents_file"])
    else:
        return ""
    switches = [f"--{name.replace('_', '-')}" for name in _SWITCHES if facts.get(name)]
    flags = _flags(facts, _FILMS[facts["film"]])
    return shlex.join(["artgan", facts["film"], facts["run"], *which, *flags, *switches, *place])


def _with_latents(line: str, facts: Mapping[str, str], file: Path | None) -> str:
    """Put the command before it that takes the latent out of the file, where no seed says it."""
    if file is None or "latent" not in facts or facts.get("seed"):
        return line
    return f"{shlex.join(['artgan', 'inspect', _harmless(file), '--latents', _latents_of(file)])} && {line}"


def _which(facts: Mapping[str, str], file: Path | None) -> list[str] | None:
    """Return the flags that say which pictures; None where nothing does."""
    if facts.get("seed"):
        return _flag("seeds", facts["seed"])
    if facts.get("vary") and facts.get("variation") and "latent" not in facts:
        made = {**facts, "seeds": facts["variation"]}
        return [word for name in ("vary", "strength", "seeds") for word in _flag(name, made.get(name, ""))]
    if facts.get("mix") and facts.get("amount") and "latent" not in facts:
        return [*_flag("mix", facts["mix"]), *_flag("amount", facts["amount"])]
    if facts.get("seeds"):
        listed = facts["seeds"].split(",")
        if len(listed) > 1 and len(set(listed)) == 1 and ".." in facts.get("class", ""):  # a walk of one seed
            return [*_flag("seeds", listed[0]), "-n", str(len(listed))]
        return _flag("seeds", facts["seeds"])
    if facts.get("latents"):
        return _flag("latents", facts["latents"])
    if facts.get("latent") and file is not None:
        return _flag("latents", _latents_of(file))
    return None


def _latents_of(file: Path) -> str:
    return f"{file.stem.lstrip('-')}.npy"


def _harmless(file: Path) -> str:
    """Write a path so that it is not taken for an option."""
    return f"./{file}" if str(file).startswith("-") else str(file)


def _flags(facts: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    given = ((name, facts.get(name, "")) for name in names)
    return [word for name, value in given if value and value != _USUAL.get(name) for word in _flag(name, value)]


def _flag(name: str, value: str) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]

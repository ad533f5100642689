"""Whatever goes wrong becomes ``error: ...``, a blank line, ``hint: ...``, and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

import typer

from artgan.cli import terminal
from artgan.errors import ArtganError
from artgan.files import FREE_SPACE

INTERRUPTED = 130
# What a command does that is given again after it was stopped, or the disk was full: it is marked with one of these.
GOES_ON = "it goes on where it stopped"
KEEPS = "it keeps what was made, and makes the rest"
ANEW = "it begins anew; nothing half is left"
# What a shell reports for a program that its reader left: 128 + SIGPIPE.
READER_GONE = 141


@dataclass
class Outcome:
    """How a command ended."""

    code: int = 0


@contextlib.contextmanager
def exit_code_of(*, tell_all: bool = False, again: str = "") -> Iterator[Outcome]:
    """Run the body; print what it raises and keep the exit code of it.

    Args:
        tell_all: print the traceback too; also when ``ARTGAN_TRACEBACK`` is set.
        again: what the same command does when it is given again, where that is known.
    """
    outcome = Outcome()
    then = f": {again}" if again else ""
    tell_all = tell_all or os.environ.get("ARTGAN_TRACEBACK", "") not in {"", "0"}
    try:
        yield outcome
        sys.stdout.flush()
    except typer.Exit as leaving:
        outcome.code = leaving.exit_code
    except (KeyboardInterrupt, typer.Abort):
        report("interrupted", f"give the same command again{then}")
        outcome.code = INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at its end.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        outcome.code = READER_GONE
    except ArtganError as error:
        _trace(tell_all)
        report(error.message, error.hint + (then if error.hint == FREE_SPACE else ""))
        outcome.code = error.exit_code
    except typer.TyperException as error:
        _trace(tell_all)
        report(*_usage(error))
        outcome.code = error.exit_code
    except MemoryError:
        _trace(tell_all)
        report("there is not enough memory for this", "close other programs, or work with a smaller size or batch")
        outcome.code = 1
    except Exception as error:
        _trace(tell_all)
        text = " ".join(str(error).split()) or "no more is known"
        report(
            f"{type(error).__name__}: {text}",
            "this is a fault of artgan; see where it happened by setting ARTGAN_TRACEBACK=1 and repeating the command",
        )
        outcome.code = 1


def report(message: str, hint: str = "") -> None:
    """Print an error to stderr in the one form that all errors have."""
    head = terminal.style("error:", "red", stream=sys.stderr)
    text = f"{head} {message}\n"
    if hint:
        text += f"\n{terminal.style('hint:', 'cyan', stream=sys.stderr)} {hint}\n"
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _usage(error: typer.TyperException) -> tuple[str, str]:
    """Return message and hint for a command line that Typer could not read."""
    message = error.format_message().strip().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    near = getattr(error, "possibilities", None)
    path = context.command_path if context else "artgan"
    if near:
        message = message.partition(" (")[0]
        return message, f"did you mean: {path} {sorted(near)[0]}"
    return message, f"see how it is used with: {path} --help"


def _trace(wanted: bool) -> None:
    if wanted:
        traceback.print_exc()

"""The table of commands, from which ``artgan --help`` answers without loading any of them."""

from __future__ import annotations

import difflib
import functools
import importlib
import io
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import typer
import typer.core
import typer.main

from artgan import __version__
from artgan.errors import UsageError

DATA, TRAIN, RUNS, MAKE, JUDGE, TOOL = "Data", "Train", "Runs", "Make", "Judge", "Tool"
HELP_FLAGS = {"help_option_names": ["-h", "--help"]}


class Entry(NamedTuple):
    """One command: ``module:function`` under ``artgan.cli``, the first line of its help, the panel it stands in.

    Of a noun, ``meant`` is its command that is meant where none is named.
    """

    target: str
    help: str
    panel: str = ""
    meant: str = ""


_LIST = Entry("list_:list_runs", "List the runs, the newest first.", RUNS)
_SHOW = Entry("show:show", "Show what is known of a run.", RUNS)
_LOGS = Entry("logs:logs", "Print the log of a run.", RUNS)
_CANCEL = Entry("cancel:cancel", "End runs that go on in the background.", RUNS)
_OPEN = Entry("open_:open_run", "Open the newest pictures of a run.", RUNS)

# A line here is all that makes a command exist; a test compares its help with the function's docstring.
COMMANDS: dict[str, Entry] = {
    "fetch": Entry("fetch:fetch", "Make a dataset of a genre on WikiArt.", DATA),
    "genres": Entry("genres:genres", "List the genres of WikiArt, by what they may be called.", DATA),
    "import": Entry("import_:import_paintings", "Make a dataset of a folder of paintings.", DATA),
    "prepare": Entry("prepare:prepare", "Make the square images that a network learns from.", DATA),
    "datasets": Entry("", "List, show, update, check, export or remove datasets.", DATA),
    "train": Entry("train:train", "Teach a network a dataset of paintings.", TRAIN),
    "submit": Entry("submit:submit", "Train in the background: here, or on an Azure ML cluster.", TRAIN),
    "sweep": Entry("", "Train many runs that differ in what you vary, and compare them.", TRAIN, meant="start"),
    "clusters": Entry("", "List, make or delete clusters of an Azure ML workspace.", TRAIN, meant="list"),
    "list": _LIST,
    "show": _SHOW,
    "logs": _LOGS,
    "cancel": _CANCEL,
    "open": _OPEN,
    "pull": Entry("pull:pull", "Copy the highest-epoch generator of a run next to you.", RUNS),
    "export": Entry("export:export", "Write the generator of a run for other programs.", RUNS),
    "runs": Entry("", "List, show, follow, open or delete runs.", RUNS),
    "import-model": Entry(
        "import_model:import_model", "Make a run of a generator's file, old keragan models too.", RUNS
    ),
    "studio": Entry("studio:studio", "Play a trained network on a page in the browser.", MAKE),
    "sample": Entry("sample:sample", "Paint pictures with a trained generator.", MAKE),
    "interpolate": Entry("interpolate:interpolate", "Film a walk through what a network knows.", MAKE),
    "timelapse": Entry(
        "timelapse:timelapse", "Film how a network learned: the same seeds, checkpoint after checkpoint.", MAKE
    ),
    "gallery": Entry("gallery:gallery", "Make a page of pictures to print or to hang, each with its seed.", MAKE),
    "sign": Entry("sign:sign", "Sign pictures: copies with a signature in a corner.", MAKE),
    "inspect": Entry("inspect_:inspect", "Say where a picture comes from, and the command that paints it again.", MAKE),
    "project": Entry("project:project", "Find the latent that paints most like a picture.", MAKE),
    "evaluate": Entry(
        "evaluate:evaluate", "Judge the pictures of a run: how good, how various, whether copied.", JUDGE
    ),
    "report": Entry(
        "report:report", "Make a page of how runs went: curves, pictures over time, options, cost, copies.", JUDGE
    ),
    "demo": Entry("demo:demo", "Paint a collection, learn it, and show it: a few minutes, offline.", TOOL),
    "doctor": Entry("doctor:doctor", "Look whether this machine can train, and say what mends it.", TOOL),
    "config": Entry("", "Show or change the settings.", TOOL),
}
# A noun is a command without a target; its own commands stand here.
NOUNS: dict[str, dict[str, Entry]] = {
    "datasets": {
        "list": Entry("datasets:list_all", "List the datasets."),
        "show": Entry("datasets:show", "Show what a dataset holds and whether it is whole."),
        "update": Entry("datasets_update:update", "Take up what is new where a dataset came from."),
        "check": Entry(
            "datasets_check:check", "Read every picture of a dataset and compare it with what was taken up."
        ),
        "drop": Entry("datasets_drop:drop", "Leave pictures out of a dataset, for ever or until --undo."),
        "export": Entry(
            "datasets_export:export", "Write a dataset for other programs, with whom to thank for each picture."
        ),
        "remove": Entry("datasets:remove", "Delete datasets, their pictures and prepared images."),
    },
    "runs": {
        "list": _LIST,
        "show": _SHOW,
        "logs": _LOGS,
        "cancel": _CANCEL,
        "open": _OPEN,
        "delete": Entry("runs:delete", "Delete runs with everything they made."),
    },
    "sweep": {
        "start": Entry("sweep:start", "Train many runs that differ in what you vary; the word start may be left out."),
        "list": Entry("sweeps:list_all", "List the sweeps, the newest first."),
        "show": Entry("sweeps:show", "Show the runs of a sweep, the best first."),
        "prune": Entry("sweeps:prune", "End all runs of a sweep but the best ones."),
        "cancel": Entry("sweeps:cancel", "End the runs of a sweep, and begin no more."),
        "report": Entry("sweeps:report", "Write a page with the newest pictures of all runs of a sweep, side by side."),
    },
    "clusters": {
        "list": Entry("clusters:list_all", "List the clusters of the Azure ML workspace."),
        "create": Entry("clusters:create", "Make a cluster in the Azure ML workspace."),
        "delete": Entry("clusters:delete", "Delete a cluster of the Azure ML workspace."),
    },
    "config": {
        "show": Entry("config:show", "Show the settings that hold in this folder."),
        "path": Entry("config:path", "Print where the settings files are."),
        "set": Entry("config:set_value", "Set a value for this folder, or for you."),
    },
}


class Group(typer.core.TyperGroup):
    """A group whose commands are entries of a table, imported when they are called."""

    entries: Mapping[str, Entry] = COMMANDS
    meant = ""
    _names_only = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = args and (args[0] in self.entries or args[0] in HELP_FLAGS["help_option_names"])
        if self.meant and not named and not (args and not args[0].startswith("-")):
            args = [self.meant, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        if self._names_only:
            return typer.core.TyperCommand(cmd_name, help=entry.help)
        return _load(cmd_name, entry) if entry.target else _noun(cmd_name, entry)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        # Completing a command's name takes names and help lines, not the commands themselves.
        self._names_only = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._names_only = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in self.entries and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self.entries, n=1)
            raise UsageError(
                f"{ctx.command_path} has no command {name!r}",
                f"did you mean: {ctx.command_path} {near[0]}" if near else f"see them with: {ctx.command_path} --help",
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        from artgan.cli import helptext

        return helptext.group_page(self, ctx)


class Root(Group):
    """The command ``artgan``: whatever goes wrong in it ends as one line and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        run = functools.partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        if not standalone_mode:
            return run()
        from artgan.cli.failures import exit_code_of

        for stream in (sys.stdout, sys.stderr):
            # A title in letters that the terminal's encoding lacks is no reason to fail.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        with exit_code_of() as outcome:
            outcome.code = run() or 0
        sys.exit(outcome.code)


def _load(name: str, entry: Entry) -> typer.core.TyperCommand:
    """Import a command and make it Typer's."""
    from artgan.cli.command import Command

    module, _, function = entry.target.partition(":")
    loader = typer.Typer(add_completion=False, rich_markup_mode=None)
    decorate = loader.command(name, cls=Command, context_settings=HELP_FLAGS)
    decorate(getattr(importlib.import_module(f"artgan.cli.{module}"), function))
    command = typer.main.get_command(loader)
    assert isinstance(command, Command)
    return command


def _noun(name: str, entry: Entry) -> Group:
    """Build the group of a noun, such as ``artgan runs``."""
    noun = typer.Typer(name=name, rich_markup_mode=None, add_completion=False)
    noun.callback(cls=Group, help=entry.help, invoke_without_command=True, context_settings=HELP_FLAGS)(_alone)
    group = typer.main.get_group(noun)
    assert isinstance(group, Group)
    group.entries, group.meant = NOUNS[name], entry.meant
    return group


def _alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"artgan {__version__}")
        raise typer.Exit


app = typer.Typer(name="artgan", rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(cls=Root, invoke_without_command=True, context_settings=HELP_FLAGS)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.", expose_value=False)
    ] = False,
) -> None:
    """artgan turns a genre of paintings into a machine that paints it."""
    _alone(context)

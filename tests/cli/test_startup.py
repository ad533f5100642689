"""What is not needed is not loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

_HEAVY = {"tensorflow", "keras", "azure", "azureml", "numpy", "PIL"}
_PROGRAM = """
import json, sys
sys.argv = {argv!r}
import artgan.cli
try:
    artgan.cli.main()
except SystemExit as leaving:
    code = leaving.code or 0
print("LOADED", json.dumps([code, sorted(sys.modules)]))
"""


def loaded(studio, *args: str, **env: str) -> set[str]:
    """Run the command in a fresh process and return the modules that it loaded."""
    code = _PROGRAM.format(argv=["artgan", *args])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **env}
    done = subprocess.run([sys.executable, "-c", code], cwd=studio.path, env=environ, capture_output=True, text=True)
    status, names = json.loads(done.stdout.rpartition("LOADED ")[2])
    assert status == 0, done.stderr
    return set(names)


def test_help_loads_neither_the_heavy_nor_pydantic_nor_the_commands(studio):
    names = loaded(studio, "--help")
    assert not names & (_HEAVY | {"pydantic", "rich"})


@pytest.mark.parametrize("args", [["list"], ["runs", "list", "--json"], ["show"], ["logs"], ["train", "--help"]])
def test_looking_at_runs_loads_nothing_heavy(studio, args):
    folder = studio.run()
    folder.log("begun")
    assert not loaded(studio, *args) & _HEAVY


@pytest.mark.parametrize("args", [["pull"], ["sample", "--help"], ["datasets", "list"], ["doctor", "--help"]])
def test_what_stays_on_this_machine_loads_nothing_of_elsewhere(studio, args):
    studio.run()
    assert "artgan.compute" not in loaded(studio, *args)


@pytest.mark.parametrize("words", ["artgan ", "artgan sh", "artgan show ", "artgan train --si"])
def test_completion_loads_nothing_heavy(studio, words):
    studio.run()
    names = loaded(
        studio, _ARTGAN_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
    )
    assert not names & _HEAVY


def test_completion_offers_commands_runs_and_options(studio):
    run = studio.run()

    def complete(words: str) -> list[str]:
        done = studio.process(
            _ARTGAN_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
        )
        return done.stdout.split()

    assert complete("artgan tr") == ["train"]
    assert set(complete("artgan show ")) == {"@last", "@starter", run.name}
    assert "--size" in complete("artgan train --si")


def test_the_starter_paints_without_tensorflow(studio):
    names = loaded(studio, "sample", "--run", "@starter", "-n", "2")
    assert not names & {"tensorflow", "keras", "onnx", "onnxruntime"}
    assert len(list(studio.path.glob("pictures/*/seed*.png"))) == 2

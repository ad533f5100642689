"""Which workspace is meant; nothing here asks Azure, and no Azure package is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from artgan.compute.azureml_common.workspaces import WorkspaceRef, find_workspace
from artgan.errors import NotFoundError, SetupError

VALUES = {"subscription_id": "s-1", "resource_group": "studio", "workspace_name": "paintings"}
REF = WorkspaceRef("s-1", "studio", "paintings")


def write(path: Path, values: object = VALUES, bom: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), "utf-8-sig" if bom else "utf-8")
    return path


@pytest.mark.parametrize("place", ["config.json", ".azureml/config.json", "aml_config/config.json"])
def test_the_file_of_the_portal_is_found_here_and_above(tmp_path: Path, place: str) -> None:
    write(tmp_path / place)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(None, tmp_path, None) == REF
    assert find_workspace({}, deep, None) == REF


def test_the_hidden_folder_counts_for_more_even_further_up(tmp_path: Path) -> None:
    write(tmp_path / ".azureml" / "config.json", {**VALUES, "workspace_name": "above"})
    write(tmp_path / "a" / "config.json")
    assert find_workspace(None, tmp_path / "a", None).workspace_name == "above"


def test_a_config_json_of_another_program_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "config.json")
    write(tmp_path / "a" / "config.json", {"theme": "dark"})
    assert find_workspace(None, tmp_path / "a", None) == REF


def test_a_file_saved_by_an_editor_that_marks_its_encoding_is_read(tmp_path: Path) -> None:
    write(tmp_path / "config.json", bom=True)
    assert find_workspace(None, tmp_path, None) == REF


def test_what_the_sdk_wrote_in_2018_is_read(tmp_path: Path) -> None:
    write(tmp_path / "aml_config" / "project.json", {"Id": "x", "Scope": REF.scope})
    assert find_workspace(None, tmp_path, None) == REF


def test_named_workspaces_are_values_or_paths(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "config.json", {**VALUES, "workspace_name": "attic"})
    named = {"main": VALUES, "attic": "elsewhere/config.json", "folder": "elsewhere"}
    assert find_workspace(named, tmp_path, "main") == REF
    assert find_workspace(named, tmp_path, "attic").workspace_name == "attic"
    assert find_workspace(named, tmp_path, "folder").workspace_name == "attic"
    assert find_workspace({}, tmp_path, "elsewhere/config.json").workspace_name == "attic"
    assert find_workspace({"main": VALUES}, tmp_path, None) == REF


def test_what_is_missing_is_said_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as nothing:
        find_workspace(None, tmp_path, None)
    assert "config.json" in nothing.value.hint and "ml.azure.com" in nothing.value.hint

    with pytest.raises(NotFoundError) as unknown:
        find_workspace({"main": VALUES, "attic": VALUES}, tmp_path, "cellar")
    assert "'cellar'" in unknown.value.message and unknown.value.hint == "there are: attic, main"

    with pytest.raises(SetupError) as several:
        find_workspace({"main": VALUES, "attic": VALUES}, tmp_path, None)
    assert "--workspace attic" in several.value.hint

    write(tmp_path / "config.json", {"workspace_name": "paintings"})
    with pytest.raises(SetupError, match=r"lacks subscription_id, resource_group"):
        find_workspace(None, tmp_path, None)

    with pytest.raises(SetupError, match=r"no file .*nowhere\.json"):
        find_workspace({"main": "nowhere.json"}, tmp_path, "main")

    (tmp_path / ".azureml").mkdir()
    (tmp_path / ".azureml" / "config.json").write_text("{torn", "utf-8")
    with pytest.raises(SetupError, match="cannot be read"):
        find_workspace(None, tmp_path, None)


WITHOUT = """
import sys
sys.modules["azure"] = sys.modules["azureml"] = None  # as where the extra is not installed
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.backend import JobSpec
from artgan.errors import SetupError
backend = AzureMLBackend(WorkspaceRef("s", "g", "w"))
try:
    backend.target(JobSpec(run="r", run_id="i", dataset="d", size=16))
except SetupError as error:
    print(error.exit_code, error.hint)
print([check.good for check in backend.check()])
"""


def test_without_the_extra_one_line_says_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == '3 install them with: pip install "artgan[azure]"\n[False]\n'

"""Which of Azure's two clients asks."""

from __future__ import annotations

import pytest

from artgan.compute.places import choose_sdk
from artgan.errors import UsageError


@pytest.mark.parametrize(
    ("installed", "wanted", "without_cluster", "chosen"),
    [
        ({"azureml-core", "azure-ai-ml"}, "auto", False, "v1"),
        ({"azureml-core"}, "auto", False, "v1"),
        ({"azure-ai-ml"}, "auto", False, "v2"),
        (set(), "auto", False, "v1"),
        ({"azureml-core"}, "v2", False, "v2"),
        ({"azure-ai-ml"}, "v1", False, "v1"),
        ({"azureml-core", "azure-ai-ml"}, "auto", True, "v2"),
        ({"azureml-core"}, "auto", True, "v2"),
        ({"azureml-core", "azure-ai-ml"}, "v1", True, "v1"),
    ],
)
def test_the_named_one_where_it_is_installed_unless_another_is_wanted(
    installed: set[str], wanted: str, without_cluster: bool, chosen: str
) -> None:
    assert choose_sdk(wanted, installed.__contains__, without_cluster=without_cluster) == chosen


def test_an_sdk_that_there_is_not() -> None:
    with pytest.raises(UsageError) as wrong:
        choose_sdk("v3")
    assert "'v3'" in wrong.value.message and "v1, v2" in wrong.value.message

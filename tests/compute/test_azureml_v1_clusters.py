"""Clusters, as a person reads of them."""

from __future__ import annotations

import pytest

from artgan.compute.azureml_common.clusters import Cluster, choose, retired, warnings_of
from artgan.errors import NotFoundError, UsageError

T4 = Cluster("gpu-nc6", "AmlCompute", "STANDARD_NC4AS_T4_V3", nodes=0, max_nodes=2, state="Succeeded")


@pytest.mark.parametrize(
    ("size", "gpu"),
    [
        ("STANDARD_NC6", "K80"),
        ("Standard_NC24r", "K80"),
        ("STANDARD_NC6_PROMO", "K80"),
        ("STANDARD_NC12S_V2", "P100"),
        ("Standard_NC6s_v3", "V100"),
        ("STANDARD_NC24RS_V3", "V100"),
        ("STANDARD_ND6S", "P40"),
        ("STANDARD_NV12", "M60"),
    ],
)
def test_a_size_that_was_switched_off_names_what_took_its_place(size: str, gpu: str) -> None:
    sentence = retired(size)
    assert size in sentence and f"({gpu})" in sentence
    assert "STANDARD_NC4AS_T4_V3" in sentence or "STANDARD_NV36ADS_A10_V5" in sentence


@pytest.mark.parametrize(
    "size",
    [
        "STANDARD_NC4AS_T4_V3",
        "Standard_NC24ads_A100_v4",
        "STANDARD_NC40ADS_H100_V5",
        "STANDARD_ND96ASR_V4",
        "STANDARD_NV36ADS_A10_V5",
        "STANDARD_DS3_V2",
        "",
    ],
)
def test_a_size_that_is_to_be_had_is_not_warned_of(size: str) -> None:
    assert retired(size) == ""


def test_a_cluster_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(NotFoundError) as wrong:
        choose([T4], "gpu", "paintings")
    assert "'gpu'" in wrong.value.message
    assert wrong.value.hint == "there are: gpu-nc6 (STANDARD_NC4AS_T4_V3, 0 of 2 nodes)"
    with pytest.raises(UsageError) as none:
        choose([T4], "", "paintings")
    assert none.value.hint.startswith("--cluster gpu-nc6")
    with pytest.raises(NotFoundError) as empty:
        choose([], "gpu", "paintings")
    assert "artgan clusters create gpu --vm-size" in empty.value.hint
    assert choose([T4], "GPU-NC6", "paintings") is T4


def test_low_priority_is_a_property_of_the_cluster() -> None:
    assert warnings_of(T4, low_priority=False) == []
    (wish,) = warnings_of(T4, low_priority=True)
    assert "dedicated" in wish
    cheap = Cluster("cheap", "AmlCompute", "STANDARD_NC4AS_T4_V3", low_priority=True, max_nodes=1, state="Succeeded")
    (taken,) = warnings_of(cheap, low_priority=True)
    assert "taken away" in taken
    assert str(cheap) == "cheap (STANDARD_NC4AS_T4_V3, 0 of 1 nodes, low priority)"


def test_a_cluster_that_cannot_run_it_is_warned_of() -> None:
    cpu = Cluster("cpu", "AmlCompute", "STANDARD_DS3_V2", max_nodes=0, state="Failed", problem="quota is spent")
    found = " | ".join(warnings_of(cpu, low_priority=False))
    for words in ("no GPU", "0 nodes at most", "state Failed", "quota is spent"):
        assert words in found

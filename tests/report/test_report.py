"""A report's page: what it shows of a run, of a run that has little, and of several."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from artgan.cli.app import app
from artgan.errors import NotFoundError
from artgan.report.commands import named
from artgan.report.report import ReportWritten, report
from artgan.runs.folder import RunFolder


def make(studio, *runs: RunFolder, quick: bool = True, **options) -> ReportWritten:
    by = [named(run, studio.settings) for run in runs]
    *_, last = report(by, studio.path / "page.html", datasets_dir=studio.datasets, quick=quick, **options)
    assert isinstance(last, ReportWritten)
    return last


def test_a_run_is_shown_with_all_that_it_left(studio, read_page):
    run = studio.trained(studio.run(dataset="flowers", images=500, device="CPU (2 cores)"))
    assert run.consider(run.generator(1), (0.04, 0.002), 500)
    page = read_page(make(studio, run).path)
    for sentence in (
        "What it learned from", "What it paints. Epoch 30, after 24,000 images", "How its pictures grew",
        "At last it said: no longer improving for 5 min", "CPU (2 cores)", "15 min", "500 paintings",
        "Epoch 1 is the best by its KID, 0.040 ± 0.002.",
    ):  # fmt: skip
        assert sentence in page.text, sentence
    titles = ["KID", "Losses", "Accuracy of the critic", "Diversity", "Images a second"]
    labels = page.all("aria-label", "svg")
    assert [label.partition(" over")[0] for label in labels] == titles
    assert labels[0].endswith("0.2 at first, 0.0333 at last, from 0.0333 to 0.2"), "who does not see is told"
    assert page.text.count("after") > 2, "when it said what"
    assert f"artgan gallery {run.name} --epoch best --pick 24" in page.all("data-command")


def test_what_differs_from_the_recipe_comes_first(studio, read_page):
    text = read_page(make(studio, studio.trained(studio.run())).path).text
    first = text[text.index("How it was set") : text.index("other options")]
    assert "lr 0.0001 0.0004" in first and "batch_size 8 32" in first and "gamma" not in first
    assert "gamma" in text


def test_five_hundred_lines_and_sheets_make_a_small_page(studio, read_page):
    run = studio.trained(studio.run(epochs=tuple(range(1, 501))), 500, sheets=500, side=398)
    done = make(studio, run)
    page = read_page(done.path)
    assert done.path.stat().st_size < 6e6
    assert len(re.findall(r"Epoch \d+, after", page.text)) == 13, "twelve sheets, and the newest once more"
    assert "Epoch 1, after 800 images" in page.text and "Epoch 500, after 400,000 images" in page.text


def test_a_run_with_a_generator_and_nothing_else(studio, read_page):
    page = read_page(make(studio, studio.run()).path)
    assert "How it went" not in page.text and "artgan sample" in page.text


def test_a_run_with_nothing_is_told_apart(studio):
    run = studio.run(epochs=())
    with pytest.raises(NotFoundError) as caught:
        make(studio, run)
    assert "nothing to report" in caught.value.message and "artgan show" in caught.value.hint
    assert not (studio.path / "page.html").exists()


def test_a_damaged_run_is_shown_as_far_as_it_can_be_read(studio, read_page):
    run = studio.trained(studio.run())
    run.record_path.write_text("{torn")
    run.config_path.write_bytes(b"\xff\xfe size = = 3")
    (run.samples / "000030.png").write_bytes(b"\x89PNG torn")
    run.reals_path.unlink()
    ticks = [
        '{"epoch": 3, "images_seen": "many", "d_loss": null}', '{"images_seen": 1e999, "d_loss": NaN, "g_loss": [1]}',
        '{"torn', "[]", '{"images_seen": 10, "d_loss": true, "verdict": 3, "seconds": "x"}',
    ]  # fmt: skip
    with open(run.metrics_path, "a") as file:
        file.write("\n".join(ticks) + "\n")
    run.evaluations_path.write_text('{"features": "lite0", "kid_lite0": "x", "epoch": 1}\n{"features": 3}\n')
    (run.models / "best.json").write_text("{}")
    page = read_page(make(studio, RunFolder(run.path)).path)
    assert "cannot be read as the record of a run" in page.text and "Losses" in page.text
    assert "What it paints. Epoch 22" in page.text, "the newest sheet that can be read"


def test_a_broken_generator_costs_the_comparison_alone(studio, read_page):
    run = studio.trained(studio.run(epochs=(2,)))
    (run.models / "gen_000002.keras").write_bytes(b"torn")
    done = make(studio, run, quick=False)
    assert "gen_000002" in done.unchecked[0] and "Losses" in read_page(done.path).text


def test_nothing_hostile_becomes_markup(studio, read_page, hostile):
    run = studio.trained(studio.run(dataset=hostile, device=hostile, tags={hostile: hostile}, images=9))
    run.update(reason=hostile, versions={"artgan": hostile}, begun_from=hostile)
    lines = [json.loads(line) | {"verdict": hostile} for line in run.metrics_path.read_text().splitlines()]
    run.metrics_path.write_text("\n".join(map(json.dumps, lines)))
    other = RunFolder(studio.run().path.rename(studio.runs / "x\"><svg onload=alert(1)> '&-bbbbbb"))
    page = read_page(make(studio, run, studio.trained(other), title=hostile).path)
    assert page.text.count(hostile) > 6 and other.name in page.text


def test_several_runs_stand_side_by_side(studio, read_page):
    first, second = studio.trained(studio.run()), studio.trained(studio.run(), 60)
    second.config_path.write_text(second.config_path.read_text().replace("lr = 0.0001", "lr = 0.0009"))
    page = read_page(make(studio, first, second).path)
    assert f"A {first.name} finished" in page.text and f"B {second.name} finished" in page.text
    assert "What differs A B" in page.text and "lr 0.0001 0.0009" in page.text
    both = page.all("aria-label", "svg")[0]
    assert both.startswith("KID over images seen. A: 0.2 at first") and "; B: 0.2 at first" in both
    assert len(re.findall(r'class="line s1"', (studio.path / "page.html").read_text())) >= 5, "with a dash of its own"


def test_the_closest_paintings_hang_beside_the_pictures(studio, read_page, hostile):
    run = studio.trained(studio.run(dataset="drawn"))
    random = np.random.default_rng(1).integers(0, 256, (24, 4, 4, 3), np.uint8)
    drawn = studio.dataset("drawn", random.repeat(2, 1).repeat(2, 2), hostile)
    from artgan.datasets.prepared import open_prepared

    run.update(dataset_fingerprint=open_prepared(drawn, 8).fingerprint)
    done = make(studio, run, quick=False)
    page = read_page(done.path)
    assert not done.unchecked and "Next to the paintings" in page.text and "24 paintings of drawn" in page.text
    assert f"The painting {hostile}" in page.all("alt", "img")
    assert any(command.startswith(f"artgan sample --run {run.name}") for command in page.all("data-command"))
    assert "Next to the paintings" not in read_page(make(studio, run, quick=True).path).text


def test_the_cluster_is_named_where_it_ran_there(studio, read_page):
    run = studio.trained(studio.run(backend="azureml"))
    run.update(remote={"cluster": "gpu-nc6", "vm_size": "STANDARD_NC6", "portal_url": "https://ml.azure.com/x"})
    text = read_page(make(studio, run).path).text
    assert "Cluster gpu-nc6 Vm size STANDARD_NC6" in text and "https:" not in text


def test_the_command_prints_where_the_page_is(studio):
    run = studio.trained(studio.run())
    done = CliRunner().invoke(app, ["report", run.name, "--quick"], prog_name="artgan")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{run.name}-report.html\n" and f"next: artgan gallery {run.name} --pick 24" in done.stderr
    done = CliRunner().invoke(app, ["report", run.name, run.name, "--quick", "--json"], prog_name="artgan")
    assert json.loads(done.stdout)["page"] == "report.html" and Path("report.html").is_file()

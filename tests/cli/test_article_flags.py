"""The flags of the 2020 article are understood and answered."""

from __future__ import annotations

import re

import pytest

from artgan.cli.article import TRAINER, translate

TODAY = {"--size", "--batch-size", "--latent-dim", "--epochs", "--grid", "--lr", "--learning-rate", "--save-every"}


@pytest.mark.parametrize(
    ("typed", "today", "note"),
    [
        ("--batch_size 32", "--batch-size 32", "--batch_size is --batch-size today"),
        ("--batch_size=32", "--batch-size=32", "--batch_size is --batch-size today"),
        ("--learning_rate 0.1", "--learning-rate 0.1", "--learning_rate is --learning-rate today"),
        ("--path ./faces --size 64", "--size 64 ./faces", "--path is not needed any more"),
        ("--dataset faces --path ./here", "./here/faces", "--dataset is not needed any more"),
        ("--no_samples 16", "--grid 16", "--no_samples is --grid today"),
        ("--no_samples 0", "", "a sheet is always painted"),
        ("--limit 100 --size 8", "--size 8", "artgan prepare NAME --limit N"),
        ("--save_interval 100", "", "--save-every"),
        ("--save_img_interval=100", "", "--save-every"),
        ("--print_interval 10", "", "every ten seconds"),
        ("--model_path m --samples_path s", "", "--runs-dir"),
        ("--save_npy_path x.npy", "", "beside the dataset"),
        ("--ignore_smaller --size 8", "--size 8", "--min-side"),
        ("--crop --size 8", "--size 8", "--fit"),
        ("--aspect_variance 0.5", "", "--aspect-max"),
        ("--sample_images", "", "--preview"),
        ("--visual_inspection_interval 5", "", "artgan open"),
    ],
)
def test_each_old_flag(typed, today, note):
    args, notes = translate(typed.split(), TODAY, TRAINER)
    assert " ".join(args) == today
    assert any(note in text for text in notes)
    assert len(notes) == sum(word.startswith("--") and word != "--size" for word in typed.replace("=", " ").split())


def test_todays_line_is_left_alone():
    line = ["flowers", "--size", "64", "--lr=0.1", "--set", "beta_1=3", "-q", "--", "--batch_size"]
    assert translate(line, TODAY | {"--set"}, TRAINER) == (line, [])


def test_epochs_meant_batches_to_who_comes_from_keragan():
    _, notes = translate(["--epochs", "10000", "--batch_size", "32"], TODAY, TRAINER)
    assert "passes over the dataset" in notes[-1]


def test_every_command_understands_underscores(studio):
    studio.dataset()
    result = studio.artgan("prepare", "--min_side", "4", "--size", "8", "--dry_run")
    assert result.exit_code == 0
    assert "note: --min_side is --min-side today\nnote: --dry_run is --dry-run today\n" in result.stderr


def test_the_article_command_line_reaches_the_training(studio):
    line = "--path nowhere --size 64 --batch_size 32 --latent_dim 100 --lr 0.0001 --model_path a --samples_path b"
    result = studio.artgan("train", *line.split())
    assert result.exit_code == 4 and "no dataset named 'nowhere'" in result.stderr
    assert all(line.startswith("note: ") for line in result.stderr.splitlines()[:4])


def test_hidden_in_help(studio):
    assert not re.search(r"--\w*_", studio.artgan("train", "--help").stdout)

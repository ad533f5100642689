"""Inception-v3 is pytorch-fid's, and its weights are those that are meant, or none."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from internet import Internet, Request, Response
from metrics.torch_file import inception_tensors, newer_file, older_file

from artgan.errors import DamagedError, RemoteError
from artgan.metrics import inception
from artgan.metrics.features import Features
from artgan.metrics.torch_files import read_tensors

FILE = "pt_inception-2015-12-05-6726825d.pth"


def test_the_network_is_that_of_pytorch_fid():
    # Of pytorch_fid.inception.InceptionV3 with these weights, on this picture.
    expected = {624: 80.35729, 996: 63.76095, 2032: 59.54451, 78: 29.3153, 1115: 10.75328, 516: 1.37895}
    network = inception.build(inception_tensors())
    y, x = np.mgrid[0:299, 0:299]
    picture = np.stack([x % 256, y % 256, (x * y) % 256], axis=-1).astype(np.float32)
    found = network(picture[None], training=False).numpy()[0]
    assert found.shape == (2048,)
    assert {place: pytest.approx(found[place], rel=1e-4) for place in expected} == expected
    assert found.sum() == pytest.approx(12197.703, rel=1e-5)


@pytest.mark.parametrize("written", [older_file, newer_file])
def test_files_of_torch_are_read(written):
    tensors = {
        "kernel": np.arange(24, dtype=np.float32).reshape(4, 3, 2).T,
        "bias": np.array([0.5], np.float32),
        "batches": np.array(7),
    }
    found = read_tensors(written(tensors))
    assert list(found) == list(tensors)
    for name, values in tensors.items():
        assert np.array_equal(found[name], values) and found[name].dtype == values.dtype


def test_the_reader_runs_nothing():
    for thing in (shutil.rmtree, Path("x")):
        with pytest.raises(pickle.UnpicklingError, match="does not belong"):
            read_tensors(pickle.dumps(thing))


class GitHub:
    """A release that lies on another host, and a robots.txt that shuts downloads to those who crawl."""

    hosts = ("github.com", "release-assets.githubusercontent.com", "elsewhere.example")

    def __init__(self) -> None:
        self.leads_to, self.file = "release-assets.githubusercontent.com", b""

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response.of_text("User-agent: *\nDisallow: /*/download\n")
        if request.host == "github.com":
            return Response(302, {"Location": f"https://{self.leads_to}/asset?sig=a%2Fb%3D"})
        assert request.query == {"sig": "a/b="}
        return Response(200, {"Content-Type": "application/octet-stream"}, self.file)


@pytest.fixture(scope="module")
def running() -> Iterator[Internet]:
    with Internet(GitHub()) as internet:
        yield internet


@pytest.fixture
def github(running: Internet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GitHub:
    running.heal()
    running.use(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (site,) = running.sites
    assert isinstance(site, GitHub)
    site.__init__()
    return site


def test_weights_are_fetched_once(github, running, monkeypatch):
    github.file = older_file(inception_tensors(16))
    monkeypatch.setattr(inception, "_SHA256", hashlib.sha256(github.file).hexdigest())
    pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    first = Features("inception")(pictures)
    assert first.shape == (2, 128) and first.std() > 0
    running.cut()
    assert np.array_equal(Features("inception")(pictures), first)


def test_another_file_is_refused_before_it_is_opened(github):
    github.file = pickle.dumps(shutil.rmtree)
    with pytest.raises(DamagedError, match=r"github\.com.* is not the file") as refused:
        Features("inception")
    assert "lite0" in refused.value.hint and not inception.weights_path().exists()
    inception.weights_path().parent.mkdir(parents=True, exist_ok=True)
    inception.weights_path().write_bytes(github.file)
    with pytest.raises(DamagedError, match=FILE) as refused:
        Features("inception")
    assert "remove it" in refused.value.hint


def test_no_other_host_is_asked_and_no_larger_file_is_taken(github, monkeypatch):
    github.leads_to = "elsewhere.example"
    with pytest.raises(RemoteError, match=r"elsewhere\.example"):
        Features("inception")
    github.leads_to, github.file = "release-assets.githubusercontent.com", bytes(2000)
    monkeypatch.setattr(inception, "BYTES", 1000)
    with pytest.raises(RemoteError, match="too large"):
        Features("inception")
    assert not [path for path in inception.weights_path().parent.glob("*") if path.is_file()]


def test_without_a_network_the_file_and_its_place_are_named(github, running):
    running.cut()
    with pytest.raises(RemoteError, match="weights of Inception-v3") as refused:
        Features("inception")
    assert str(inception.weights_path()) in refused.value.hint and f"/fid_weights/{FILE}" in refused.value.hint

"""Hostile and broken model files: an error that says why, and nothing has run."""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from artgan.errors import ArtganError, DamagedError, UnsafeFileError
from artgan.models.files import load_generator, save_generator


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that exists only when something in a hostile file has run."""
    return tmp_path / "it-ran"


@pytest.fixture
def good(generator, tmp_path: Path) -> Path:
    save_generator(generator, tmp_path / "good.keras")
    return tmp_path / "good.keras"


def touching(marker: Path):
    return eval(f"lambda x: [__import__('pathlib').Path({str(marker)!r}).touch(), x][1]")


def repacked(good: Path, name: str, change) -> Path:
    """Write a .keras file like ``good``, its description changed in place or its members replaced."""
    with zipfile.ZipFile(good) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    config = json.loads(members["config.json"])
    change(members, config)
    if "config.json" in members:
        members["config.json"] = members["config.json"] if config is None else json.dumps(config).encode()
    path = good.with_name(name)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def refused(path: Path, marker: Path, sentence: str, error: type[ArtganError] = UnsafeFileError) -> None:
    with pytest.raises(error, match=sentence):
        load_generator(path)
    assert not marker.exists()


def test_lambda_layers_do_not_run(marker, tmp_path):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Lambda(touching(marker), output_shape=(8,))])
    for name in ("lambda.keras", "lambda.h5"):
        model.save(tmp_path / name)
        marker.unlink(missing_ok=True)
        refused(tmp_path / name, marker, "'(keras.layers.)?Lambda'")
        # The weapon is loaded: without safe mode this very file runs.
        keras.models.load_model(tmp_path / name, safe_mode=False)(np.zeros((1, 8)))
        assert marker.exists()
        marker.unlink()


def test_lambda_in_an_old_file_does_not_run(write_keras2, keras2_entries, generator, marker, tmp_path):
    code = base64.b64encode(marshal.dumps(touching(marker).__code__)).decode()
    settings = {"name": "evil", "function": [code, None, None], "function_type": "lambda", "arguments": {}}
    entries = [*keras2_entries(generator, "2.2.4"), {"class_name": "Lambda", "config": settings}]
    write_keras2(tmp_path / "gen_1.h5", generator, "2.2.4", entries=entries)
    refused(tmp_path / "gen_1.h5", marker, "'evil' is a Lambda", DamagedError)


HOSTILE = {
    "os": {"module": "os", "class_name": "system", "config": {"command": "touch it-ran"}, "registered_name": None},
    "builtins": {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"},
    "lambda": {"class_name": "__lambda__", "config": {"value": ["", None, None]}},
    "typespec": {"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": [], "registered_name": None},
    "download": {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://x"}},
    "saved model": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/"}},
    "torch": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "x"}},
    "reads a file": {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    "alias": {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": "evil>Dense"},
    "no class": {"module": "subprocess", "config": {}},
    "odd types": {"class_name": ["os"], "module": {"a": 1}, "config": {}},
}


@pytest.mark.parametrize("evil", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("place", ["model", "layer", "initializer", "activation", "argument"])
def test_descriptions_may_name_only_harmless_layers(good, marker, evil, place):
    def change(_members, config):
        dense = config["config"]["layers"][1]
        if place == "model":
            config.clear()
            config.update(evil)
        elif place == "layer":
            config["config"]["layers"][1] = evil
        elif place == "initializer":
            dense["config"]["kernel_initializer"] = evil
        elif place == "activation":
            dense["config"]["activation"] = evil
        else:
            dense["inbound_nodes"][0]["kwargs"]["mask"] = [[evil]]

    refused(repacked(good, "evil.keras", change), marker, "asks for")


def test_the_layer_that_asks_is_named(good, marker):
    path = repacked(good, "evil.keras", lambda _, config: config["config"]["layers"][2].update(module="os"))
    refused(path, marker, r"'os.Reshape' \(layer 'reshape")


@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/evil.txt", "assets/vocabulary.txt", "model.weights.npz"])
def test_an_archive_holds_a_model_and_nothing_else(good, marker, name):
    refused(repacked(good, "evil.keras", lambda members, _: members.update({name: b"evil"})), marker, "besides a model")
    assert not (good.parents[1] / "evil.txt").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(good, marker):
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("config.json", b"{}")
    refused(good, marker, "the same member twice")


def test_zip_bombs_and_encryption_are_refused(good, marker, tmp_path):
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in archive.namelist():
            bomb.writestr(name, b" " * 2**24 if name == "config.json" else archive.read(name))
    refused(tmp_path / "bomb.keras", marker, "would unpack from")

    locked = bytearray(good.read_bytes())
    at = locked.index(b"PK\x01\x02") + 8
    locked[at : at + 2] = struct.pack("<H", 1)
    good.write_bytes(locked)
    refused(good, marker, "encrypted")


def external_link(file):
    file["model_weights/other"] = h5py.ExternalLink("/etc/passwd", "/")


def soft_link(file):
    file["model_weights/other"] = h5py.SoftLink("/anywhere")


def external_array(file):
    file.create_dataset("model_weights/other", (64,), "u1", external=[("/etc/passwd", 0, 64)])


def virtual_array(file):
    layout = h5py.VirtualLayout((64,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (64,))
    file.create_virtual_dataset("model_weights/other", layout)


def huge_array(file):
    file.create_dataset("model_weights/other", (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def text_array(file):
    file["model_weights/other"] = ["text"]


@pytest.mark.parametrize(
    ("add", "sentence"),
    [
        (external_link, "a link to '/etc/passwd'"),
        (soft_link, "a link to '/anywhere'"),
        (external_array, "lie in another file"),
        (virtual_array, "lie in another file"),
        (huge_array, "unpack to 4,000,000,000,000 bytes"),
        (text_array, "not an array of numbers"),
    ],
)
def test_weights_stay_inside_their_file(write_keras2, generator, good, marker, tmp_path, add, sentence):
    write_keras2(tmp_path / "gen_1.h5", generator, "2.4.0")
    generator.save(tmp_path / "gen_2.h5")
    for name in ("gen_1.h5", "gen_2.h5"):
        with h5py.File(tmp_path / name, "r+") as file:
            add(file)
        refused(tmp_path / name, marker, sentence)

    def change(members, _):
        weights = io.BytesIO(members["model.weights.h5"])
        with h5py.File(weights, "r+") as file:
            add(file)
        members["model.weights.h5"] = weights.getvalue()

    refused(repacked(good, "evil.keras", change), marker, sentence)


def test_an_attribute_that_would_kill_the_process_is_not_read(generator, marker, tmp_path):
    generator.save(tmp_path / "gen.h5")
    content = bytearray((tmp_path / "gen.h5").read_bytes())
    with h5py.File(tmp_path / "gen.h5") as file:
        kind = file.attrs.get_id("model_config").get_type()
        assert kind.is_variable_str()
    # In an HDF5 type message of class 9 (variable length), version 1, this bit tells a text from an array.
    at = content.index(b"model_config\0")
    at = content.index(b"\x19\x01", at)
    content[at + 1] = 0
    (tmp_path / "gen.h5").write_bytes(content)
    refused(tmp_path / "gen.h5", marker, "'model_config' is neither text nor number", DamagedError)


def test_a_hard_link_in_a_circle_ends(generator, tmp_path):
    generator.save(tmp_path / "gen.h5")
    with h5py.File(tmp_path / "gen.h5", "r+") as file:
        file["model_weights/round"] = file["/"]
    load_generator(tmp_path / "gen.h5")


def test_pickles_are_not_unpickled(marker, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    for name in ("gen.h5", "gen.keras"):
        (tmp_path / name).write_bytes(pickle.dumps(Evil()))
        refused(tmp_path / name, marker, "it is a pickle")
    with zipfile.ZipFile(tmp_path / "gen.keras", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil()))
    refused(tmp_path / "gen.keras", marker, "PyTorch")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html><body>404</body>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"\x93NUMPY", "neither"),
        (b"PK\x03\x04 and no more", "cut short"),
        (b"\x89HDF\r\n\x1a\n and no more", "cut short"),
    ],
)
def test_what_is_no_model_is_said(marker, tmp_path, content, sentence):
    (tmp_path / "gen.h5").write_bytes(content)
    refused(tmp_path / "gen.h5", marker, sentence, DamagedError)


def test_a_file_cut_anywhere_is_damaged(write_keras2, generator, good, marker, tmp_path):
    write_keras2(tmp_path / "old.h5", generator, "2.2.4")
    generator.save(tmp_path / "new.h5")
    for whole in (good, tmp_path / "old.h5", tmp_path / "new.h5"):
        content = whole.read_bytes()
        for cut in (*range(8, len(content), len(content) // 12), len(content) - 1):
            (tmp_path / "cut.h5").write_bytes(content[:cut])
            refused(tmp_path / "cut.h5", marker, "cut.h5", DamagedError)


def test_flipped_bytes_in_the_archive_are_damage_by_checksum(good, marker):
    content = bytearray(good.read_bytes())
    content[content.index(b'"units"') + 12] ^= 1
    good.write_bytes(content)
    refused(good, marker, "cut short or damaged", DamagedError)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(b"[1, 2]", "is not one"), (b"{", "damaged"), (b"[" * 100_000, "nested without end"), (b"\xff\xfe", "damaged")],
)
def test_descriptions_that_are_none(good, marker, text, sentence):
    def change(members, _):
        members["config.json"] = text

    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members, None)
    with zipfile.ZipFile(good, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    refused(good, marker, sentence, DamagedError)


def test_weights_without_a_network_are_told_apart(generator, marker, tmp_path):
    generator.save_weights(tmp_path / "gen.weights.h5")
    refused(tmp_path / "gen.weights.h5", marker, "does not describe the layers", DamagedError)

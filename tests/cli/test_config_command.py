"""config: where values come from, and changing them."""

from __future__ import annotations


def origins(studio) -> dict[str, tuple[object, str]]:
    return {name: (item["value"], item["origin"]) for name, item in studio.json("config", "show").items()}


def test_every_origin_wins_over_the_one_below(studio, monkeypatch):
    assert origins(studio)["size"] == (64, "default")
    assert origins(studio)["kimg"] == ({"fast": 600, "quality": 2000}, "preset auto")
    user = studio.path.parent / "config" / "artgan.toml"
    user.parent.mkdir()
    user.write_text("size = 8\nseed = 8\nbatch_size = 8\ngrid = 8\n")
    assert origins(studio)["size"] == (8, str(user))
    (studio.path / "pyproject.toml").write_text("[tool.artgan]\nsize = 16\nseed = 16\nbatch-size = 16\n")
    assert origins(studio)["size"] == (16, "pyproject.toml")
    (studio.path / "artgan.toml").write_text("size = 32\nseed = 32\n")
    monkeypatch.setenv("ARTGAN_SIZE", "128")
    found = origins(studio)
    assert found["size"] == (128, "ARTGAN_SIZE")
    assert found["seed"] == (32, "artgan.toml")
    assert found["batch_size"] == (16, "pyproject.toml")
    assert found["grid"] == (8, str(user))
    page = studio.artgan("train", "--help").stdout
    assert "[128, from ARTGAN_SIZE]" in " ".join(page.split())
    table = studio.artgan("config", "show", "--origin").stdout
    assert ["size", "128", "ARTGAN_SIZE"] in [line.split() for line in table.splitlines()]


def test_a_preset_from_the_settings_brings_its_values(studio):
    (studio.path / "artgan.toml").write_text('preset = "keragan"\nlr = 0.5\n')
    found = origins(studio)
    assert found["loss"] == ("bce", "preset keragan")
    assert found["lr"] == (0.5, "artgan.toml")


def test_set_keeps_comments_and_types(studio):
    file = studio.path / "artgan.toml"
    file.write_text("# my studio\nsize = 64  # small\n")
    for args in (["size", "128"], ["lr", "0.001"], ["mirror", "no"], ["save-every", "5m"], ["dataset", "flowers"]):
        assert studio.artgan("config", "set", *args).exit_code == 0
    assert file.read_text() == (
        '# my studio\nsize = 128  # small\nlr = 0.001\nmirror = false\nsave_every = "5m"\ndataset = "flowers"\n'
    )
    assert studio.artgan("config", "set", "lr", "--unset").exit_code == 0
    assert "lr" not in file.read_text()
    assert origins(studio)["save_every"] == (300.0, "artgan.toml")


def test_set_for_the_user(studio):
    path = studio.path.parent / "config" / "artgan.toml"
    assert studio.json("config", "set", "seed", "3", "--user") == {"path": str(path), "name": "seed", "value": 3}
    assert origins(studio)["seed"] == (3, str(path))
    scopes = {row["scope"]: (row["path"], row["exists"]) for row in studio.json("config", "path")}
    assert scopes == {"folder": (str(studio.path / "artgan.toml"), False), "user": (str(path), True)}


def test_set_refuses_what_is_wrong(studio):
    for args in (["sise", "3"], ["size", "65"], ["lr", "99"], ["lr", "much"], ["size"]):
        assert studio.artgan("config", "set", *args).exit_code == 2, args
    assert not (studio.path / "artgan.toml").exists()


def test_a_misspelt_setting_is_told(studio):
    (studio.path / "artgan.toml").write_text("sise = 64\n")
    assert "'sise' is not a setting; did you mean 'size'?" in studio.artgan("config", "show").stderr
    assert "'sise' is not a setting" in studio.artgan("train").stderr


def test_a_broken_file_is_an_error_and_never_in_the_way_of_help(studio):
    (studio.path / "artgan.toml").write_text("size = = 3")
    result = studio.artgan("config", "show")
    assert result.exit_code == 2 and "artgan.toml is not valid TOML" in result.stderr
    assert studio.artgan("train", "--help").exit_code == 0
    assert studio.artgan("config", "set", "size", "32").exit_code == 2


def test_a_refused_value_says_where_it_comes_from(studio):
    studio.dataset()
    (studio.path / "artgan.toml").write_text("size = 65\n")
    result = studio.artgan("train")
    assert result.exit_code == 2
    assert "size 65" in result.stderr and "it comes from artgan.toml" in result.stderr


def test_nothing_of_other_variables_is_printed(studio, monkeypatch):
    monkeypatch.setenv("ARTGAN_TOKEN", "s3cret")
    for args in (["config", "show"], ["config", "show", "--origin"], ["config", "show", "--json"]):
        result = studio.artgan(*args)
        assert "s3cret" not in result.stdout + result.stderr

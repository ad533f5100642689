"""What is kept of a run, what is found in it, and what happens when it goes away."""

from __future__ import annotations

import json
import shutil
import threading

import numpy as np

from artgan.runs.store import STARTER


def recipe(run, seed=1, **more):
    return {"run": run.name, "z": {"seed": seed}, **more}


def test_stars_are_named_taken_away_and_brought_back(page, run):
    place = f"/api/run/{run.name}"
    star = page.post(f"{place}/stars", {"recipe": recipe(run, 7, psi=0.8), "name": " dusk "})
    assert star["name"] == "dusk" and star["recipe"]["psi"] == 0.8
    assert page.ask("PATCH", f"{place}/stars/{star['id']}", {"name": "<b>dawn</b>"}).json["name"] == "<b>dawn</b>"
    page.ask("DELETE", f"{place}/stars/{star['id']}")
    assert page.get(place)["stars"] == []
    page.ask("DELETE", f"{place}/stars/{star['id']}", code=404)
    page.post(f"{place}/stars/{star['id']}/restore", {})
    assert [one["name"] for one in page.get(place)["stars"]] == ["<b>dawn</b>"]


def test_the_history_is_kept_and_bounded(page, run):
    for seed in (1, 2, 2, 3):
        page.post(f"/api/run/{run.name}/history", {"recipe": recipe(run, seed)})
    assert [one["z"]["seed"] for one in page.get(f"/api/run/{run.name}")["history"]] == [1, 2, 3]
    for seed in range(210):
        page.post(f"/api/run/{run.name}/history", {"recipe": recipe(run, seed)})
    assert len(page.get(f"/api/run/{run.name}")["history"]) == 200


def test_two_tabs_keep_each_other_s_stars(page, run):
    def star(seed):
        page.post(f"/api/run/{run.name}/stars", {"recipe": recipe(run, seed)})

    tabs = [threading.Thread(target=star, args=(seed,)) for seed in range(12)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(page.get(f"/api/run/{run.name}")["stars"]) == 12


def test_what_is_damaged_is_said_and_left_alone(page, run):
    (run.path / "studio").mkdir()
    path = run.path / "studio" / "studio.json"
    path.write_text("{")
    assert "studio.json" in page.ask("GET", f"/api/run/{run.name}", code=422).json["error"]
    page.ask("POST", f"/api/run/{run.name}/stars", {"recipe": recipe(run)}, code=422)
    assert path.read_text() == "{"


def test_directions_are_found_once_and_named(page, run):
    place = f"/api/run/{run.name}"
    assert page.get(place)["directions_state"] == "none"
    assert page.done(page.post(f"{place}/directions/find", {}))["state"] == "done"
    found = page.get(f"{place}/directions")["directions"]
    shares = [one["share"] for one in found]
    assert shares[0] > 0 and shares == sorted(shares, reverse=True)
    named = page.post(f"{place}/directions/d0", {"name": "more sky"})
    assert named["directions"][0]["name"] == "more sky"
    still = page.ask("POST", "/api/paint", {"recipes": [recipe(run)]}).data
    moved = {**recipe(run), "moves": [{"direction": "d0", "amount": 2.5}]}
    assert page.ask("POST", "/api/paint", {"recipes": [moved]}).data != still
    moved["moves"][0]["amount"] = 0
    assert page.ask("POST", "/api/paint", {"recipes": [moved]}).data == still


def test_a_run_that_is_deleted_while_it_is_open(page, run):
    page.ask("POST", "/api/paint", {"recipes": [recipe(run)]})
    shutil.rmtree(run.path)
    for method, path, value in (
        ("GET", f"/api/run/{run.name}", None),
        ("POST", "/api/paint", {"recipes": [recipe(run)]}),
        ("POST", f"/api/run/{run.name}/stars", {"recipe": recipe(run)}),
        ("GET", f"/api/run/{run.name}/learning", None),
    ):
        answer = page.ask(method, path, value, code=404)
        assert "not there any more" in answer.json["error"] and answer.json["hint"]
    assert [row["name"] for row in page.get("/api/runs")] == [STARTER] and not run.path.exists()


def test_how_a_run_learns_is_told_thinned_but_with_every_judgement(page, run):
    lines = [{"step": n, "epoch": n // 10, "seconds": n, "d_loss": 0.6, "g_loss": 0.8} for n in range(1, 3001)]
    lines[1500]["kid_lite0"] = 0.2
    lines[-1]["verdict"] = "learning"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    run.metrics_path.write_text(text + '{"step": 3001, "d_lo')  # it is being written
    told = page.get(f"/api/run/{run.name}/learning")
    assert len(told["ticks"]) < 600 and [t["kid"] for t in told["ticks"] if t["kid"]] == [0.2]
    assert told["ticks"][-1]["step"] == 3000 and told["verdict"] == "learning"
    assert page.get(f"/api/run/{run.name}/learning?after=2998")["ticks"][0]["step"] == 2999
    assert page.ask("GET", f"/api/run/{run.name}/sheet?name=../run.json", code=404)


def test_latents_go_out_and_come_in(page, run):
    data = page.ask("POST", "/api/latent", {"recipe": recipe(run, 5)}).data
    told = page.ask("POST", f"/api/run/{run.name}/latents", data=data).json
    assert told["count"] == 1 and len(told["latents"][0]) == 6
    for bad, code in ((b"", 422), (b"\x93NUMPY", 422), (np.zeros(3).tobytes(), 422)):
        page.ask("POST", f"/api/run/{run.name}/latents", data=bad, code=code)


def test_a_walk_becomes_a_film(page, run, tmp_path):
    walk = {"recipes": [recipe(run, 1), recipe(run, 2)], "frames": 12, "format": "webp"}
    told = page.done(page.post("/api/film", walk))
    assert told["state"] == "done" and (tmp_path / "pictures").exists(), told
    assert page.post("/api/film", walk | {"recipes": [recipe(run, 1)]}, code=400)["error"]
    other = page.done(page.post("/api/film", walk | {"recipes": [recipe(run, 1), recipe(run, 2, epoch=1)]}))
    assert other["state"] == "failed" and other["hint"]


def test_the_starter_s_things_lie_beside_the_runs(page, tmp_path):
    page.post(f"/api/run/{STARTER}/stars", {"recipe": {"run": STARTER, "z": {"seed": 1}}})
    assert (tmp_path / "runs" / ".studio" / "starter" / "studio.json").is_file()


def test_what_is_kept_is_told_without_opening_the_network(page, run):
    place = f"/api/run/{run.name}"
    star = page.post(f"{place}/stars", {"recipe": recipe(run, 7), "name": "dusk"})
    page.post(f"{place}/directions/d0", {"name": "more sky"})
    assert page.get(f"{place}/notes") == {"stars": [star], "directions_state": "none", "directions": []}

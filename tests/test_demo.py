from __future__ import annotations

from pathlib import Path

from quick import QUICK

from artgan import images
from artgan.demo import DemoFinished, demo
from artgan.training.events import Trained


def test_the_demo_ends_with_a_sheet_and_goes_on_from_what_is_there(tmp_path: Path) -> None:
    options = {"size": 8, "time": 0.5, "batch_size": 4, "save_every": 0.1}
    options |= QUICK
    *_, done = demo(tmp_path / "show", options, paintings=6)
    assert isinstance(done, DemoFinished)
    (sheet,) = images.read_all([done.sheet])
    assert sheet.shape[1] == 10 * 100 + 4 and sheet.std() > 20
    assert images.read_metadata(done.sheet)["run"] == done.run
    painted = {path: path.stat().st_mtime_ns for path in (tmp_path / "show" / "paintings").iterdir()}
    assert len(painted) == 6

    events = list(demo(tmp_path / "show", options, paintings=6, should_stop=lambda: True))
    assert {path: path.stat().st_mtime_ns for path in painted} == painted
    assert [event.state for event in events if isinstance(event, Trained)] == ["stopped"]
    assert isinstance(events[-1], DemoFinished) and events[-1].run != done.run

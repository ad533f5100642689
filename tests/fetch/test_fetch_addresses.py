"""A table of addresses, through the same downloader."""

from __future__ import annotations

from pathlib import Path

import together
from internet import Internet, Request, Response, faults
from internet.pictures import draw, encode
from lying import dataset


class Shop:
    """Two hosts that have nothing to do with WikiArt."""

    hosts = ("www.example.org", "pictures.example.net")

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response.of_html("<h1>Not Found</h1>", 404)
        return Response(200, {"Content-Type": "image/jpeg"}, encode(draw(request.path, 200, 160)))


TABLE = """image,artist,title
https://www.example.org/a.jpg,Anna,Roses
https://pictures.example.net/b.jpg,Berthe,"Lilies, white"
https://pictures.example.net/gone.jpg,Berthe,Gone
https://www.example.org/away.jpg,Carl,Away
https://192.168.0.1/c.jpg,,
http://www.example.org/d.jpg,,
not an address,,
"""


@together.test()
def test_a_table_of_addresses_becomes_a_dataset(place: Path) -> None:
    (place / "addresses.csv").write_text(TABLE, "utf-8")
    with Internet(Shop()) as internet:
        internet.inject("*/gone.jpg", faults.status(404))
        internet.inject("*/away.jpg", faults.redirect("https://evil.example/x.jpg"))
        done = internet.quick("import", "addresses.csv", "--name", "shop", cwd=place)
        found = dataset(place, "shop")
        found.is_sound()
        kept = {found.records[name]["image_url"]: found.records[name] for name in found.kept}
        assert {"https://www.example.org/a.jpg", "https://pictures.example.net/b.jpg"} <= set(kept), done.stderr
        assert kept["https://pictures.example.net/b.jpg"]["title"] == "Lilies, white"
        assert len(found.kept) <= 3 and done.returncode == 5, done.stderr
        assert internet.proxy.refused() == [], "no host that is not in the file, none that is private"
        before = found.tree()
        internet.log.clear()
        internet.quick("import", "addresses.csv", "--name", "shop", cwd=place)
        assert set(internet.log.counts(path="*.jpg")) <= {"/away.jpg"}
        assert found.tree() == before

"""When a site does not want to be asked, or answers nonsense: everything stops, says why, and can go on later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import together
from internet import Fault, Internet, Request, faults
from internet.wikiart import PICTURES, LocalWikiArt, Work, drawn_works
from lying import dataset

LISTING = "*/en/paintings-by-genre/flower-painting*"
ROBOTS = "*/robots.txt"


def nothing_lies_in(place: Path) -> bool:
    return [path for path in place.rglob("*") if path.name != "datasets"] == []


def is_late(works: list[Work]) -> Callable[[Request], bool]:
    """Match the pictures from the seventh on."""
    paths = {work.picture_path for work in works[6:]}
    return lambda request: request.path in paths


@together.test(
    seconds=14,
    challenge=(faults.challenge(), "keeps programs out", 1),
    forbidden=(faults.status(403), "403, forbidden, twice", 2),
    asks_for_an_hour=(faults.status(429, retry_after="3600"), "asks to wait 3600 s", 1),
)
def test_a_block_stops_everything_and_the_same_command_goes_on(
    place: Path, fault: Fault, said: str, asked: int
) -> None:
    works = drawn_works(12)
    with Internet(LocalWikiArt(works)) as internet:
        internet.inject(is_late(works), fault)
        done = internet.quick("fetch", "flowers", cwd=place)
        assert done.returncode == 6, done.stderr
        assert f"{said}" in done.stderr.partition("error: ")[2] and "Traceback" not in done.stderr
        assert "hint: " in done.stderr and "the same command again" in done.stderr
        refused = [seen for seen in internet.log.requests(PICTURES) if seen.status != 200]
        refused = [seen for seen in refused if not seen.path.endswith("robots.txt")]
        assert asked <= len(refused) <= 4 + asked, "what was under way, and no more"
        found = dataset(place)
        kept = set(found.kept)
        assert len(kept) >= 2 and kept <= {work.id for work in works[:6]}
        assert set(found.records) == kept, "no thousand failures are noted"
        found.is_sound()

        internet.heal()
        internet.log.clear()
        again = internet.quick("fetch", "flowers", cwd=place)
        assert again.returncode == 0, again.stderr
        assert internet.log.counts(PICTURES, "*images*") == {w.picture_path: 1 for w in works if w.id not in kept}
        assert found.kept == [work.id for work in works]


CHALLENGED = "keeps programs out: it answers 403 with a challenge page of Cloudflare"


@together.test(
    challenge=(LISTING, faults.challenge(), CHALLENGED, 6, 1),
    forbidden=(LISTING, faults.status(403), "www.wikiart.org answered 403, forbidden, twice", 6, 2),
    quota=(LISTING, faults.quota(), "free quota is spent", 6, 2),
    two_hours=(LISTING, faults.status(429, retry_after="7200"), "asks to wait 7200 s", 6, 1),
    page=(LISTING, faults.html(), "a web page instead of its list", 6, 2),
    half_json=(LISTING, faults.body(b'{"Paintings": [{"id"', "application/json"), "no JSON", 6, 2),
    nothing=(LISTING, faults.body(b"", "application/json"), "no JSON", 6, 2),
    list=(LISTING, faults.body(b"[1, 2]", "application/json"), "no list of works", 6, 2),
    number=(LISTING, faults.body(b'{"Paintings": 7}', "application/json"), "another make", 6, 2),
    empty_beside_a_count=(
        LISTING,
        faults.body(b'{"Paintings": null, "AllPaintingsCount": 9}', "application/json"),
        "empty list",
        6,
        2,
    ),
    empty_genre=(
        LISTING,
        faults.body(b'{"Paintings": null, "AllPaintingsCount": 0}', "application/json"),
        "no works",
        4,
        1,
    ),
    nested=(LISTING, faults.nested(), "no JSON", 6, 2),
    gzip_bomb=(LISTING, faults.gzip_bomb(), "too large", 6, 1),
    endless=(LISTING, faults.huge(), "too large", 6, 1),
    redirect_elsewhere=(LISTING, faults.redirect("https://www.example.com/en/"), "redirect: to www.example.com", 6, 1),
    redirect_http=(LISTING, faults.redirect("http://www.wikiart.org/en/"), "redirect: to http", 6, 1),
    redirect_private=(LISTING, faults.redirect("https://10.0.0.1/"), "redirect:", 6, 1),
    redirect_loop=(LISTING, faults.redirect_loop(), "redirect: in a circle", 6, 2),
    robots=(ROBOTS, faults.body(b"User-agent: *\nDisallow: /\n"), "asks programs not to read", 6, 0),
    robots_by_name=(ROBOTS, faults.body(b"User-agent: artgan\nDisallow: /en/\n"), "asks programs not to read", 6, 0),
)
def test_a_listing_that_cannot_be_read_fails_loudly(
    place: Path, pattern: str, fault: Fault, said: str, code: int, most: int
) -> None:
    """One sentence and a hint, nothing on stdout, nothing on disk, no request too many."""
    with Internet(LocalWikiArt(5)) as internet:
        internet.inject(pattern, fault)
        done = internet.quick("fetch", "flowers", cwd=place, timeout=200)
        error = done.stderr.partition("error: ")[2]
        assert said in error.replace("\n", " "), done.stderr
        assert (done.returncode, done.stdout) == (code, "")
        assert "hint: " in error and "Traceback" not in done.stderr
        assert len(internet.log.requests(path="*flower-painting*")) <= most
        assert internet.log.requests(PICTURES) == [] and internet.proxy.refused() == []
        assert nothing_lies_in(place)


@together.test(page=("404",), redirect=("302",), empty=("null",))
def test_a_genre_that_the_site_has_not_is_not_found(place: Path, unknown: Any) -> None:
    """The word is known to artgan, the page is gone from the site, whatever the site says then."""
    with Internet(LocalWikiArt(3, unknown=unknown)) as internet:
        done = internet.quick("fetch", "tapestry", cwd=place, timeout=200)
        assert done.returncode == 4, done.stderr
        assert "error: WikiArt lists no works for genre tapestry" in done.stderr
        assert nothing_lies_in(place)


@together.test()
def test_a_listing_in_passing_trouble_is_read(place: Path) -> None:
    works = drawn_works(3)
    with Internet(LocalWikiArt(works, past_end="html", strict=True)) as internet:
        for fault in (faults.status(503), faults.reset(), faults.html()):
            internet.inject(LISTING, fault, times=1)
        done = internet.quick("fetch", "flowers", cwd=place)
        assert done.returncode == 0, done.stderr
        assert dataset(place).kept == [work.id for work in works]


@together.test()
def test_robots_txt_may_be_missing_and_may_slow_down(place: Path) -> None:
    with Internet(LocalWikiArt(2, robots="User-agent: *\nCrawl-delay: 2\n")) as internet:
        assert internet.quick("fetch", "flowers", "--dry-run", cwd=place).returncode == 0
        first, second = internet.log.requests("www.*")[:2]
        assert first.path == "/robots.txt" and second.time - first.time > 1.9
    with Internet(LocalWikiArt(2, robots=404)) as internet:
        assert internet.quick("fetch", "flowers", "--dry-run", cwd=place).returncode == 0


@together.test()
def test_an_untrusted_certificate_stops_it(place: Path) -> None:
    import certifi

    with Internet(LocalWikiArt(2)) as internet:
        done = internet.quick("fetch", "flowers", cwd=place, REQUESTS_CA_BUNDLE=certifi.where())
        assert done.returncode == 6 and "certificate of www.wikiart.org is not to be trusted" in done.stderr
        assert internet.log.requests() == []


@together.test()
def test_a_program_says_who_it_is(place: Path) -> None:
    with Internet(LocalWikiArt(2)) as internet:
        internet.quick("fetch", "flowers", cwd=place)
        for seen in internet.log.requests():
            agent = seen.headers["user-agent"]
            assert agent.startswith("artgan/") and "Mozilla" not in agent and "python-requests" not in agent
            assert "cookie" not in seen.headers
        page = internet.log.requests(path="*flower-painting*")[0]
        assert page.headers["x-requested-with"] == "XMLHttpRequest" and "json" in page.headers["accept"]

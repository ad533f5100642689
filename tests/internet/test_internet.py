"""The local internet does what the tests that rely on it believe."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests
from bs4 import BeautifulSoup
from PIL import Image

from . import NOON, Internet, Request, Response, faults, met
from .wikiart import FRAME, LocalWikiArt, Work, drawn_work, drawn_works

LISTING = "https://www.wikiart.org/en/paintings-by-genre/flower-painting?json=2&page="
OBJECTS = "https://collectionapi.metmuseum.org/public/collection/v1"


@pytest.fixture(scope="module")
def site() -> LocalWikiArt:
    return LocalWikiArt([*drawn_works(130, side=64), drawn_work(900, genre="portrait", width=1300, height=780)])


@pytest.fixture(scope="module")
def running(site: LocalWikiArt) -> Iterator[Internet]:
    museum = met.LocalMet([*met.met_objects(3), met.MetObject(7, tags=(), found_by=("flowers",))], gone=[1001])
    with Internet(site, museum, date=NOON) as internet:
        yield internet


@pytest.fixture
def internet(running: Internet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    running.use(monkeypatch)
    running.log.clear()
    yield running
    running.heal()


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=5, **options)


def test_known_hosts_answer_over_verified_tls(internet: Internet) -> None:
    assert get("https://www.wikiart.org/robots.txt").text.startswith("User-agent: *\nAllow: /")
    with pytest.raises(requests.exceptions.SSLError):
        get("https://www.wikiart.org/robots.txt", verify=certifi.where())


@pytest.mark.parametrize("url", ["https://example.com/", "https://127.0.0.1/", "https://www.wikiart.org:8443/"])
def test_no_other_host_exists(internet: Internet, url: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        get(url)
    assert url.split("/")[2].split(":")[0] in internet.proxy.refused()[-1]


def test_plain_http_is_seen_and_refused(internet: Internet) -> None:
    assert get("http://www.wikiart.org/robots.txt").status_code == 403
    assert internet.proxy.refused()[-1] == "http://www.wikiart.org/robots.txt"


def test_the_environment_of_a_program_is_complete(internet: Internet) -> None:
    code = "import requests; print(requests.get('https://uploads3.wikiart.org/Content/images/FRAME-600x480.jpg').status_code)"
    done = subprocess.run([sys.executable, "-c", code], env=internet.env, capture_output=True, text=True)
    assert done.stdout.strip() == "200", done.stderr
    assert internet.log.requests("uploads3.*")[0].headers["user-agent"].startswith("python-requests")


def test_the_cable_can_be_pulled_and_put_back(internet: Internet) -> None:
    with requests.Session() as session:
        assert session.get(LISTING + "1").ok
        internet.cut()
        for _ in range(2):
            with pytest.raises(requests.exceptions.ConnectionError):
                session.get(LISTING + "1", timeout=5)
        internet.heal()
        assert session.get(LISTING + "1", timeout=5).ok


def test_the_log_counts(internet: Internet) -> None:
    with requests.Session() as session:
        for page in (1, 1, 2):
            session.get(LISTING + str(page))
        time.sleep(1.01)
        session.get(LISTING + "3")
    assert [seen.target[-1] for seen in internet.log.requests("www.*")] == ["1", "1", "2", "3"]
    assert internet.log.busiest_second("www.*") == 3
    assert internet.log.counts("www.*", "*flower*").total() == 4
    assert internet.log.requests("uploads*") == []


def test_the_clock_can_stand_still(internet: Internet) -> None:
    assert get(LISTING + "1").headers["Date"] == "Tue, 03 Nov 2026 12:00:00 GMT"


# --- the local WikiArt ---


def test_a_listing_has_the_envelope_and_ends(internet: Internet, site: LocalWikiArt) -> None:
    pages = [get(LISTING + str(page)).json() for page in (1, 2, 3, 4)]
    assert list(pages[0])[2] == "Paintings" and pages[0]["AllPaintingsCount"] == 130 and pages[0]["PageSize"] == 60
    assert [len(page["Paintings"] or []) for page in pages] == [60, 60, 10, 0]
    assert pages[3]["Paintings"] is None
    first = pages[0]["Paintings"][0]
    assert list(first)[:4] == ["id", "title", "year", "width"] and re.fullmatch("[0-9a-f]{24}", first["id"])
    assert pages[0]["Paintings"][3]["title"] == "Peonies &amp; Lilacs No. 3"


def test_pages_past_the_end_and_unknown_words_answer_as_told() -> None:
    def ask(path: str, **options: Any) -> Any:
        return LocalWikiArt(2, **options).answer(Request("GET", "www.wikiart.org", path, {}, b"", NOON))

    past = "/en/paintings-by-genre/flower-painting?json=2&page=9"
    assert json.loads(ask(past, past_end="[]").body)["Paintings"] == []
    assert ask(past, past_end="html").headers["Content-Type"].startswith("text/html")
    wrong = "/en/paintings-by-genre/nothing?json=2"
    assert ask(wrong).status == 404
    assert ask(wrong, unknown="302").headers["Location"].startswith("/en/error")
    assert ask("/en/error").status == 500
    assert json.loads(ask(wrong, unknown="null").body)["AllPaintingsCount"] == 0
    assert ask(LISTING + "1", strict=True).headers["Content-Type"].startswith("text/html")


def test_a_listing_ends_after_sixty_pages_and_years_go_further() -> None:
    site = LocalWikiArt(drawn_works(20), page_size=2, last_page=3)

    def ask(path: str) -> Any:
        return json.loads(site.answer(Request("GET", "www.wikiart.org", path, {}, b"", NOON)).body)

    assert ask("/en/paintings-by-genre/flower-painting?json=2&page=4")["Paintings"] is None
    assert ask("/en/paintings-by-genre/flower-painting?json=2&page=3")["AllPaintingsCount"] == 20
    search = '/en/App/Search/PaintingAdvancedSearch?json=2&dictIdsJson=["57726b4eedc2cb3880ad6e50"]'
    assert ask(search)["AllPaintingsCount"] == 20
    sliced = ask(search + "&minYear=1840&maxYear=1860")
    assert 0 < sliced["AllPaintingsCount"] < 20 and all(int(i["year"]) <= 1860 for i in sliced["Paintings"])
    site.years_obeyed = False
    assert ask(search + "&minYear=1840&maxYear=1860")["AllPaintingsCount"] == 20


def test_a_listing_that_moves_lists_some_twice() -> None:
    site = LocalWikiArt(drawn_works(20), page_size=5, shift=1)
    seen = []
    for page in (1, 2, 3, 4):
        target = f"/en/paintings-by-genre/flower-painting?json=2&page={page}"
        body = site.answer(Request("GET", "www.wikiart.org", target, {}, b"", NOON)).body
        seen += [item["id"] for item in json.loads(body)["Paintings"]]
    assert len(seen) == 20 and len(set(seen)) == 17


def test_the_html_listing_carries_the_records(internet: Internet) -> None:
    page = get("https://www.wikiart.org/en/paintings-by-genre/portrait").text
    init = BeautifulSoup(page, "html.parser").select_one("div.artworks-by-dictionary")["ng-init"]
    records, _, rest = init.partition('"_v" : ')[2].partition(" }, 'itemsCount': ")
    assert json.loads(records)[0]["_id"] == drawn_work(900, genre="portrait").id and rest.startswith("1 ")


@pytest.mark.parametrize("generation", ["2026-03", "2026-10"])
def test_the_page_of_a_work_tells_its_licence(generation: str) -> None:
    work = drawn_work(3, badges=("Anna Blau", "Fair Use"), title='A "rose" & more')
    site = LocalWikiArt([work], generation=generation)  # type: ignore[arg-type]
    body = site.answer(Request("GET", "www.wikiart.org", work.page, {}, b"", NOON)).body
    page = BeautifulSoup(body, "html.parser")  # type: ignore[arg-type]
    record = page.select_one(".wiki-layout-painting-info-bottom")["ng-init"].partition("=")[2]
    assert json.loads(record)["_id"] == work.id
    assert [a.text for a in page.select(".copyright-wrapper a.copyright")] == ["Anna Blau", "Fair Use"]
    assert page.select_one("h3" if generation == "2026-03" else "h1").text == 'A "rose" & more'


def test_pictures_and_their_smaller_versions(internet: Internet, site: LocalWikiArt) -> None:
    work = site.works[-1]
    assert work.map == "0123**67*"
    whole, small, none = get(work.image), get(work.image + "!Large.jpg"), get(work.image + "!HD.jpg")
    assert Image.open(io.BytesIO(whole.content)).size == (work.width, work.height)
    assert Image.open(io.BytesIO(small.content)).size == (750, 450)
    assert none.status_code == 404
    assert get(work.image).content == whole.content
    assert get(FRAME).headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(get(FRAME).content)).size == (600, 480)


def test_validators_spare_a_second_answer(internet: Internet, site: LocalWikiArt) -> None:
    work = site.works[0]
    assert "ETag" not in get(work.image).headers
    site.with_validators = True
    try:
        whole = get(work.image)
        assert get(work.image, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
        assert get(work.image, headers={"If-Modified-Since": whole.headers["Last-Modified"]}).status_code == 304
        part = get(work.image, headers={"Range": "bytes=100-"})
        assert part.status_code == 206 and part.content == whole.content[100:]
    finally:
        site.with_validators = False


def test_odd_items_are_listed_as_told() -> None:
    work = drawn_work(1, listed={"image": None, "width": 0}, title="Café")
    assert work.item()["image"] is None and work.item()["width"] == 0 and work.item()["title"] == "Caf&#233;"
    work = Work("0" * 24, "t", "?", "Ä", "t", 300, 300, "https://uploads1.wikiart.org/images/ä/göring (1).JPG")
    site = LocalWikiArt([work])
    for target in ("/images/%C3%A4/g%C3%B6ring%20(1).JPG", "/images/ä/göring%20(1).JPG"):
        assert site.answer(Request("GET", "uploads1.wikiart.org", target, {}, b"", NOON)).status == 200


# --- what goes wrong ---


def test_statuses_come_as_often_as_told(internet: Internet, site: LocalWikiArt) -> None:
    url = site.works[0].image
    internet.inject(url, faults.status(429, retry_after="2"), times=2)
    internet.inject(url, faults.retry_at(503, 2), times=1)
    answers = [get(url) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 503, 200]
    assert answers[0].headers["Retry-After"] == "2"
    assert answers[2].headers["Retry-After"] == "Tue, 03 Nov 2026 12:00:02 GMT"


def test_a_challenge_looks_like_one(internet: Internet) -> None:
    internet.inject("*/en/*", faults.challenge())
    answer = get(LISTING + "1")
    assert answer.status_code == 403 and answer.headers["cf-mitigated"] == "challenge" and "_cf_chl_opt" in answer.text


@pytest.mark.parametrize("fault", [faults.reset(), faults.too_short()])
def test_broken_transfers_break(internet: Internet, site: LocalWikiArt, fault: Any) -> None:
    internet.inject(site.works[0].image, fault)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        get(site.works[0].image)


def test_a_drip_is_slow_and_silence_is_long(internet: Internet) -> None:
    internet.inject("*/robots.txt", faults.drip(10, 0.05))
    start = time.monotonic()
    assert get("https://www.wikiart.org/robots.txt").ok and time.monotonic() - start > 0.3
    internet.heal()
    internet.inject("*/robots.txt", faults.silence(0.5))
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get("https://www.wikiart.org/robots.txt", timeout=0.2)


def test_bombs_are_small_on_the_wire(internet: Internet, site: LocalWikiArt) -> None:
    internet.inject("*json=2*", faults.gzip_bomb(32))
    raw = get(LISTING + "1", stream=True).raw.read(decode_content=False)
    assert len(raw) < 2**17 and len(gzip.decompress(raw)) == 32 * 2**20
    internet.inject(site.works[0].image, faults.png_bomb())
    data = get(site.works[0].image).content
    assert len(data) < 1000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))


def test_bad_bodies_come_with_a_good_face(internet: Internet, site: LocalWikiArt) -> None:
    url = site.works[0].image
    good = get(url).content
    for fault in (faults.cut_short(), faults.empty(), faults.html(), faults.png()):
        internet.inject(url, fault, times=1)
    short, empty, page, png = (get(url) for _ in range(4))
    assert good.startswith(short.content) and int(short.headers["Content-Length"]) == len(short.content) < len(good)
    assert empty.status_code == 200 and empty.content == b""
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    assert png.headers["Content-Type"] == "image/jpeg" and png.content.startswith(b"\x89PNG")


def test_redirects_lead_where_they_say(internet: Internet) -> None:
    internet.inject("*/a", faults.redirect("https://127.0.0.1/x"))
    internet.inject("*/b", faults.redirect_loop())
    assert get("https://www.wikiart.org/a", allow_redirects=False).headers["Location"] == "https://127.0.0.1/x"
    with pytest.raises(requests.exceptions.TooManyRedirects):
        get("https://www.wikiart.org/b")


# --- the local museum ---


def test_the_museum_searches_loosely_and_loses_records(internet: Internet) -> None:
    found = get(f"{OBJECTS}/search?hasImages=true&medium=Paintings&tags=true&q=Flowers").json()
    assert found == {"total": 4, "objectIDs": [1000, 1001, 1002, 7]}
    assert get(f"{OBJECTS}/search?hasImages=true").status_code == 503
    assert get(f"{OBJECTS}/search?tags=true&q=Cats").json() == {"total": 0, "objectIDs": None}
    assert get(f"{OBJECTS}/objects/1001").status_code == 404
    record = get(f"{OBJECTS}/objects/1000").json()
    assert get(record["primaryImage"]).content.startswith(b"\xff\xd8\xff")
    assert len(get(record["primaryImageSmall"]).content) < len(get(record["primaryImage"]).content)


def test_the_museum_hides_behind_its_shield() -> None:
    museum = met.LocalMet(3, shield_after=2, shield_s=0.2)
    ask = lambda: museum.answer(Request("GET", met.API, "/public/collection/v1/objects/1000", {}, b"", NOON))  # noqa: E731
    assert [ask().status for _ in range(4)] == [200, 200, 403, 403]
    time.sleep(0.25)
    assert ask().status == 200


def test_it_starts_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).parent), "--works", "3", "--json", "--folder", str(tmp_path)]
    process = subprocess.Popen([*command, "--fault", "*robots.txt=503*1"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        where = json.loads(process.stdout.readline())
        proxies = {"https": where["proxy"]}
        answers = [
            requests.get("https://www.wikiart.org/robots.txt", proxies=proxies, verify=where["ca"], timeout=5)
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [503, 200]
        until = time.monotonic() + 5
        while len(lines := Path(where["log"]).read_text().splitlines()) < 2:  # written after the answer is out
            assert time.monotonic() < until
        assert [json.loads(line)["status"] for line in lines] == [503, 200]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_a_body_may_come_in_pieces(running: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    running.use(monkeypatch)
    bodies = []

    def keep(request: Request, response: Response) -> Response:
        bodies.append(request.body)
        return Response.of_text("thanks")

    running.inject(lambda request: request.method == "POST", keep, instead=True)
    with requests.Session() as session:
        for pieces in ([b"a" * 70_000, b"", b"b"], [b"last"]):
            assert session.post("https://www.wikiart.org/x", data=iter(pieces), timeout=5).text == "thanks"
        assert session.post("https://www.wikiart.org/x", data=b"whole", timeout=5).text == "thanks"
    running.heal()
    assert bodies == [b"a" * 70_000 + b"b", b"last", b"whole"]

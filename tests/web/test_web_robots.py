"""What a host asks of programs is read before anything else, and kept to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from internet import Response, faults
from visiting import IMAGES, WWW, Visit

from artgan.web.cache import Cache
from artgan.web.client import Refused, Unavailable, Web


def rules(*lines: str) -> Response:
    return Response.of_text("\n".join(lines) + "\n")


def test_the_rules_of_each_host_are_read_once_and_first(visit: Visit, web: Web, tmp_path: Path) -> None:
    for number in range(3):
        web.get(f"{WWW}/list?page={number}")
        web.save(f"{IMAGES}/picture/{number}.jpg", tmp_path / "1.part", most_bytes=10**6)
    seen = [f"{one.host.partition('.')[0]}{one.target}" for one in visit.seen()]
    assert seen[:4] == ["www/robots.txt", "www/list?page=0", "pictures1/robots.txt", "pictures1/picture/0.jpg"]
    assert sum("robots" in one for one in seen) == 2


def test_several_threads_read_them_once(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/robots.txt", faults.silence(0.2))
    threads = [threading.Thread(target=web.get, args=(f"{WWW}/list?page={n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert visit.asked() == 4
    assert len(visit.seen(path="/robots.txt")) == 1


def test_what_is_disallowed_is_not_asked_for(visit: Visit, web: Web) -> None:
    visit.site.robots = rules("User-agent: *", "Disallow: /list/*/secret$", "Allow: /")
    assert web.get(f"{WWW}/list?page=1").status == 200
    with pytest.raises(Refused, match=r"www\.paintings\.example asks programs not to read /list/a/secret") as caught:
        web.get(f"{WWW}/list/a/secret")
    assert "artgan import" in caught.value.hint
    assert caught.value.host == "www.paintings.example"
    assert visit.asked("/list/a/secret") == 0
    assert web.get(f"{WWW}/list?page=2").status == 200, "only that path is refused"


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        (["User-agent: otherbot", "Disallow: /"], True),
        (["User-agent: artgan", "Disallow: /"], False),
        (["User-agent: ArtGAN", "Disallow: /list", "User-agent: *", "Allow: /"], False),
        (["User-agent: *", "Disallow: /", "User-agent: artgan", "Allow: /list"], True),
        (["\ufeffUser-agent: *", "Disallow: /list"], False),
        (["<!DOCTYPE html><html><body>Disallow: /list</body></html>"], True),
        ([""], True),
    ],
)
def test_rules_for_us_are_told_from_those_for_others(visit: Visit, web: Web, lines: list[str], allowed: bool) -> None:
    visit.site.robots = rules(*lines)
    if allowed:
        assert web.get(f"{WWW}/list").status == 200
    else:
        with pytest.raises(Refused):
            web.get(f"{WWW}/list")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_no_rules_allow_everything(visit: Visit, web: Web, status: int) -> None:
    visit.internet.inject("*/robots.txt", faults.status(status))
    assert web.get(f"{WWW}/list").status == 200
    assert len(visit.seen(path="/robots.txt")) == 1


def test_rules_that_lead_astray_allow_everything(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/robots.txt", faults.redirect("https://elsewhere.example/robots.txt"))
    assert web.get(f"{WWW}/list").status == 200


def test_while_the_rules_cannot_be_had_nothing_is_allowed(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/robots.txt", faults.status(503))
    with pytest.raises(Refused, match=r"robots\.txt, status: 503"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 0
    assert len(visit.seen(path="/robots.txt")) == 5


def test_rules_that_come_after_all_are_followed(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/robots.txt", faults.status(503), times=2)
    visit.internet.inject("*/robots.txt", faults.reset(), times=1)
    assert web.get(f"{WWW}/list").status == 200


def test_a_challenge_instead_of_rules_stops_everything(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/robots.txt", faults.challenge())
    with pytest.raises(Refused, match="Cloudflare"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 0


def test_a_host_that_is_gone_is_one_that_does_not_answer(visit: Visit, web: Web) -> None:
    visit.internet.cut()
    with pytest.raises(Unavailable, match=r"robots\.txt: unreachable: "):
        web.get(f"{WWW}/list")


def test_the_pace_that_is_asked_for_is_kept(visit: Visit, web: Web) -> None:
    visit.site.robots = rules("User-agent: *", "Crawl-delay: 7")
    web.get(f"{WWW}/list")
    assert ("at least", "www.paintings.example", 7.0) in visit.limiter.told
    assert visit.said == ["www.paintings.example asks programs for 7 s between two requests"]


def test_a_pace_that_leads_nowhere_is_a_refusal(visit: Visit, web: Web) -> None:
    visit.site.robots = rules("User-agent: *", "Crawl-delay: 86400")
    with pytest.raises(Refused, match="86400 s"):
        web.get(f"{WWW}/list")


@pytest.mark.parametrize("status", [200, 404])
def test_the_rules_are_kept_for_the_next_run(visit: Visit, cache: Cache, status: int) -> None:
    if status != 200:
        visit.internet.inject("*/robots.txt", faults.status(status))
    for _ in range(2):
        visit.web(cache=cache).get(f"{WWW}/list")
    assert len(visit.seen(path="/robots.txt")) == 1
    assert visit.asked() == 2

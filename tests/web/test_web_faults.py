"""What passes is tried again, what does not is given up at once, and who refuses is left alone."""

from __future__ import annotations

import gzip
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from internet import Fault, Request, Response, faults
from visiting import HASTY, IMAGES, PICTURE, WWW, Visit

from artgan.errors import SetupError
from artgan.web.client import Missing, Patience, Refused, Stopped, Unavailable, Web
from artgan.web.hosts import HostClass
from artgan.web.limiter import Limiter

Save = Callable[..., bool]


@pytest.fixture
def save(web: Web, tmp_path: Path) -> Save:
    """Save a picture of some name, and say whether it came as it should."""

    def run(name: str = "1") -> bool:
        path = tmp_path / "1.part"
        return web.save(f"{IMAGES}/picture/{name}.jpg", path, most_bytes=10**6).path.read_bytes() == PICTURE

    return run


# What passes.


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522])
def test_a_status_that_may_pass_is_tried_again(visit: Visit, save: Save, status: int) -> None:
    visit.internet.inject("*/picture/*", faults.status(status), times=2)
    assert save()
    assert visit.asked() == 3
    assert visit.limiter.told.count(("failed", "pictures of paintings")) == 2


@pytest.mark.parametrize("fault", [faults.reset(0.5), faults.reset(0.0), faults.too_short(100)])
def test_a_body_that_is_cut_short_is_tried_again(visit: Visit, save: Save, fault: Fault) -> None:
    visit.internet.inject("*/picture/*", fault, times=2)
    assert save()
    assert visit.asked() == 3
    assert ("failed", "pictures of paintings") in visit.limiter.told


def test_a_body_that_is_always_cut_short_is_given_up_and_leaves_nothing(visit: Visit, web: Web, tmp_path: Path) -> None:
    visit.internet.inject("*/picture/*", faults.too_short(100))
    with pytest.raises(Unavailable, match=r"cut short: 204,800 of 204,900 bytes came"):
        web.save(f"{IMAGES}/picture/1.jpg", tmp_path / "1.part", most_bytes=10**6)
    assert visit.asked() == 5
    assert not os.listdir(tmp_path)


def test_compressed_text_that_is_cut_short_is_tried_again(visit: Visit, web: Web) -> None:
    def torn(request: Request, response: Response) -> Response:
        squeezed = gzip.compress(response.body)
        return response.with_(headers={"Content-Encoding": "gzip"}, body=squeezed[: len(squeezed) // 2])

    visit.internet.inject("*/list*", torn, times=1)
    visit.internet.inject("*/list*", faults.headers(Content_Encoding="gzip"), times=1)
    assert len(web.get(f"{WWW}/list").body) > 1000
    assert visit.asked() == 3


def test_a_body_of_several_gzip_members_is_one(visit: Visit, web: Web) -> None:
    def members(request: Request, response: Response) -> Response:
        half = len(response.body) // 2
        squeezed = gzip.compress(response.body[:half]) + gzip.compress(response.body[half:]) + b"\0" * 8
        return response.with_(headers={"Content-Encoding": "gzip"}, body=squeezed)

    plain = web.get(f"{WWW}/list").body
    visit.internet.inject("*/list*", members, times=1)
    assert web.get(f"{WWW}/list").body == plain


def test_a_body_that_drips_is_a_lost_connection(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.drip(10, 0.05), times=1)
    before = time.monotonic()
    assert save()
    assert time.monotonic() - before < 2, "each byte came in time, all of them would have taken a quarter of an hour"
    assert visit.asked() == 2


def test_a_slow_body_is_not_a_dripping_one(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", lambda request, response: response.with_(piece=20_000, pause_s=0.08))
    assert save()
    assert visit.asked() == 1


def test_a_server_that_says_nothing_is_asked_again(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.silence(1.5), times=1)
    assert save()
    assert visit.asked() == 2


# What a server asks for.


@pytest.mark.parametrize("fault", [faults.status(429, retry_after="2"), faults.retry_at(503, 2)])
def test_a_server_that_asks_to_wait_holds_its_whole_class(visit: Visit, save: Save, fault: Fault) -> None:
    visit.internet.inject("*/picture/*", fault, times=1)
    assert save()
    pauses = [told for told in visit.limiter.told if told[0] == "pause"]
    assert [(name, round(seconds)) for _, name, seconds in pauses] == [("pictures of paintings", 2)]
    assert visit.said == ["pictures1.paintings.example asks to wait 2 s"]


def test_the_wait_that_was_asked_for_is_kept(visit: Visit, tmp_path: Path) -> None:
    visit.internet.inject("*/picture/*", faults.status(429, retry_after="1"), times=1)
    before = time.monotonic()
    visit.web(limiter=Limiter()).save(f"{IMAGES}/picture/1.jpg", tmp_path / "1.part", most_bytes=10**6)
    assert visit.asked() == 2
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize("fault", [faults.status(429, retry_after="3600"), faults.retry_at(503, 3600)])
def test_a_wait_that_is_too_long_stops_everything(visit: Visit, web: Web, fault: Fault) -> None:
    visit.internet.inject("*/list*", fault)
    with pytest.raises(Refused, match=r"www\.paintings\.example asks to wait 3(600|599) s") as caught:
        web.get(f"{WWW}/list")
    assert "after 60 minutes" in caught.value.hint
    assert visit.asked() == 1


def test_a_server_that_is_asked_too_often_to_the_end_stops_everything(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list*", faults.status(429))
    with pytest.raises(Refused, match="answered 5 times that it is asked too often"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 5


# What does not pass.


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_missing_is_missing(visit: Visit, web: Web, status: int) -> None:
    visit.internet.inject("*/list*", faults.status(status))
    with pytest.raises(Missing, match=f"missing: the server says {status}"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 1
    assert visit.limiter.told[-1] == ("succeeded", "www.paintings.example"), "of robots.txt; now neither"


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 451])
def test_another_status_is_not_tried_again(visit: Visit, web: Web, status: int) -> None:
    visit.internet.inject("*/list*", lambda request, response: Response(status))
    with pytest.raises(Unavailable, match=f"status: {status}"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 1


def test_a_server_error_to_the_end_concerns_one_address(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list?page=1", faults.status(500))
    with pytest.raises(Unavailable, match="status: 500"):
        web.get(f"{WWW}/list?page=1")
    assert visit.asked() == 5
    assert web.get(f"{WWW}/list?page=2").status == 200


# Who refuses.


@pytest.mark.parametrize("status", [403, 503])
def test_a_challenge_of_cloudflare_stops_everything_at_once(visit: Visit, web: Web, status: int) -> None:
    headers = {"Server": "cloudflare"}
    page = Response.of_html(faults.CHALLENGE, status).with_(headers=headers)
    visit.internet.inject("*/list*", lambda request, response: page)
    with pytest.raises(Refused, match=f"answers {status} with a challenge page of Cloudflare") as caught:
        web.get(f"{WWW}/list")
    assert "goes on where it stopped" in caught.value.hint
    assert visit.asked() == 1
    with pytest.raises(Refused, match="Cloudflare"):
        web.get(f"{WWW}/list?page=2")
    assert visit.asked() == 1, "who refuses is not asked again, by no thread"


def test_a_challenge_is_known_by_its_header_too(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list*", faults.headers(cf_mitigated="challenge"))
    with pytest.raises(Refused, match="Cloudflare"):
        web.get(f"{WWW}/list")


def test_trouble_behind_cloudflare_is_no_challenge(visit: Visit, web: Web) -> None:
    visit.internet.inject(
        "*/list*", lambda q, a: Response.of_html("busy", 503).with_(headers={"Server": "cloudflare"}), 1
    )
    assert web.get(f"{WWW}/list").status == 200


@pytest.mark.parametrize(
    "page",
    [
        Response.of_html("Request unsuccessful. Incapsula incident ID: 1-2", 403),
        Response.of_html("<iframe src='/_Incapsula_Resource?CWUDNSAI=9'>", 403),
        Response.of_html("no", 403).with_(headers={"X-CDN": "Imperva"}),
    ],
)
def test_a_block_of_imperva_stops_everything_at_once(visit: Visit, web: Web, page: Response) -> None:
    visit.internet.inject("*/list*", lambda request, response: page)
    with pytest.raises(Refused, match="answers 403 with a challenge page of Imperva"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 1


def test_forbidden_once_is_tried_again(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.status(403), times=1)
    assert save()


def test_forbidden_twice_stops_everything(visit: Visit, web: Web, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.status(403))
    with pytest.raises(Refused, match="answered 403, forbidden, twice"):
        save()
    assert visit.asked() == 2
    with pytest.raises(Refused):
        save("2")
    assert visit.asked() == 2
    assert web.get(f"{WWW}/list").status == 200, "another class of hosts has not refused"


def test_forbidden_twice_counts_over_all_tries(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.status(403), times=1)
    visit.internet.inject("*/picture/*", faults.status(503), times=1)
    visit.internet.inject("*/picture/*", faults.status(403), times=1)
    with pytest.raises(Refused):
        save()
    assert visit.asked() == 3


def test_a_spent_quota_stops_everything_at_once(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list*", faults.quota())
    with pytest.raises(Refused, match="quota is spent"):
        web.get(f"{WWW}/list")
    assert visit.asked() == 1


# Where a redirect leads.


def test_a_redirect_within_the_site_is_followed(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list?page=1", faults.redirect("//www.paintings.example/list?page=2", 301))
    visit.internet.inject("*/list?page=2", faults.redirect("list?page=3", 307))
    visit.internet.inject("*/list?page=3", faults.redirect("/list/grün"))
    answer = web.get(f"{WWW}/list?page=1")
    assert answer.url == f"{WWW}/list/gr%C3%BCn", "be it sent as Latin-1"
    visit.internet.inject("*/list/more", faults.redirect("/list/grün".encode().decode("latin-1")))
    assert web.get(f"{WWW}/list/more").url == f"{WWW}/list/gr%C3%BCn", "or as UTF-8"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("https://elsewhere.example/list", "redirect: to elsewhere.example, which is not one of the site's"),
        ("//elsewhere.example/list", "redirect: to elsewhere.example, which is not one of the site's"),
        ("http://www.paintings.example/list", "redirect: to http, which is not encrypted"),
        ("https://127.0.0.1/list", "redirect: 127.0.0.1 is an address in a private network"),
        ("https://2130706433/list", "redirect: "),
        ("https://me@www.paintings.example/list", "redirect: names a user"),
        ("https://www.paintings.example:8443/", "redirect: port 8443 is not that of https"),
        ("ftp://www.paintings.example/", "redirect: not one on the web"),
        ("", "redirect: empty"),
    ],
)
def test_a_redirect_to_anywhere_else_is_not(visit: Visit, web: Web, target: str, why: str) -> None:
    visit.internet.inject("*/list*", faults.redirect(target))
    with pytest.raises(Unavailable) as caught:
        web.get(f"{WWW}/list")
    assert caught.value.reason.startswith(why)
    assert visit.asked() == 1
    assert not visit.seen("elsewhere.example")


def test_a_redirect_in_a_circle_ends(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list?page=1", faults.redirect_loop())
    with pytest.raises(Unavailable, match="redirect: in a circle"):
        web.get(f"{WWW}/list?page=1")
    assert visit.asked() == 1


def test_a_chain_of_redirects_ends(visit: Visit, web: Web) -> None:
    def further(request: Request, response: Response) -> Response:
        return Response(302, {"Location": f"/list?page={int(request.query['page']) + 1}"})

    visit.internet.inject("*/list*", further)
    with pytest.raises(Unavailable, match="redirect: more than 3 in a row"):
        web.get(f"{WWW}/list?page=1")
    assert visit.asked() == 4


def test_the_body_of_a_redirect_is_not_read(visit: Visit, web: Web) -> None:
    away = Response(302, {"Location": "/list/more"})
    visit.internet.inject("*/list", lambda request, response: faults.huge(64)(request, away))
    assert web.get(f"{WWW}/list").url == f"{WWW}/list/more"
    for _ in range(200):
        if found := visit.internet.log.requests(path="/list"):
            break
        time.sleep(0.01)
    assert found[0].bytes < 8 * 2**20 and not found[0].whole


def test_a_redirect_to_an_error_page_is_that_error(visit: Visit, web: Web) -> None:
    visit.internet.inject("*/list", faults.redirect("/error"))
    visit.internet.inject("*/error", faults.status(500))
    with pytest.raises(Unavailable, match="status: 500"):
        web.get(f"{WWW}/list")


# When there is no answer.


def test_the_first_request_to_a_host_that_is_not_there_says_to_check_the_connection(visit: Visit, web: Web) -> None:
    visit.internet.cut()
    with pytest.raises(Unavailable, match="unreachable: ") as caught:
        web.get(f"{WWW}/list")
    assert "check the connection" in caught.value.hint


def test_a_lost_connection_that_comes_back_is_no_news(visit: Visit, save: Save) -> None:
    assert save("1")
    visit.internet.cut()
    threading.Timer(0.03, visit.internet.heal).start()
    patient = Patience(connect_s=2, read_s=1, back_off_s=0.5, forbidden_s=0.01)
    path = visit.internet.folder / "2.part"
    assert visit.web(patience=patient).save(f"{IMAGES}/picture/2.jpg", path, most_bytes=10**6)


def test_when_nothing_answers_any_more_everything_stops(visit: Visit, web: Web) -> None:
    web.get(f"{WWW}/list?page=0")
    visit.internet.cut()
    for page in (1, 2):  # five tries each
        with pytest.raises(Unavailable, match="unreachable: ") as caught:
            web.get(f"{WWW}/list?page={page}")
        assert "tries it once more" in caught.value.hint
    with pytest.raises(Refused, match="nothing answers any more: 12 requests in a row") as refused:
        web.get(f"{WWW}/list?page=3")
    assert "check the connection" in refused.value.hint
    assert not [one for one in visit.limiter.told if one[0] == "failed"], "silence is no reason to go slower"


def test_where_nothing_ever_answered_it_is_said_soon(visit: Visit, web: Web) -> None:
    visit.internet.cut()
    before = len(visit.internet.proxy.connects)
    with pytest.raises(Unavailable, match="unreachable: ") as caught:
        web.get(f"{WWW}/list")
    assert "check the connection" in caught.value.hint
    assert len(visit.internet.proxy.connects) - before <= 3


def test_a_certificate_that_is_not_to_be_trusted_stops_everything_at_once(
    visit: Visit, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with pytest.raises(Refused, match=r"the certificate of www\.paintings\.example is not to be trusted: ") as caught:
        web.get(f"{WWW}/list")
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint
    assert len(visit.internet.proxy.connects) and not visit.seen()


def test_a_bundle_that_is_not_there_is_this_machines_fault(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(SetupError, match=r"none\.pem"):
        web.get(f"{WWW}/list")


def test_a_proxy_that_refuses_stops_everything_at_once(visit: Visit) -> None:
    unknown = HostClass("unknown", re.compile(r"unknown\.example"), 1)
    web = Web([unknown], limiter=visit.limiter, patience=HASTY)
    before = len(visit.internet.proxy.connects)
    with pytest.raises(Refused, match=r"the proxy does not let anybody reach unknown\.example: it answers 403"):
        web.get("https://unknown.example/")
    assert len(visit.internet.proxy.connects) == before + 1


# What a person is told, and how soon it ends.


def test_a_long_wait_is_told(visit: Visit) -> None:
    visit.internet.inject("*/list*", faults.status(403), times=1)
    patient = Patience(forbidden_s=0.6, quiet_s=0.5)
    visit.web(patience=patient).get(f"{WWW}/list")
    assert visit.said == ["www.paintings.example: status: 403; trying again in 1 s"]


def test_a_short_wait_is_not(visit: Visit, save: Save) -> None:
    visit.internet.inject("*/picture/*", faults.status(503), times=2)
    assert save()
    assert visit.said == []


def test_waiting_ends_at_once_when_somebody_stops_it(visit: Visit) -> None:
    visit.internet.inject("*/list*", faults.status(403))
    threading.Timer(0.2, visit.stop.set).start()
    before = time.monotonic()
    with pytest.raises(Stopped):
        visit.web(patience=Patience(forbidden_s=30)).get(f"{WWW}/list")
    assert time.monotonic() - before < 2

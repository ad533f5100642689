"""Who may ask the studio."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example:8642"}, 421),  # a name that was made to point here
        ({"Host": "127.0.0.1:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8643"}, 403),  # another program of this machine
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Artgan-Token": ""}, 403),
        ({"X-Artgan-Token": "wrong"}, 403),
        ({"X-Artgan-Token": "ü"}, 403),
    ],
)
def test_others_are_refused_whatever_they_ask(page, headers, code):
    for method, path in (("GET", "/api/runs"), ("POST", "/api/paint"), ("GET", "/api/none")):
        answer = page.ask(method, path, code=code, headers=headers)
        assert answer.json["error"] and "Access-Control-Allow-Origin" not in answer.headers


def test_a_question_that_is_too_long_is_not_even_read(page):
    page.ask("POST", "/api/project", code=413, environ_overrides={"CONTENT_LENGTH": "99999999"})


def test_the_page_itself_needs_the_token_in_its_address(page):
    shown = page.ask("GET", f"/?token={page.studio.guard.token}")
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and shown.headers["Cache-Control"] == "no-store"
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'nonce="{nonce}"' in shown.text
    again = page.ask("GET", f"/?token={page.studio.guard.token}")
    assert nonce not in again.text, "each page has its own"
    page.ask("GET", "/", code=403)
    page.ask("GET", "/?token=", code=403)


def test_both_names_of_this_machine_are_ours(page):
    for name in ("127.0.0.1", "localhost"):
        page.ask("GET", "/api/runs", headers={"Host": f"{name}:8642", "Origin": f"http://{name}:8642"})


def test_a_form_of_another_page_is_no_question(page):
    answer = page.ask("POST", "/api/paint", code=415, data="x=1", content_type="application/x-www-form-urlencoded")
    assert "application/json" in answer.json["error"]
    page.ask("POST", "/api/paint", code=400, data=b"{", content_type="application/json")
    page.ask("POST", "/api/paint", code=400, data=b"[]", content_type="application/json")
    page.ask("PUT", "/api/paint", code=405, data=b"[]")

"""Whatever a site or a person writes becomes one safe spelling of an address, or is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from artgan.web.client import Unavailable, Web
from artgan.web.hosts import HostClass, class_of, clean_url, host_of

PICTURES = HostClass("pictures", re.compile(r"(?:[a-z0-9]+-)?uploads\d*\.wikiart\.org"), 5)
SITE = HostClass("www.wikiart.org", re.compile(r"www\.wikiart\.org"), 1)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://www.wikiart.org", "https://www.wikiart.org/"),
        ("http://www.wikiart.org/en", "https://www.wikiart.org/en"),
        ("http://www.wikiart.org:80/en", "https://www.wikiart.org/en"),
        ("HTTPS://WWW.WikiArt.ORG.:443/En#!#filterName:all-works", "https://www.wikiart.org/En"),
        (" https://a.example/b ", "https://a.example/b"),
        ('https://a.example/b c?d=["e"]', "https://a.example/b%20c?d=%5B%22e%22%5D"),
        ("https://a.example/hermann-göring-1945.jpg", "https://a.example/hermann-g%C3%B6ring-1945.jpg"),
        ("https://a.example/hermann-g%C3%B6ring-1945.jpg", "https://a.example/hermann-g%C3%B6ring-1945.jpg"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/images(1),x;y=!$&'*+,@~.JPG", "https://a.example/images(1),x;y=!$&'*+,@~.JPG"),
        ("https://a.example/x.jpg!Large.jpg", "https://a.example/x.jpg!Large.jpg"),
        ("https://a.example/00273/images//avatar5.jpg", "https://a.example/00273/images//avatar5.jpg"),
        ("https://a.example/a/./b/../../../c", "https://a.example/c"),
        ("https://a.example/a/..", "https://a.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/?", "https://a_b.example/"),
        ("https://93.184.216.34/x", "https://93.184.216.34/x"),
        ("https://[2606:2800:220:1::1]/x", "https://[2606:2800:220:1::1]/x"),
    ],
)
def test_an_address_has_one_spelling(text: str, clean: str) -> None:
    assert clean_url(text) == clean
    assert clean_url(clean) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("//uploads3.wikiart.org/a.jpg", "https://uploads3.wikiart.org/a.jpg"),
        ("/en/claude-monet", "https://www.wikiart.org/en/claude-monet"),
        ("?page=2", "https://www.wikiart.org/en/list?page=2"),
        ("../x", "https://www.wikiart.org/x"),
        ("https://uploads.wikiart.org/a.jpg", "https://uploads.wikiart.org/a.jpg"),
    ],
)
def test_a_relative_address_is_resolved(text: str, clean: str) -> None:
    assert clean_url(text, "https://www.wikiart.org/en/list") == clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#top",
        "/en/relative-to-nothing",
        "www.wikiart.org/en",
        "ftp://a.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https:///nobody",
        "https://user@a.example/",
        "https://a.example:password@b.example/",
        "https://@a.example/",
        "https://a.example\\@b.example/",
        "https://a.example:8443/",
        "https://a.example:80/",
        "https://a.example:port/",
        "https://a.example/\r\nHost: b.example",
        "https://a.example/\0",
        "https://a.example/\ud800",
        "https://a.example/" + "a" * 9000,
        "https://" + "a" * 64 + ".example/",
        "https://a..example/",
        "https://-a.example/",
        "https://a b.example/",
        "https://%31%32%37.0.0.1/",
        "https://[::1/",
        "https://\u2100.example/",
    ],
)
def test_what_is_no_address_on_the_web_is_refused(text: str) -> None:
    with pytest.raises(Unavailable, match="address: ") as caught:
        clean_url(text)
    assert caught.value.reason.startswith("address: ")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[2606:2800:220:1::1%25eth0]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST.",
        "printer",
        "printer.local",
        "metadata.google.internal",
        "router.home.arpa",
    ],
)
def test_private_networks_are_refused_however_they_are_spelt(host: str) -> None:
    with pytest.raises(Unavailable, match="address: "):
        clean_url(f"https://{host}/latest/meta-data")


def test_the_message_shows_what_was_wrong() -> None:
    with pytest.raises(Unavailable, match=r"address: 127\.0\.0\.1 is an address in a private network"):
        clean_url("https://127.0.0.1/")


@pytest.mark.parametrize("name", ["uploads", "uploads0", "uploads12", "use2-uploads8", "apse2-uploads5"])
def test_a_host_belongs_to_the_class_whose_pattern_is_all_of_its_name(name: str) -> None:
    assert class_of(f"https://{name}.wikiart.org/a.jpg", [SITE, PICTURES]) is PICTURES
    assert class_of(f"https://{name}.wikiart.org.evil.example/a.jpg", [SITE, PICTURES]) is None
    assert class_of(f"https://evil.example/{name}.wikiart.org", [SITE, PICTURES]) is None


def test_only_the_hosts_of_the_site_are_addresses_to_it() -> None:
    web = Web([SITE, PICTURES])
    assert web.clean("/a b.jpg", "https://uploads1.wikiart.org/") == "https://uploads1.wikiart.org/a%20b.jpg"
    with pytest.raises(Unavailable, match=r"address: evil\.example is not one of the site's"):
        web.clean("https://evil.example/a.jpg")


pieces = st.sampled_from(
    ["https:", "http:", "//", "/", "www.wikiart.org", "uploads1.wikiart.org", "@", ":443", ":80", "\\", "..", "%",
     "%41", "[", "]", "::1", "127.0.0.1", "#", "?", " ", "é", "\uff11", "\u3002", "\u202e", "\ud800", "\n", "xn--", "ß",
     ".", "a"]
)  # fmt: skip
addresses = st.one_of(
    st.text(), st.lists(pieces).map("".join), st.builds("https://www.wikiart.org{}".format, st.text()),
    st.lists(pieces).map(lambda some: "https://" + "".join(some)),
)  # fmt: skip


@given(addresses, st.sampled_from(["", "https://www.wikiart.org/en/list?json=2"]))
@example("https://www.wikiart.org/%", "")
@example("https://xn--a.example/", "")
def test_any_text_becomes_a_safe_address_or_an_error_of_ours(text: str, base: str) -> None:
    web = Web([SITE, PICTURES])
    try:
        clean = web.clean(text, base)
    except Unavailable as error:
        assert error.reason.startswith("address: ")
        return
    assert clean.startswith("https://")
    assert clean.isascii() and clean.isprintable() and " " not in clean
    assert class_of(clean, [SITE, PICTURES]) is not None
    assert clean.removeprefix("https://").partition("/")[0] == host_of(clean)
    assert web.clean(clean) == clean
    assert clean_url("/", clean) == f"https://{host_of(clean)}/"


@given(addresses)
def test_any_text_becomes_an_address_on_the_web_or_an_error_of_ours(text: str) -> None:
    try:
        clean = clean_url(text)
    except Unavailable:
        return
    assert clean.startswith("https://") and clean.isascii()
    assert clean_url(clean) == clean

"""A table of addresses becomes works; no line of it is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from canned import CannedWeb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artgan import files
from artgan.datasets.sites import addresses
from artgan.datasets.sites.addresses import Addresses
from artgan.datasets.sites.registry import SOURCES, site_for
from artgan.datasets.sites.site import Query, Work
from artgan.errors import ArtganError, NotFoundError, UsageError


def table(folder: Path, text: str | bytes, name: str = "pictures.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def works(path: Path) -> list[Work]:
    site = Addresses(path)
    query = Query(source="addresses", path=str(path))
    (page,) = site.listing(query, CannedWeb(lambda url: None, site.hosts))  # type: ignore[arg-type]
    assert page.listed == page.reachable == len(page.works) and page.listing == path.name
    return list(page.works)


FULL = """id,url,Title,artist,year,license,genre,style,page url,width,height
one,https://a.example.org/1.jpg,"Roses, red",Anna Blau,c.1887,CC0,flower-painting,Cubism,https://a.example.org/p/1,640,480
"two words",http://b.example.org/2.jpg,,,,CC BY 4.0,,,javascript:x,wide,-3
"""


def test_columns_become_fields(tmp_path: Path) -> None:
    one, two = works(table(tmp_path, FULL))
    assert (one.id, one.title, one.artist, one.year, one.date) == ("one", "Roses, red", "Anna Blau", 1887, "c.1887")
    assert (one.genre, one.style, one.width, one.height) == ("flower-painting", "Cubism", 640, 480)
    assert (one.license, one.license_labels) == ("public-domain", ("CC0",))
    assert one.page_url == "https://a.example.org/p/1" and one.detailed
    assert one.image_url == one.versions[0].url == "https://a.example.org/1.jpg" and one.versions[0].name == "original"
    assert two.id.startswith("two-words-") and two.image_url == "https://b.example.org/2.jpg"
    assert (two.license, two.license_labels, two.title) == ("restricted", ("CC BY 4.0",), None)
    assert (two.page_url, two.width, two.height) == (None, None, None)


def test_hosts_are_those_of_the_file_each_for_itself(tmp_path: Path) -> None:
    site = Addresses(table(tmp_path, FULL))
    assert [(host.name, host.per_second) for host in site.hosts] == [("a.example.org", 2.0), ("b.example.org", 2.0)]
    assert site.hosts[0].pattern.fullmatch("a.example.org") and not site.hosts[0].pattern.fullmatch("aXexample.org")


@pytest.mark.parametrize("column", ["url", "image_url", "link", "address", "src", "Image URL", "URL", "image"])
@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_columns_and_delimiters_are_recognised(tmp_path: Path, column: str, between: str) -> None:
    lines = [["title", column], ["A, b; c", "https://a.example.org/x.jpg"]]
    text = "".join(between.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    (work,) = works(table(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert (work.title, work.image_url) == ("A, b; c", "https://a.example.org/x.jpg")


def test_a_plain_list_has_one_address_a_line(tmp_path: Path) -> None:
    text = "# mine\nhttps://a.example.org/roses%20red.jpg\n\n  https://a.example.org/x/?a=1,2;3\n"
    one, two = works(table(tmp_path, text, "list.TXT"))
    assert one.id.startswith("roses-red-") and two.id.startswith("x-")
    assert two.image_url == "https://a.example.org/x/?a=1,2;3"


def test_a_single_column_may_have_commas_in_it(tmp_path: Path) -> None:
    (work,) = works(table(tmp_path, "url\nhttps://a.example.org/x,y.jpg\n"))
    assert work.image_url == "https://a.example.org/x,y.jpg"


def test_bad_lines_become_works_that_say_so(tmp_path: Path) -> None:
    lines = ["https://a.example.org/1.jpg", "https://192.168.0.1/2.jpg", "no address", "file:///etc/passwd", "///"]
    found = works(table(tmp_path, "url,title\n" + "".join(f"{line},T\n" for line in [*lines, "", "  "]) + "\n,,\n"))
    assert len(found) == 7 and len({work.id for work in found}) == 7
    assert [bool(work.versions) for work in found] == [True] + [False] * 6
    assert all(work.placeholder.startswith("address: ") for work in found[1:])
    assert found[5].placeholder == "address: line 7 has none" and found[5].title == "T"


def test_an_address_comes_once_and_names_stay_apart(tmp_path: Path) -> None:
    text = """id,url
a,https://a.example.org/1.jpg
b,HTTPS://A.example.org/1.jpg
a,https://a.example.org/2.jpg
A,https://a.example.org/3.jpg
../../etc/passwd,https://a.example.org/4.jpg
CON,https://a.example.org/5.jpg
,https://a.example.org/roses.jpg
,https://b.example.org/roses.jpg
"""
    found = works(table(tmp_path, text))
    names = [work.id for work in found]
    assert len(found) == 7 and len({name.casefold() for name in names}) == 7
    assert all(files.safe_name(name) == name for name in names) and names[0] == "a"
    assert names == [work.id for work in works(table(tmp_path, text))]
    assert names[-1] in [work.id for work in works(table(tmp_path, "\n".join(text.splitlines()[::8])))]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "title,artist\nx,y\n", "no column of addresses, only: title, artist"),
        ("a.csv", "https://a.example.org/1.jpg\nhttps://a.example.org/2.jpg\n", "no column of addresses"),
        ("a.csv", "", "no column of addresses"), ("a.csv", "url\n", "no address of a picture"),
        ("a.csv", "url\nhttps://127.0.0.1/x\n", "no address of a picture: address"),
        ("a.csv", b"url\n\xff\xfe\x00", "not UTF-8"), ("a.txt", "# nothing\n", "no address of a picture"),
        ("a.csv", 'url,title\nhttps://a.example.org/1,x\nhttps://a.example.org/2,"y\nz', "line 3"),
        ("a.xlsx", "url\n", "no table of addresses"), ("a.csv", f'url\n"{"x" * 200_000}"\n', "line 2"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_an_error_of_use(tmp_path: Path, name: str, text: str | bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        Addresses(table(tmp_path, text, name))
    assert caught.value.hint and len(str(caught.value)) < 1000


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path, "url\n" + "https://a.example.org/1.jpg\n" * 5)
    monkeypatch.setattr(addresses, "MOST_LINES", 4)
    with pytest.raises(UsageError, match="more than 4 lines"):
        Addresses(path)
    with pytest.raises(NotFoundError):
        Addresses(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        Addresses(tmp_path / "folder.csv")
    monkeypatch.setattr(addresses, "MOST_BYTES", 10)
    with pytest.raises(UsageError, match="more than 10 bytes"):
        Addresses(path)


_CELL = st.text(max_size=12) | st.sampled_from(["https://a.example.org/1.jpg", "//x", "../..", '"', "\0", "1887", "id"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_CELL, max_size=4), max_size=6), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_no_table_is_too_odd(tmp_path: Path, rows: list[list[str]], between: str, as_list: bool) -> None:
    text = "\n".join([between.join(["id", "url", "title"]), *(between.join(row) for row in rows)])
    path = table(tmp_path, text.encode("utf-8", "surrogatepass"), "list.txt" if as_list else "a.csv")
    try:
        found = works(path)
    except ArtganError as error:
        assert error.hint
        return
    names = [work.id.casefold() for work in found]
    assert len(set(names)) == len(names)
    for work in found:
        assert files.safe_name(work.id) == work.id and bool(work.versions) != bool(work.placeholder)
        assert work.model_dump_json()


def test_the_registry_knows_the_sources(tmp_path: Path) -> None:
    path = table(tmp_path, FULL)
    queries: dict[str, dict[str, Any]] = {
        "wikiart": {"genres": ("icon",)}, "met": {"genres": ("portrait",)}, "addresses": {"path": str(path)},
    }  # fmt: skip
    assert set(queries) == set(SOURCES)
    for name, asked in queries.items():
        site = site_for(Query(source=name, **asked))
        assert site.name == name and site.hosts and site.rights.endswith(".") and site.title
    with pytest.raises(UsageError, match="'moma'"):
        site_for(Query(source="moma"))

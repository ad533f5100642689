"""What can be asked of WikiArt, without asking it."""

from __future__ import annotations


def test_all_genres_are_listed_with_what_they_are_called(studio):
    result = studio.artgan("genres")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 69 and lines[0].split() == ["genre", "also", "called", "works", "in", "2017"]
    assert any(line.startswith("flower-painting ") and "bouquet" in line and line.endswith("1,800") for line in lines)
    assert result.stderr == "next: artgan fetch SLUG\n"


def test_a_word_shows_what_it_means_and_its_neighbours(studio):
    rows = studio.json("genres", "flowers")
    assert [row["slug"] for row in rows] == ["flower-painting", "bird-and-flower-painting", "still-life"]
    assert rows[0]["id"] == "57726b4eedc2cb3880ad6e50" and rows[0]["listed_2017"] == 1800
    assert rows[0]["also"] == ["bird-and-flower-painting", "still-life"] and rows[0]["kind"] == "genre"
    assert studio.artgan("genres", "flowers").stderr == "next: artgan fetch flower-painting\n"
    mistyped = studio.artgan("genres", "landscpae")
    assert mistyped.stderr.startswith("'landscpae' is taken for landscape\n")


def test_an_unknown_word_shows_the_nearest(studio):
    result = studio.artgan("genres", "birdies")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 4
    assert "no genre is known as 'birdies'; the nearest:" in result.stderr


def test_styles_have_a_list_of_their_own(studio):
    rows = studio.json("genres", "--styles")
    assert len(rows) > 196 and {row["kind"] for row in rows} == {"style"}
    result = studio.artgan("genres", "impress", "--styles")
    assert [line.strip() for line in result.stdout.splitlines()][1:] == [
        "impressionism", "neo-impressionism", "post-impressionism",
    ]  # fmt: skip
    assert result.stderr == "next: artgan fetch --style impressionism\n"
    other = studio.artgan("genres", "cubism")
    assert "'cubism' is a style, not a genre" in other.stderr and "artgan fetch --style cubism" in other.stderr

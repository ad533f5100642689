"""A person's word becomes a genre or a style, or an error that helps."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.layouts.names import STYLES
from artgan.datasets.sites import words
from artgan.errors import ArtganError, UsageError

ALIASES = """
    flowers flower floral florals bouquet botanical > flower-painting
    portraits > portrait
    self-portraits selfportrait > self-portrait
    landscapes scenery > landscape
    still-lifes still-lives stilllife still_life > still-life
    abstracts abstraction > abstract
    cityscapes city cities urban > cityscape
    seascapes seascape marine ships sea > marina
    animals animal > animal-painting
    wildlife > wildlife-painting
    nudes nude > nude-painting-nu
    religious religion > religious-painting
    mythology mythological myths > mythological-painting
    history historical > history-painting
    battles battle war > battle-painting
    symbolic symbolism-genre > symbolic-painting
    allegory allegories > allegorical-painting
    literary > literary-painting
    genre everyday > genre-painting
    interiors > interior
    clouds sky skies > cloudscape
    sketches studies sketch study > sketch-and-study
    illustrations > illustration
    posters > poster
    photos photographs photography > photo
    icons > icon
    sculptures > sculpture
    caricatures cartoons > caricature
    miniatures > miniature
    architectural buildings > architecture
    trompe-l-oeil > trompe-loeil
    pinup > pin-up
    still_life > still-life
    nude_painting > nude-painting-nu
    abstract_painting > abstract
    genre_painting > genre-painting
    religious_painting > religious-painting
    sketch_and_study > sketch-and-study
"""
PAIRS = [
    (word, line.split(">")[1].strip()) for line in ALIASES.strip().splitlines() for word in line.split(">")[0].split()
]
KINDS: tuple[words.Kind, ...] = ("genre", "style")
EVERY = [(kind, entry) for kind in KINDS for entry in words.entries(kind)]


def test_there_are_68_genres_and_211_styles() -> None:
    genres, styles = words.entries("genre"), words.entries("style")
    assert (len(genres), len(styles)) == (68, 211)
    assert sum(bool(entry.id) for entry in genres) == 63 and sum(bool(entry.id) for entry in styles) == 193
    assert {entry.slug for entry in genres if not entry.id} == {"sculpture", "mosaic", "mural", "tapestry", "video-art"}
    assert {"realism", "surrealism", "minimalism", "rococo"} <= {entry.slug for entry in styles if not entry.id}
    ids = [entry.id for _, entry in EVERY if entry.id]
    assert len(set(ids)) == len(ids) and all(len(i) == 24 and int(i, 16) for i in ids)
    assert {entry.slug: entry.listed_2017 for entry in genres}["flower-painting"] == 1800


@pytest.mark.parametrize(("word", "slug"), PAIRS)
def test_every_known_word_means_its_genre(word: str, slug: str) -> None:
    for spelling in (word, word.upper(), f" {word.replace('-', ' ').title()} ", word.replace("-", "_")):
        assert words.resolve("genre", spelling) == (words.by_slug("genre", slug), "")


def test_no_two_entries_claim_one_name() -> None:
    for kind in KINDS:
        claims: dict[str, set[str]] = {}
        for entry in words.entries(kind):
            for name in {entry.slug, words.slug_of(entry.title), *entry.aliases}:
                for spelling in {name, words.singular(name), name.replace("-", "")}:
                    claims.setdefault(spelling, set()).add(entry.slug)
        assert not {name: slugs for name, slugs in claims.items() if len(slugs) > 1}


@given(
    st.sampled_from(EVERY),
    st.sampled_from(["-", "_", " ", "", "  "]),
    st.sampled_from(["", "s", " painting", " Paintings"]),
)
def test_every_entry_is_found_in_every_spelling(pair, between, behind) -> None:
    kind, entry = pair
    for name in (entry.slug, words.slug_of(entry.title), *entry.aliases):
        assert words.find(kind, name.replace("-", between).upper()) == entry
    assert words.find(kind, entry.title) == entry
    if kind == "genre" and len(entry.slug.rpartition("-")[2]) > 2:
        assert words.find(kind, entry.slug + behind) == entry


def test_styles_are_known_by_their_people_and_other_names() -> None:
    for word, slug in {
        "impressionists": "impressionism", "Cubist": "cubism", "pop art": "pop-art", "ukiyoe": "ukiyo-e",
        "Art Nouveau": "art-nouveau-modern", "naïve art": "na-ve-art-primitivism", "Sōsaku hanga": "s-saku-hanga",
        "Nouveau Réalisme": "nouveau-r-alisme", "l'art pompier": "lart-pompier", "colour field": "color-field-painting",
        "Mannerism": "mannerism-late-renaissance", "Renaissance": "renaissance", "land art": "environmental-land-art",
    }.items():  # fmt: skip
        assert words.resolve("style", word).entry.slug == slug


def test_the_styles_of_cs_chan_are_known() -> None:
    assert not {style for style in STYLES if words.find("style", style) is None}


@pytest.mark.parametrize(
    ("kind", "word", "slug"),
    [
        ("genre", "flwoers", "flower-painting"), ("genre", "landscpae", "landscape"), ("genre", "Portait", "portrait"),
        ("genre", "sel-portrait", None), ("genre", "self-potrait", "self-portrait"), ("genre", "abstrct", "abstract"),
        ("style", "impresionism", "impressionism"), ("style", "post-impresionism", "post-impressionism"),
        ("style", "impresionnism", "impressionism"), ("style", "surealism", "surrealism"),
    ],
)  # fmt: skip
def test_a_clear_typing_error_is_forgiven_and_told(kind: words.Kind, word: str, slug: str | None) -> None:
    if slug is None:
        with pytest.raises(UsageError):
            words.resolve(kind, word)
        return
    entry, note = words.resolve(kind, word)
    assert entry.slug == slug and repr(word) in note and slug in note


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("genre", "bottle"), ("genre", "moral"), ("genre", "ikon"), ("genre", "cats"), ("genre", "posed"),
        ("genre", "mango"), ("style", "neo-realism"), ("style", "empressionism"), ("genre", "lanscapist"),
        ("style", "zan"), ("genre", ""), ("genre", "!?"), ("genre", "花"), ("genre", "x" * 100_000),
    ],
)  # fmt: skip
def test_a_short_or_ambiguous_word_is_not_guessed(kind: words.Kind, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        words.resolve(kind, word)
    assert caught.value.exit_code == 2 and len(str(caught.value)) < 500
    assert "paste the address of its page" in caught.value.hint and "artgan genres" in caught.value.hint


def test_the_nearest_three_are_named() -> None:
    with pytest.raises(UsageError, match="'birds'") as caught:
        words.resolve("genre", "birds")
    assert caught.value.hint.startswith("the nearest are bird-and-flower-painting, ")
    assert words.nearest("genre", "flower")[0].slug == "flower-painting"
    assert len(words.nearest("style", "x")) == 3


def test_a_style_asked_for_as_a_genre_is_answered_with_the_option() -> None:
    with pytest.raises(UsageError) as caught:
        words.resolve("genre", "Impressionism")
    assert caught.value.hint == "artgan fetch --style impressionism"
    with pytest.raises(UsageError) as caught:
        words.resolve("style", "flowers")
    assert caught.value.hint == "artgan fetch flower-painting"


def test_related_genres_are_told_of() -> None:
    assert [entry.slug for entry in words.also("flower-painting")] == ["bird-and-flower-painting", "still-life"]
    assert "marina" in [entry.slug for entry in words.also("landscape")]
    assert words.also("never-heard-of") == ()
    for entry in words.entries("genre"):
        assert len(words.also(entry.slug)) == len(entry.also) and entry.slug not in entry.also


@given(st.sampled_from(KINDS), st.text(max_size=30) | st.from_regex(r"[a-z]{3,14}(-[a-z]{2,9}){0,2}", fullmatch=True))
def test_any_word_is_resolved_or_refused(kind: words.Kind, word: str) -> None:
    try:
        entry, note = words.resolve(kind, word)
    except ArtganError as error:
        assert error.exit_code == 2 and error.hint
        return
    assert entry.kind == kind
    if note:
        assert len(words.slug_of(word)) >= 6


@given(st.sampled_from(EVERY), st.data())
def test_exchanged_letters_in_a_long_name_never_mean_another_one(pair, data) -> None:
    kind, entry = pair
    at = data.draw(st.integers(0, len(entry.slug) - 2))
    word = entry.slug[:at] + entry.slug[at + 1] + entry.slug[at] + entry.slug[at + 2 :]
    with contextlib.suppress(UsageError):
        assert words.resolve(kind, word).entry == entry

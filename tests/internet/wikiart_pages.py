"""The HTML of the local WikiArt: as little as scrapers have been seen to rely on."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .wikiart import Work

NOT_FOUND = "<!DOCTYPE html><html><head><title>404 - WikiArt.org</title></head><body><h1>Not found</h1></body></html>"
ERROR = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>An error occurred</h1></body></html>"

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body>{body}</body></html>
"""


def _page(title: str, body: str, head: str = "") -> str:
    return _PAGE.format(title=html.escape(title), body=body, head=head)


def genre_index(counts: Mapping[str, int]) -> str:
    rows = "".join(
        f'<li class="dottedItem"><a href="/en/paintings-by-genre/{slug}?select=featured">'
        f"{slug.replace('-', ' ')} <sup>{count}</sup></a></li>"
        for slug, count in counts.items()
    )
    return _page("Artworks by genre - WikiArt.org", f"<ul>{rows}</ul>")


def listing_page(name: str, items: Sequence[Mapping[str, Any]], total: int) -> str:
    """Build the page that comes where JSON is refused; its records sit in an attribute, half JSON, half script."""
    records = html.escape(json.dumps(list(items), ensure_ascii=False))
    init = (
        "init({ 'initialPortion' : { 'items' : { &quot;_t&quot; : &quot;PaintingForGalleryNew[]&quot;, "
        f"&quot;_v&quot; : {records} }}, 'itemsCount': {total} }} }})"
    )
    body = f'<div class="artworks-by-dictionary" ng-init="{init}"></div><a class="masonry-load-more-button">more</a>'
    return _page(f"Artworks: {name} - WikiArt.org", body)


def text_list(works: Sequence[Work]) -> str:
    rows = "".join(
        f'<li class="painting-list-text-row"><a href="{work.page}">{html.escape(work.title)}</a>, '
        f"<span>{html.escape(work.year)}</span></li>"
        for work in works
    )
    return _page("All works - WikiArt.org", f'<ul class="painting-list-text">{rows}</ul>')


def artist_page(works: Sequence[Work]) -> str:
    artist = html.escape(works[0].artist)
    return _page(f"{works[0].artist} - {len(works)} artworks", f'<h3 itemprop="name">{artist}</h3>')


def painting_page(work: Work, generation: str) -> str:
    """Build the page of a work; headings changed in 2026, everything else has stayed."""
    title_tag, artist_tag = ("h3", "h5") if generation == "2026-03" else ("h1", "h2")
    record = json.dumps(work.item("_id"), ensure_ascii=False)
    sizes = json.dumps(
        {
            "_t": "ThumbnailSizesModel",
            "ImageThumbnailsModel": [
                {
                    "Thumbnails": [
                        {
                            "SizeKB": 60,
                            "Width": work.width,
                            "Height": work.height,
                            "Url": work.image,
                            "Name": "Original",
                        }
                    ]
                }
            ],
        }
    )
    shown = work.image + ("!Large.jpg" if "1" in work.map else "")
    head = (
        f'<link rel="canonical" href="https://www.wikiart.org{work.page}">'
        f'<meta property="og:image" content="{html.escape(shown)}">'
    )
    body = f"""
<main ng-controller="ArtworkViewCtrl" ng-init="thumbnailSizesModel = {html.escape(sizes)};">
<div class="wiki-layout-artwork-info" itemscope itemtype="https://schema.org/Painting">
 <article>
  <{title_tag}>{html.escape(work.title)}</{title_tag}>
  <{artist_tag} itemprop="creator" itemscope itemtype="https://schema.org/Person"><span itemprop="name">
   <a href="/en/{work.artist_slug}">{html.escape(work.artist)}</a></span></{artist_tag}>
  <ul>
   <li><s>Date:</s> <span itemprop="dateCreated">{html.escape(work.year)}</span></li>
   {_row("Style", [_link("paintings-by-style", name) for name in work.styles])}
   {_row("Genre", [_link("paintings-by-genre", name, ' itemprop="genre"') for name in work.genres])}
   {_row("Media", [_link("paintings-by-media", name) for name in work.media])}
   <li class="dictionary-values-gallery"><s>Location:</s> <span>Museum of Drawn Pictures, Nowhere</span></li>
   <li><s>Dimensions:</s> {work.width / 10} x {work.height / 10} cm</li>
   <li><s>Share:</s></li>
  </ul>
 </article>
 <div class="copyright-wrapper">{"".join(_badge(label) for label in work.badges)}</div>
</div>
<div class="wiki-layout-painting-info-bottom" ng-init="paintingJson = {html.escape(record)}">
 <img itemprop="image" src="{html.escape(shown)}" alt="{html.escape(work.title)}">
</div>
<div class="tags-cheaps">{"".join(_tag(tag) for tag in work.tags)}</div>
<article class="movie-promo"><h3>A film about something else</h3><ul><li><s>Directed by:</s> Nobody</li></ul></article>
</main>
<script>trackPageView('painting','{work.id}');</script>
"""
    return _page(f"{work.title}, {work.year} - {work.artist} - WikiArt.org", body, head)


def app_record(number: int, work: Work) -> dict[str, Any]:
    """Return a work as the app's endpoints of old show it."""
    return {
        "title": work.title,
        "contentId": number,
        "artistContentId": 100_000,
        "artistName": work.artist,
        "completitionYear": int(work.year) if work.year.isdigit() else None,
        "yearAsString": work.year,
        "width": work.width,
        "image": work.image + "!Large.jpg",
        "height": work.height,
    }


def _row(label: str, links: Sequence[str]) -> str:
    return f'<li class="dictionary-values"><s>{label}:</s> <span>{" , ".join(links)}</span></li>' if links else ""


def _link(kind: str, name: str, attribute: str = "") -> str:
    text = html.escape(name.replace("-", " "))
    return f'<a href="/en/{kind}/{name}"><span{attribute}>{text}</span></a>'


def _badge(label: str) -> str:
    icon = "public-domain" if label.startswith("Public domain") else "fair-use"
    return f'<a class="copyright"><i class="copyright-icon-{icon}"></i>{html.escape(label)}</a>'


def _tag(tag: str) -> str:
    return f'<div class="tags-cheaps__item"><a class="tags-cheaps__item__ref" href="/en/tag/{tag}"> {tag} </a></div>'

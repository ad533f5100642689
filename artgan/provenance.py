"""What a picture or a film tells about itself: who painted it, from which number, and that it was a trained algorithm.

The facts are named as the command line names them (run, epoch, seed, psi ...), so that the command that paints a
picture again can be read off it. For programs that know nothing of artgan there is IPTC's "digital source type".
"""

from __future__ import annotations

import base64
import mmap
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from artgan.errors import DamagedError

PREFIX = "artgan:"
"""Stands before the name of a fact wherever it is written."""
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DIGITAL_SOURCE_TYPE = f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
"""IPTC's word for what a trained network has made."""
COMPOSITE_SOURCE_TYPE = f"{_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for a sheet where that stands beside something else, such as paintings."""
ENGINE = "tensorflow"

_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="{ext}">
   <xmp:CreatorTool>{tool}</xmp:CreatorTool>
   <Iptc4xmpExt:DigitalSourceType>{type}</Iptc4xmpExt:DigitalSourceType>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
_SOURCE_IN_COMMENT = "DigitalSourceType="
# As ``comment`` writes it: words in ASCII, each closed by a semicolon, so that it is found whole between other bytes.
_COMMENT = re.compile(
    rb"(?:artgan:[a-z_0-9]{1,40}=[!-:<-~ ]{0,20000}; ){1,60}" + _SOURCE_IN_COMMENT.encode() + rb"([!-:<-~]{1,200});"
)
_PAIR = re.compile(r"artgan:([a-z_0-9]+)=([^;]*)")
# Of an element, or of an attribute in either kind of quotes.
_TYPE_IN_XMP, _TOOL_IN_XMP = (
    re.compile(name + rb"""(?:[^<>"']*>\s*([^<]{1,200})|\s*=\s*"([^"]{1,200})"|\s*=\s*'([^']{1,200})')""")
    for name in (rb"DigitalSourceType(?:\s+rdf:resource)?", rb"CreatorTool")
)


def facts(**known: Any) -> dict[str, str]:
    """Return what is to be told, as text: what is known, the engine and artgan's version; what is None is left out.

    Args:
        known: run, epoch, seed or seeds, psi, class, and whatever of a command's options was not its default.
    """
    from artgan import __version__

    told = {"engine": ENGINE, **known, "version": __version__}
    return {name: str(value) for name, value in told.items() if value is not None}


def xmp(facts: Mapping[str, Any], source_type: str = DIGITAL_SOURCE_TYPE) -> bytes:
    """Return the XMP packet that says in IPTC's words what made a picture, and with which version of artgan."""
    tool = escape(f"artgan {facts.get('version', '')}".strip(), quote=False)
    return _PACKET.format(ext=_EXT, tool=tool, type=source_type).encode()


def comment(facts: Mapping[str, Any], source_type: str = DIGITAL_SOURCE_TYPE) -> str:
    """Return the same as one line of ASCII: for the comment of a film, or wherever a container has but one field."""
    return f"{description(facts)}; {_SOURCE_IN_COMMENT}{source_type};"


def description(facts: Mapping[str, Any]) -> str:
    """Return the facts as one line of ASCII: ``artgan:run=flowers-64-k3f9x2; artgan:epoch=120``."""
    return "; ".join(f"{PREFIX}{name}={quote(str(value), safe=' :,./+@()')}" for name, value in facts.items())


def parse(text: str) -> dict[str, str]:
    """Return the facts of a line that ``description`` or ``comment`` wrote; empty where there are none."""
    return {name: unquote(value) for name, value in _PAIR.findall(text)}


def source_type_of(packet: bytes) -> tuple[str, str]:
    """Return (IPTC's source type, the program) of an XMP packet of anybody; empty where it does not say."""
    found = [pattern.search(packet) for pattern in (_TYPE_IN_XMP, _TOOL_IN_XMP)]
    texts = [next(filter(None, match.groups()), b"") if match else b"" for match in found]
    source, tool = (unescape(text.decode("utf-8", "replace")).strip() for text in texts)
    return source, tool


def source_type_in(comment: str) -> str:
    """Return IPTC's source type of a line that ``comment`` wrote; empty where there is none."""
    match = re.search(f"{_SOURCE_IN_COMMENT}(https?:[!-:<-~]+);", comment)
    return match[1] if match else ""


def exact(value: float) -> str:
    """Return a number as text that is this very number again: as short as a person writes it, where that is enough."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def latent_text(latent: np.ndarray) -> str:
    """Return a latent ``(latent_dim,)`` float32 as text, for the fact ``latent`` of a picture that has no seed.

    Several, ``(n, latent_dim)``, follow each other; ``count`` tells how many they are.
    """
    return base64.b64encode(latent.astype("<f4").tobytes()).decode("ascii")


def latents_of(text: str, count: int = 1) -> np.ndarray:
    """Return the latents ``(count, latent_dim)`` float32 that a picture or a film tells.

    Raises:
        DamagedError: it is none.
    """
    try:
        latent = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
    except ValueError as error:
        raise DamagedError("the latent that is told is none") from error
    if not latent.size or count < 1 or latent.size % count or not np.isfinite(latent).all():
        raise DamagedError("the latent that is told is none")
    return latent.reshape(count, -1)


def read_film(path: Path) -> tuple[dict[str, str], str]:
    """Return the facts that a film's comment tells, and IPTC's source type; both empty where it tells none.

    The comment is found by how it looks, in any container, so that nothing need be installed to read it.
    """
    if not path.stat().st_size:
        return {}, ""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        match = _COMMENT.search(data)
        if not match:
            return {}, ""
        return parse(match[0].decode("ascii")), match[1].decode("ascii")

"""Start the local internet by hand: ``python tests/internet --works 200``, then paste the lines it prints.

Faults: ``--fault 'PATTERN=NAME'`` or ``--fault 'PATTERN=NAME*2'`` for the first two requests; PATTERN is of the whole
address (``*uploads*``), NAME one of those below.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from internet import Internet, faults
from internet.met import LocalMet, shielded
from internet.wikiart import LocalWikiArt, drawn_works

FAULTS = {
    "429": lambda: faults.status(429, retry_after="2"),
    "429-date": lambda: faults.retry_at(429, 2),
    "429-bare": lambda: faults.status(429),
    "403": lambda: faults.status(403),
    "404": lambda: faults.status(404),
    "500": lambda: faults.status(500),
    "503": lambda: faults.status(503),
    "quota": faults.quota,
    "challenge": faults.challenge,
    "incapsula": shielded,
    "reset": faults.reset,
    "too-short": faults.too_short,
    "drip": lambda: faults.drip(16, 0.5),
    "silence": lambda: faults.silence(120),
    "gzip-bomb": faults.gzip_bomb,
    "huge": faults.huge,
    "elsewhere": lambda: faults.redirect("https://pictures.example.com/x.jpg"),
    "http": lambda: faults.redirect("http://www.wikiart.org/x.jpg"),
    "private": lambda: faults.redirect("https://127.0.0.1/x.jpg"),
    "loop": faults.redirect_loop,
    "truncated": faults.cut_short,
    "empty": faults.empty,
    "html": faults.html,
    "png": faults.png,
    "png-bomb": faults.png_bomb,
    "nested": faults.nested,
    "no-json": lambda: faults.body(b'{"Paintings": [', "application/json"),
    "noai": lambda: faults.headers(X_Robots_Tag="noai"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/internet", description=__doc__, epilog=", ".join(FAULTS))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=0, help="of the proxy; a free one by default")
    parser.add_argument("--works", type=int, default=200, help="flower paintings")
    parser.add_argument("--landscapes", type=int, default=0)
    parser.add_argument("--side", type=int, default=360, help="longer side of a picture, pixels")
    parser.add_argument("--strict", action="store_true", help="JSON only for XMLHttpRequest")
    parser.add_argument("--validators", action="store_true", help="ETag and Last-Modified")
    parser.add_argument("--past-end", choices=["null", "[]", "html"], default="null")
    parser.add_argument("--unknown", choices=["404", "302", "null"], default="404")
    parser.add_argument("--ignore-years", action="store_true", help="the advanced search ignores years")
    parser.add_argument("--met", type=int, default=40, help="objects of the museum")
    parser.add_argument("--shield-after", type=int, help="the museum blocks after so many requests")
    parser.add_argument("--shelf", type=Path, help="folder that keeps drawn pictures for the next start")
    parser.add_argument(
        "--folder", type=Path, help="for the certificate, the log and a home; a temporary one by default"
    )
    parser.add_argument("--fault", action="append", default=[], metavar="PATTERN=NAME[*TIMES]")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a shell's")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="internet-"))
    folder.mkdir(parents=True, exist_ok=True)
    works = drawn_works(options.works, side=options.side)
    works += drawn_works(options.landscapes, genre="landscape", side=options.side)
    wikiart = LocalWikiArt(
        works,
        strict=options.strict,
        past_end=options.past_end,
        unknown=options.unknown,
        with_validators=options.validators,
        years_obeyed=not options.ignore_years,
        shelf=options.shelf,
    )
    wikiart.draw_all()
    met = LocalMet(options.met, shield_after=options.shield_after)
    log = folder / "requests.jsonl"
    with Internet(wikiart, met, folder=folder, port=options.port, log=log) as internet:
        for text in options.fault:
            pattern, _, name = text.rpartition("=")
            name, _, times = name.partition("*")
            internet.inject(pattern, FAULTS[name](), int(times) if times else None)
        if options.json:
            bundle = str(internet.certificates.bundle)
            print(json.dumps({"proxy": internet.proxy.address, "ca": bundle, "log": str(log)}), flush=True)
        else:
            for variable, value in internet.variables.items():
                print(f"export {variable}={value}")
            print(f"unset NO_PROXY no_proxy    # requests are written to {log}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()

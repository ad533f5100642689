"""Numbers and times as a person says them."""

from __future__ import annotations

from datetime import UTC, datetime


def number(value: float) -> str:
    """Return 1234567 as "1,234,567"."""
    return f"{value:,.0f}"


def count(value: int, noun: str, plural: str = "") -> str:
    """Return "1 painting" or "12 paintings"."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def weights(value: int) -> str:
    """Return the size of a network: "870 thousand" or "1.2 million"."""
    return f"{value / 1e6:.1f} million" if value >= 1e6 else f"{value / 1e3:.0f} thousand"


def duration(seconds: float) -> str:
    """Return seconds as "0.4 s", "45 s", "3 min 20 s", "1 h 05 min" or "2 d 3 h"."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def rate(per_second: float) -> str:
    """Return a rate with two or three telling digits, without a unit."""
    if per_second <= 0:
        return "0"
    return f"{per_second:.2g}" if per_second < 1 else f"{per_second:.1f}" if per_second < 100 else number(per_second)


def size(count_of_bytes: float) -> str:
    """Return bytes as "3.4 MB": powers of 1,000, as disks are sold."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count_of_bytes < 999.5:
            return (
                f"{count_of_bytes:.0f} {unit}"
                if unit == "bytes" or count_of_bytes >= 99.5
                else f"{count_of_bytes:.1f} {unit}"
            )
        count_of_bytes /= 1000
    return f"{count_of_bytes:.1f} TB"


def age(moment: datetime) -> str:
    """Return how long ago it was, in its largest unit: "12 s", "5 min", "3 h", "8 d"."""
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    for unit, length, most in (("s", 1, 60), ("min", 60, 60), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds // 86400:.0f} d"

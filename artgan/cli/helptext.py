"""The pages of ``--help``: plain, aligned, in panels, readable at any width and in a pipe."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from typing import Any

from artgan.cli import terminal

EVERYWHERE = "Everywhere"
_WIDEST_LABEL = 26


def group_page(group: Any, ctx: Any) -> str:
    """Return the page of a group, from its table alone."""
    width = terminal.width()
    lines = [_head(f"Usage: {ctx.command_path} COMMAND [OPTIONS]"), ""]
    lines += _paragraphs(group.help or "", width)
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, entry in group.entries.items():
        panels.setdefault(entry.panel if ctx.parent is None else "Commands", []).append((name, entry.help))
    label = max(len(name) for rows in panels.values() for name, _ in rows)
    for panel, rows in panels.items():
        lines += ["", _head(panel), *_rows(rows, label, width)]
    rows = _options([p for p in group.get_params(ctx) if _is_option(p)], group, ctx)
    lines += ["", _head("Options"), *_rows(rows, _label(rows), width)]
    lines += ["", *_paragraphs(f"More about each: {ctx.command_path} COMMAND --help", width)]
    return "\n".join(lines)


def command_page(command: Any, ctx: Any) -> str:
    """Return the page of a command: usage, what it does, arguments and options in their panels."""
    width = terminal.width()
    found = [p for p in command.get_params(ctx) if p.param_type_name == "argument" and not p.hidden]
    words = [p.display_name_raw if p.required else f"[{p.display_name_raw}]" for p in found]
    usage = " ".join([ctx.command_path, *words, "[OPTIONS]"])
    lines = [_head(f"Usage: {usage}"), "", *_paragraphs(inspect.cleandoc(command.help or ""), width)]
    arguments = [(p.display_name_raw, p.help or "") for p in found]
    if arguments:
        lines += ["", _head("Arguments"), *_rows(arguments, _label(arguments), width)]
    options = [p for p in command.get_params(ctx) if _is_option(p)]
    panels = dict.fromkeys(_panel(option) for option in options)
    for panel in sorted(panels, key=EVERYWHERE.__eq__):
        rows = _options([option for option in options if _panel(option) == panel], command, ctx)
        lines += ["", _head(panel), *_rows(rows, _label(rows), width)]
    return "\n".join(lines)


def _panel(option: Any) -> str:
    return option.rich_help_panel or (EVERYWHERE if option.name == "help" else "Options")


def _options(options: Iterable[Any], command: Any, ctx: Any) -> list[tuple[str, str]]:
    """Return flags and help of options; the default that holds here stands in brackets."""
    defaults: dict[str, str] = getattr(command.callback, "shown_defaults", dict)()
    rows = []
    for option in options:
        spellings = sorted(option.opts, key=lambda flag: flag.startswith("--"))
        flags = ", ".join([*spellings, *option.secondary_opts])
        if not option.is_flag and not option.count:
            flags += f" {_metavar(option, ctx)}"
        default = defaults.get(option.name, "")
        if not default and option.show_default and not isinstance(option.default, bool) and option.default is not None:
            default = str(option.default)
        rows.append((flags, (option.help or "") + (f" [{default}]" if default else "")))
    return rows


def _is_option(param: Any) -> bool:
    return param.param_type_name == "option" and not param.hidden


def _metavar(option: Any, ctx: Any) -> str:
    if option.metavar:
        return str(option.metavar)
    name = str(option.display_type(ctx)).strip("<>")
    return name if "|" in name else {"int": "N", "float": "X", "str": "TEXT"}.get(name.partition(" ")[0], name.upper())


def _label(rows: list[tuple[str, str]]) -> int:
    return min(_WIDEST_LABEL, max((len(left) for left, _ in rows), default=0))


def _rows(rows: Iterable[tuple[str, str]], label: int, width: int) -> list[str]:
    """Lay out two columns; a label too long for its column has a line of its own."""
    lines: list[str] = []
    indent = label + 4
    if width - indent < 20:
        label, indent = 0, 6
    for left, right in rows:
        wrapped = textwrap.wrap(right, max(20, width - indent)) or [""]
        head = "  " + terminal.style(left, "cyan")
        if len(left) > label:
            lines += [head, *(" " * indent + line for line in wrapped if line)]
        else:
            lines.append(head + " " * (indent - 2 - len(left)) + wrapped[0])
            lines += [" " * indent + line for line in wrapped[1:]]
    return [line.rstrip() for line in lines]


def _paragraphs(text: str, width: int) -> list[str]:
    """Fill paragraphs to the width; indented lines (examples) stay as they are."""
    lines: list[str] = []
    for block in text.split("\n\n"):
        block_lines = block.splitlines()
        plain = [line for line in block_lines if not line.startswith(" ")]
        if len(plain) == len(block_lines):
            lines += ["  " + line for line in textwrap.wrap(block, width - 2)]
        else:
            lines += [_head(line) if not line.startswith(" ") else "  " + line.strip() for line in block_lines]
        lines.append("")
    return lines[:-1]


def _head(text: str) -> str:
    return terminal.style(text, "bold")

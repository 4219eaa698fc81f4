"""Make text that AWS or a file gave us harmless wherever it is shown: the one place that does."""

from __future__ import annotations

import re
import shlex

# OWASP, "CSV Injection": what a spreadsheet takes for the beginning of a formula, with the full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#|~!])")


def line(text: str) -> str:
    """`text` as one line for a terminal: what a terminal would obey, or hide, is spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _shown(char) for char in text)


def block(text: str) -> str:
    """`text` for a terminal with its line breaks kept; each line is as harmless as `line` makes it."""
    return "\n".join(line(part) for part in text.splitlines())


def cell(text: str) -> str:
    """`text` for one field of a CSV file that someone opens in a spreadsheet."""
    shown = line(text)
    # What is no formula yet may become one when what a terminal would obey has been spelled out.
    begins = (text.lstrip(" "), shown.lstrip(" "))
    return f"'{shown}" if any(each.startswith(_FORMULA) for each in begins) else shown


def markdown(text: str) -> str:
    """`text` as itself inside Markdown, a table's cell included: no markup, no link, no HTML."""
    escaped = _MARKDOWN.sub(r"\\\1", line(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shell(text: str) -> str:
    """`text` as one word of a command line that may be pasted into bash or zsh; it reads back exactly."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_ansi_c(char) for char in text) + "'"


def json_text(text: str) -> str:
    """JSON `text` that means the same, with every character that a terminal would obey written as an escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else _json_escape(char) for char in text)


def json_line(encoded: bytes) -> str:
    """JSON that msgspec has encoded, as text that is harmless in the same way."""
    text = encoded.decode()
    beyond_ascii = len(encoded) - len(text)
    # JSON itself escapes all that is ASCII and harmful, but DEL. 0xC3 begins just the letters from À to ÿ: looking at
    # each character of a text that has no others takes as long as all else that is done to write it.
    if beyond_ascii == encoded.count(b"\xc3") and "\x7f" not in text:
        return text
    return json_text(text)


def _shown(char: str) -> str:
    if char.isspace():
        return " "
    return char.encode("unicode_escape").decode("ascii")


def _ansi_c(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))


def _json_escape(char: str) -> str:
    # Outside its strings JSON has no character but ASCII, so an escape can only land inside one.
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

"""The one loop of the browser that is worth WebAssembly: ``c += a @ b``, four rows and eight columns at a time.

Assembled here from its instructions: some 400 bytes, no compiler, no stored binary. ``painter.js`` has the same loop in
JavaScript, for what does not divide by four and eight and for browsers without SIMD.
"""

from __future__ import annotations

from collections.abc import Iterable

# WebAssembly Core Specification 2.0, section 5: the bytes of what is used.
_I32, _V128, _EMPTY = 0x7F, 0x7B, 0x40
_ADD, _SUB, _SHL, _GT, _LT = b"\x6a", b"\x6b", b"\x74", b"\x4a", b"\x48"
_F32X4_ADD, _F32X4_MUL = b"\xfd\xe4\x01", b"\xfd\xe6\x01"
_LOOP, _END = bytes([0x03, _EMPTY]), b"\x0b"
_ROWS, _HALVES = 4, 2
# Parameters: byte addresses, the bytes from one row of a to the next, and three counts.
_A, _STEP, _B, _C, _M, _K, _N = range(7)
# Locals: bytes in a row of b and c, offset of the columns, what is left of k, a place in b; then four each.
_WIDTH, _COLUMN, _LEFT, _PB = range(7, 11)
_PA = range(11, 11 + _ROWS)
_PC = range(15, 15 + _ROWS)
_SUMS = [[19 + row * _HALVES + half for half in range(_HALVES)] for row in range(_ROWS)]
_B0, _B1, _SPLAT = 27, 28, 29


def module() -> bytes:
    """Return the module: it imports ``env.m``, a memory, and exports ``gemm``.

    ``gemm(a, step, b, c, m, k, n)``: addresses and ``step`` in bytes; m rows, a multiple of four, of k numbers each,
    which may overlap (a convolution's windows do); b ``(k, n)`` and c ``(m, n)`` float32, n a multiple of eight.
    """
    body = _body()
    local_groups = _vector([_leb(12) + bytes([_I32]), _leb(11) + bytes([_V128])])
    code = local_groups + body + _END
    return b"\0asm\1\0\0\0" + b"".join(
        [
            _section(1, _vector([b"\x60" + _vector([bytes([_I32])] * 7) + _vector([])])),
            _section(2, _vector([_name("env") + _name("m") + b"\x02\x00\x01"])),
            _section(3, _vector([_leb(0)])),
            _section(7, _vector([_name("gemm") + b"\x00" + _leb(0)])),
            _section(10, _vector([_leb(len(code)) + code])),
        ]
    )


def _body() -> bytes:
    inner = [_get(_PB), _load(0), _set(_B0), _get(_PB), _load(16), _set(_B1)]
    for row in range(_ROWS):
        inner += [_get(_PA[row]), _splat(), _set(_SPLAT)]
        for total, right in zip(_SUMS[row], (_B0, _B1), strict=True):
            inner += [_get(total), _get(_SPLAT), _get(right), _F32X4_MUL, _F32X4_ADD, _set(total)]
        inner += [_get(_PA[row]), _const(4), _ADD, _set(_PA[row])]
    inner += [_get(_PB), _get(_WIDTH), _ADD, _set(_PB)]
    inner += [_get(_LEFT), _const(1), _SUB, _tee(_LEFT), _const(0), _GT, _branch()]

    block = [_get(_A), _set(_PA[0]), _get(_C), _get(_COLUMN), _ADD, _set(_PC[0])]
    for row in range(1, _ROWS):
        block += [_get(_PA[row - 1]), _get(_STEP), _ADD, _set(_PA[row])]
        block += [_get(_PC[row - 1]), _get(_WIDTH), _ADD, _set(_PC[row])]
    for row in range(_ROWS):
        for half in range(_HALVES):
            block += [_get(_PC[row]), _load(16 * half), _set(_SUMS[row][half])]
    block += [_get(_B), _get(_COLUMN), _ADD, _set(_PB), _get(_K), _set(_LEFT), _LOOP, *inner, _END]
    for row in range(_ROWS):
        for half in range(_HALVES):
            block += [_get(_PC[row]), _get(_SUMS[row][half]), _store(16 * half)]
    block += [_get(_COLUMN), _const(32), _ADD, _tee(_COLUMN), _get(_WIDTH), _LT, _branch()]

    rows = [_const(0), _set(_COLUMN), _LOOP, *block, _END]
    for pointer, width in ((_A, _STEP), (_C, _WIDTH)):
        rows += [_get(pointer), _get(width), _const(2), _SHL, _ADD, _set(pointer)]
    rows += [_get(_M), _const(_ROWS), _SUB, _tee(_M), _const(0), _GT, _branch()]
    return b"".join([_get(_N), _const(2), _SHL, _set(_WIDTH), _LOOP, *rows, _END])


def _get(local: int) -> bytes:
    return b"\x20" + _leb(local)


def _set(local: int) -> bytes:
    return b"\x21" + _leb(local)


def _tee(local: int) -> bytes:
    return b"\x22" + _leb(local)


def _const(value: int) -> bytes:
    assert 0 <= value < 64, "one byte of signed LEB128"
    return bytes([0x41, value])


def _branch() -> bytes:
    """Go back to the beginning of the innermost loop where the stack says so."""
    return b"\x0d\x00"


def _load(offset: int) -> bytes:
    return b"\xfd\x00\x02" + _leb(offset)


def _splat() -> bytes:
    return b"\xfd\x09\x02\x00"


def _store(offset: int) -> bytes:
    return b"\xfd\x0b\x02" + _leb(offset)


def _leb(value: int) -> bytes:
    """Write an unsigned number, seven bits to a byte."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _vector(items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return _leb(len(listed)) + b"".join(listed)


def _name(text: str) -> bytes:
    return _leb(len(text)) + text.encode()


def _section(number: int, content: bytes) -> bytes:
    return bytes([number]) + _leb(len(content)) + content

"""Columns of text and numbers out of an R data file, without R, quickly and in little memory.

An `.rda` file (R's `save`) holds R objects in R's binary serialisation, packed with gzip, bzip2 or xz. This
reads the one shape that tables of edges come in: a single data frame, or a single named list, of character,
factor and double columns. It refuses anything else. The format: "R Internals", section 1.8.
"""

import bz2
import gzip
import lzma
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Coded", "Column", "read_rda_columns"]

_SYMBOL, _PAIRS, _TEXT, _INTEGERS, _DOUBLES, _STRINGS, _LIST = 1, 2, 9, 13, 14, 16, 19
_NIL, _REFERENCE = 254, 255
_HAS_ATTRIBUTES, _HAS_TAG, _LATIN1 = 1 << 9, 1 << 10, 1 << 14
_NA_LENGTH, _NA_INTEGER = 2**32 - 1, -(2**31)
_PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\0": lzma.decompress}
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, struct.error)


@dataclass(frozen=True, eq=False)
class Coded:
    """Text of N rows: row n holds `values[codes[n]]`; code -1 is a missing value."""

    codes: npt.NDArray[np.int32]
    values: tuple[str, ...]

    def __len__(self) -> int:
        """N."""
        return len(self.codes)

    def text(self) -> list[str]:
        """Return the N texts; a ValueError if one is missing."""
        if len(self) and self.codes.min() < 0:
            raise ValueError("a text is missing (NA)")
        return list(np.array(self.values, dtype=object)[self.codes])


Column = Coded | npt.NDArray[np.float64]


def read_rda_columns(path: Path) -> dict[str, Column]:
    """Read the columns of the only object of an `.rda` file, a data frame or a named list.

    Raises
    ------
    ValueError
        If the file is broken, or holds anything else.
    """
    try:
        content = path.read_bytes()
        unpack = next((one for magic, one in _PACKED.items() if content.startswith(magic)), bytes)
        return _Reader(unpack(content)).columns()
    except _BROKEN as error:
        raise ValueError(f"{path.name} is a broken R data file ({error}). Delete or replace it.") from error
    except ValueError as error:
        raise ValueError(
            f"{path.name}: {error}; expected an R data file with one data frame or named list of character, "
            "factor and double columns"
        ) from error


class _Reader:
    """Reads R's serialisation from front to back."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 7
        self.symbols: list[str] = []  # a symbol is written once, then referred to by its number

    def columns(self) -> dict[str, Column]:
        """Return the columns of the only object, by name."""
        if self.data[:7] not in (b"RDX2\nX\n", b"RDX3\nX\n"):
            raise ValueError("it does not begin with RDX2 or RDX3, as R's save() writes")
        version, _, _ = self.integer(), self.integer(), self.integer()
        if version == 3:
            encoding = self.count(1)
            self.place += encoding
        self.expect(self.integer(), _PAIRS)
        self.symbol()
        flags = self.expect(self.integer(), _LIST)
        columns = [self.column() for _ in range(self.count(4))]
        about = self.attributes(flags)
        if self.integer() & 0xFF != _NIL:
            raise ValueError("it holds several objects")
        names = _texts(about, "names")
        if len(set(names)) != len(columns):
            raise ValueError(f"its {len(columns)} columns have {len(set(names))} different names")
        if "data.frame" in _texts(about, "class") and len({len(one) for one in columns}) > 1:
            raise ValueError("the columns of its data frame differ in length")
        return dict(zip(names, columns, strict=True))

    def column(self) -> Column:
        """Read one column."""
        flags = self.integer()
        values = self.vector(flags)
        about = self.attributes(flags)
        classes, levels = _texts(about, "class"), _texts(about, "levels")
        if flags & 0xFF == _INTEGERS and "factor" in classes and not isinstance(values, Coded):
            codes = np.where(values == _NA_INTEGER, 0, values).astype(np.int32) - 1
            if codes.size and not -1 <= codes.min() <= codes.max() < len(levels):
                raise ValueError(f"a factor of {len(levels)} levels refers to others")
            return Coded(codes, tuple(levels))
        if flags & 0xFF == _INTEGERS or classes:
            raise ValueError(f"it has a column of {' '.join(classes) or 'integers'}")
        return values

    def vector(self, flags: int) -> Column:
        """Read text, doubles, or integers (as doubles, which hold them exactly)."""
        if flags & 0xFF == _STRINGS:
            return self.strings(self.count(8))
        kind, width = (">i4", 4) if flags & 0xFF == _INTEGERS else (">f8", 8)
        if width == 8:
            self.expect(flags, _DOUBLES)
        count, start = self.count(width), self.place
        self.place += count * width
        return np.frombuffer(self.data, kind, count, start).astype(np.float64)

    def strings(self, count: int) -> Coded:
        """Read texts; each different one is decoded once."""
        data, place, length = self.data, self.place + 4, struct.Struct(">I").unpack_from
        found: dict[bytes, int] = {}  # a text with its flags and length -> its code
        codes = np.empty(count, np.int32)
        for one in range(count):
            (size,) = length(data, place)
            stop = place + 4 + (size if size != _NA_LENGTH else 0)
            codes[one] = found.setdefault(data[place - 4 : stop], len(found))
            place = stop + 4
        self.place = place - 4
        if self.place > len(data):
            raise EOFError("it ends inside a text")
        texts = [_decoded(piece) for piece in found]
        values = tuple(dict.fromkeys(text for text in texts if text is not None))
        code: dict[str | None, int] = {text: position for position, text in enumerate(values)}
        return Coded(np.array([code.get(text, -1) for text in texts], np.int32)[codes], values)

    def attributes(self, flags: int) -> dict[str, Column]:
        """Read what an object says about itself, if it says anything."""
        about: dict[str, Column] = {}
        while flags & _HAS_ATTRIBUTES and (pair := self.integer()) & 0xFF != _NIL:
            self.expect(pair, _PAIRS)
            name, inner = self.symbol(), self.integer()
            about[name] = self.vector(inner)
            self.attributes(inner)
        return about

    def symbol(self) -> str:
        """Read a name, or what refers to an earlier one."""
        flags = self.integer()
        if flags & 0xFF == _REFERENCE and 0 < flags >> 8 <= len(self.symbols):
            return self.symbols[(flags >> 8) - 1]
        self.expect(flags, _SYMBOL)
        (text,) = self.strings(1).text()
        self.symbols.append(text)
        return self.symbols[-1]

    def integer(self) -> int:
        """Read a 32-bit number: a length, or the flags of what follows."""
        self.place += 4
        return int(struct.unpack_from(">i", self.data, self.place - 4)[0])

    def count(self, width: int) -> int:
        """Read how many values of at least `width` bytes follow."""
        count = self.integer()
        if not 0 <= count * width <= len(self.data) - self.place:
            raise EOFError(f"{count} values are announced, {len(self.data) - self.place} bytes are left")
        return count

    @staticmethod
    def expect(flags: int, kind: int) -> int:
        """Return the flags of an object of a kind; refuse any other."""
        if flags & 0xFF != kind:
            raise ValueError(f"it holds R type {flags & 0xFF} where type {kind} belongs")
        return flags


def _decoded(piece: bytes) -> str | None:
    """Return the text of eight bytes of flags and length and the text itself; None for NA."""
    flags, size = struct.unpack_from(">iI", piece)
    _Reader.expect(flags, _TEXT)
    return None if size == _NA_LENGTH else piece[8:].decode("latin-1" if flags & _LATIN1 else "utf-8")


def _texts(about: dict[str, Column], name: str) -> list[str]:
    """Return an attribute that is text; nothing where there is no such."""
    found = about.get(name)
    return found.text() if isinstance(found, Coded) else []

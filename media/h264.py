"""What H.264's sequence parameters say of the size of a picture (ITU-T H.264, 7.3.2.1.1)."""

SCALED_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
MACROBLOCK = 16


class _Bits:
    """Reads a unit bit by bit; the bytes that only keep start codes out are left out first."""

    def __init__(self, unit: bytes) -> None:
        self._value = int.from_bytes(unit.replace(b"\x00\x00\x03", b"\x00\x00"), "big")
        self._left = len(unit.replace(b"\x00\x00\x03", b"\x00\x00")) * 8

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the sequence parameters are too short")
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number of the sequence parameters is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def size_of(parameters: bytes) -> tuple[int, int]:
    """Return width and height of the picture.

    Raises:
        ValueError: they cannot be read.
    """
    bits = _Bits(parameters[1:])
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()
    colours = bits.unsigned() if (scaled := profile in SCALED_PROFILES) else 1
    if scaled:
        _skip_scaling(bits, colours)
    bits.unsigned()
    _skip_order(bits)
    bits.unsigned()
    bits.take(1)
    columns, rows = bits.unsigned() + 1, bits.unsigned() + 1
    whole_frames = bits.take(1)
    if not whole_frames:
        bits.take(1)
    bits.take(1)
    left, right, top, bottom = (bits.unsigned() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    across, down = (2 if colours in {1, 2} else 1), (2 if colours == 1 else 1) * (2 - whole_frames)
    width, height = columns * MACROBLOCK - (left + right) * across, rows * MACROBLOCK * (2 - whole_frames) - (top + bottom) * down
    if not (0 < width <= 16_384 and 0 < height <= 16_384):
        raise ValueError(f"a picture of {width} by {height}")
    return width, height


def _skip_scaling(bits: _Bits, colours: int) -> None:
    if colours == 3:
        bits.take(1)
    bits.unsigned()
    bits.unsigned()
    bits.take(1)
    if not bits.take(1):
        return
    for number in range(12 if colours == 3 else 8):
        if bits.take(1):
            last = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (last + bits.signed()) % 256
                last = following or last


def _skip_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.unsigned()):
            bits.signed()

#!/usr/bin/env python3
"""Draws icon.png, the package's icon: a small network whose middle layer is half as bright, as 16 bits are half of 32. Needs Python alone."""
import math
import pathlib
import struct
import zlib

SIZE = 128
SAMPLES = 4
BACKGROUND, BRIGHT, HALF, LINE = (38, 50, 110), (255, 255, 255), (122, 196, 255), (92, 110, 190)
LAYERS = [(28, (44, 84)), (64, (28, 64, 100)), (100, (44, 84))]


def corner(x, y, radius=26):
    """Whether a point lies in the rounded square."""
    dx, dy = max(radius - x, x - (SIZE - radius), 0), max(radius - y, y - (SIZE - radius), 0)
    return dx * dx + dy * dy <= radius * radius


def near(x, y, ax, ay, bx, by, width):
    """Whether a point lies on the line from a to b."""
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    along = min(1.0, max(0.0, along))
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) <= width


def colour(x, y):
    """Red, green, blue and opacity of a point."""
    if not corner(x, y):
        return 0, 0, 0, 0
    for i, (cx, rows) in enumerate(LAYERS):
        for cy in rows:
            if math.hypot(x - cx, y - cy) <= 11:
                return *(HALF if i == 1 else BRIGHT), 255
    for (ax, left), (bx, right) in zip(LAYERS, LAYERS[1:]):
        for ay in left:
            for by in right:
                if near(x, y, ax, ay, bx, by, 1.4):
                    return *LINE, 255
    return *BACKGROUND, 255


def pixel(column, row):
    """The mean over samples; colours weigh as much as they are opaque."""
    offsets = [(i + 0.5) / SAMPLES for i in range(SAMPLES)]
    samples = [colour(column + dx, row + dy) for dx in offsets for dy in offsets]
    opacity = sum(sample[3] for sample in samples)
    mean = [round(sum(sample[i] * sample[3] for sample in samples) / opacity) if opacity else 0 for i in range(3)]
    return bytes([*mean, round(opacity / len(samples))])


def chunk(kind, data):
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
pathlib.Path(__file__).with_name("icon.png").write_bytes(png)

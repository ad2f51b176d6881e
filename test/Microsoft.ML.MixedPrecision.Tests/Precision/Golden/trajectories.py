"""What the two recorders share: sequences of steps, and the file format.

A step is good (False) or overflows (True). Files hold runs, not single steps:
flags    "g1999 o1"           1999 good steps, then one that overflows
scales   "47800000*3"         Float32 bits of the scale after each step, three times the same
counters "1..1999 0"          a counter after each step: rising by one from 1 to 1999, then 0; "2*9" is nine times 2
"""

import ctypes
import itertools
import json
import pathlib
import random
import struct


def steps(text):
    """'g2 o1' -> [False, False, True]"""
    return [run[0] == "o" for run in text.split() for _ in range(int(run[1:]))]


def random_steps(seed, count, share_of_overflows):
    generator = random.Random(seed)
    return [generator.random() < share_of_overflows for _ in range(count)]


def float32(value):
    """The nearest Float32, infinity included."""
    return ctypes.c_float(value).value


def common_sequences(interval):
    """(name, interval, flags): for every peer the same situations; `interval` is the peer's own."""
    i = interval
    return [
        ("growth exactly at the interval", i, steps(f"g{i - 1} o1 g{i - 1} o1 g{i} o1 g{i + 1} o2 g{2 * i} g{i - 1} o1 g1")),
        ("interval 1", 1, steps("g5 o1 g3 o2 g1 o3 g2")),
        ("interval 2", 2, steps("g1 o1 g1 o1 g2 g1 o1 g2 o1 g4 g1 o3 g8")),
        ("hysteresis patterns", 5, steps("o1 g1 o2 g4 o1 g5 o1 o1 g1 o3 g6 o1 g1 o1 g1 o1 g12 o4 g5 o2 g5")),
        ("few overflows", 50, random_steps(1, 4000, 0.005)),
        ("some overflows", 4, random_steps(2, 800, 0.15)),
        ("balanced", 2, random_steps(3, 800, 0.3)),
    ]


def write(name, source, cases):
    """cases: dicts with 'flags', 'scales' (floats) and 'counters' (ints) as lists, one entry a step; the rest as it is."""
    for case in cases:
        case["flags"] = " ".join(("o" if flag else "g") + str(len(list(run))) for flag, run in itertools.groupby(case["flags"]))
        case["scales"] = " ".join(bits + "*" + str(len(list(run))) for bits, run in itertools.groupby(map(_bits, case["scales"])))
        case["counters"] = " ".join(_counter_runs(case["counters"]))
    path = pathlib.Path(__file__).with_name(name)
    path.write_text(json.dumps({"source": source, "cases": cases}, indent=2) + "\n", encoding="utf-8")


def _bits(scale):
    return struct.pack(">f", scale).hex()


def _counter_runs(values):
    index = 0
    while index < len(values):
        first = values[index]
        count = len(list(itertools.takewhile(lambda value: value == first, itertools.islice(values, index, None))))
        if count == 1:
            while index + count < len(values) and values[index + count] == first + count:
                count += 1
            yield str(first) if count == 1 else f"{first}..{first + count - 1}"
        else:
            yield f"{first}*{count}"
        index += count

"""Writes src/Microsoft.ML.MixedPrecision/Text/Characters/decompositions.txt: python3 build/decompositions.py.

Each character that Unicode decomposes (NFD), and what remains of it without marks of category Mn: the letter under the accents. Hangul is
left out, which a formula decomposes. Decompositions of characters never change from one version of Unicode to the next; new characters may
bring new ones, and a test compares the table with the system's.
"""

import pathlib
import unicodedata

TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/Microsoft.ML.MixedPrecision/Text/Characters/decompositions.txt"
HANGUL = range(0xAC00, 0xD7A4)
SURROGATES = range(0xD800, 0xE000)
WIDTH = 140


def remainder(code):
    """None where there is no decomposition."""
    character = chr(code)
    decomposed = unicodedata.normalize("NFD", character)
    if decomposed == character or unicodedata.category(character) == "Mn":
        return None
    return [ord(part) for part in decomposed if unicodedata.category(part) != "Mn"]


lines = [f"# Unicode {unicodedata.unidata_version}, canonical decompositions without marks (build/decompositions.py); Unicode License V3."]
line = ""
for code in range(0x110000):
    if code in HANGUL or code in SURROGATES or (rest := remainder(code)) is None:
        continue
    entry = f"{code:X}={'+'.join(f'{part:X}' for part in rest)}"
    if len(line) + 1 + len(entry) > WIDTH:
        lines.append(line)
        line = ""
    line = f"{line} {entry}".strip()
lines.append(line)
TARGET.write_text("\n".join(lines) + "\n", encoding="ascii")

"""Gives ONNX files to the reference checker of the ONNX project, with strict inference of all types and shapes.

    python3 check_onnx.py            prints the newest opset that the checker knows
    python3 check_onnx.py FILE...    one line a file: its name, "accepted" or what is wrong; exit code 1 if any is wrong
"""
import os
import sys

import onnx


def main(paths):
    if not paths:
        print(onnx.defs.onnx_opset_version())
        return 0
    wrong = 0
    for path in paths:
        try:
            onnx.checker.check_model(onnx.load(path), full_check=True)
            verdict = "accepted"
        except Exception as error:
            wrong += 1
            verdict = " ".join(str(error).split())
        print(f"{os.path.basename(path)}: {verdict}")
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))

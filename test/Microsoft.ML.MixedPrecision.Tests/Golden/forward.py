"""Computes mlp-*.txt, the scores of the rows in mlp-*.rows.txt, in double from the weights in mlp-*.zip. Needs nothing but Python."""

import glob
import json
import math
import os
import struct
import zipfile

ACTIVATIONS = {
    "Relu": lambda x: max(x, 0.0),
    "Silu": lambda x: x / (1 + math.exp(-x)),
    "Tanh": math.tanh,
    "Sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "Gelu": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "GeluErf": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))),
}


def network(path):
    with zipfile.ZipFile(path) as archive:
        contents = next(data for data in map(archive.read, archive.namelist()) if b'{"Inputs"' in data)
    start = contents.index(b'{"Inputs"')
    (length,) = struct.unpack_from("<i", contents, start - 4)
    definition = json.loads(contents[start:start + length])
    at = start + length
    (header_length,) = struct.unpack_from("<Q", contents, at)
    header = json.loads(contents[at + 8:at + 8 + header_length])
    data = at + 8 + header_length
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        tensors[name] = struct.unpack_from(f"<{(last - first) // 4}f", contents, data + first)
    return definition, tensors


def linear(x, weight, bias):
    return [b + math.fsum(w * v for w, v in zip(weight[i * len(x):(i + 1) * len(x)], x)) for i, b in enumerate(bias)]


def layer_norm(x, scale, shift):
    mean = math.fsum(x) / len(x)
    variance = math.fsum((v - mean) ** 2 for v in x) / len(x)
    return [g * (v - mean) / math.sqrt(variance + 1e-5) + b for v, g, b in zip(x, scale, shift)]


def batch_norm(x, scale, shift, mean, variance):
    return [g * (v - m) / math.sqrt(s + 1e-5) + b for v, g, b, m, s in zip(x, scale, shift, mean, variance)]


def forward(definition, tensors, x):
    if definition.get("Scaling", "None") != "None":
        x = [(v - shift) * factor for v, shift, factor in zip(x, tensors["features.shift"], tensors["features.factor"])]
    for i in range(len(definition["HiddenLayers"])):
        name = f"hidden.{i}"
        y = linear(x, tensors[name + ".weight"], tensors[name + ".bias"])
        normalization = definition.get("Normalization", "None")
        if normalization != "None":
            parts = [tensors[f"{name}.norm.{part}"] for part in ("weight", "bias")]
            if normalization == "LayerNorm":
                y = layer_norm(y, *parts)
            else:
                y = batch_norm(y, *parts, *[tensors[f"{name}.norm.{part}"] for part in ("running_mean", "running_var")])
        y = [ACTIVATIONS[definition["Activation"]](v) for v in y]
        x = [a + b for a, b in zip(x, y)] if definition.get("Residual") and len(x) == len(y) else y
    return linear(x, tensors["output.weight"], tensors["output.bias"])


folder = os.path.dirname(os.path.abspath(__file__))
for path in glob.glob(os.path.join(folder, "mlp-*.rows.txt")):
    name = path[:-len(".rows.txt")]
    definition, tensors = network(name + ".zip")
    with open(path) as rows, open(name + ".txt", "w", newline="\n") as scores:
        for row in rows:
            scores.write(" ".join(map(repr, forward(definition, tensors, [float(v) for v in row.split()]))) + "\n")

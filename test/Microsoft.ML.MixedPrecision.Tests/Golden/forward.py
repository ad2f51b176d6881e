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
        first, last = entry["data_offsets"]
        tensors[name] = struct.unpack_from(f"<{(last - first) // 4}f", contents, data + first)
    return definition, tensors


def linear(x, weight, bias):
    return [b + math.fsum(w * v for w, v in zip(weight[i * len(x):(i + 1) * len(x)], x)) for i, b in enumerate(bias)]


def layer_norm(x, scale, shift):
    mean = math.fsum(x) / len(x)
    variance = math.fsum((v - mean) ** 2 for v in x) / len(x)
    return [g * (v - mean) / math.sqrt(variance + 1e-5) + b for v, g, b in zip(x, scale, shift)]


def forward(definition, tensors, x):
    names = list(tensors)
    for i in range(len(definition["HiddenLayers"])):
        own = [name for name in names if name.startswith(f"hidden.{i}.")]
        norm = [name for name in own if ".norm." in name]
        weight, bias = [name for name in own if name not in norm]
        x = linear(x, tensors[weight], tensors[bias])
        if norm:
            x = layer_norm(x, tensors[norm[0]], tensors[norm[1]])
        x = [ACTIVATIONS[definition["Activation"]](v) for v in x]
    weight, bias = [name for name in names if name.startswith("output")]
    return linear(x, tensors[weight], tensors[bias])


folder = os.path.dirname(os.path.abspath(__file__))
for path in glob.glob(os.path.join(folder, "mlp-*.rows.txt")):
    name = path[:-len(".rows.txt")]
    definition, tensors = network(name + ".zip")
    with open(path) as rows, open(name + ".txt", "w", newline="\n") as scores:
        for row in rows:
            scores.write(" ".join(map(repr, forward(definition, tensors, [float(v) for v in row.split()]))) + "\n")

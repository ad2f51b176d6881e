"""Computes mlp-*.txt, the scores of the rows in mlp-*.rows.txt, in double from the weights in mlp-*.zip. Needs nothing but Python."""

import glob
import json
import math
import os
import struct
import zipfile

BEGINNINGS = (b'{"Inputs"', b'{"version"')

ACTIVATIONS = {
    "Relu": lambda x: max(x, 0.0),
    "Silu": lambda x: x / (1 + math.exp(-x)),
    "Tanh": math.tanh,
    "Sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "Gelu": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "GeluErf": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))),
}


def network(path):
    """The network's description, JSON, and its tensors. Int32 bytes, description, then safetensors."""
    with zipfile.ZipFile(path) as archive:
        parts = [data for data in map(archive.read, archive.namelist()) for start in BEGINNINGS if start in data]
    contents, = parts
    start = max(contents.find(beginning) for beginning in BEGINNINGS)
    (length,) = struct.unpack_from("<i", contents, start - 4)
    description = json.loads(contents[start:start + length])
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
    return description, tensors


def linear(x, weight, bias):
    return [b + math.fsum(w * v for w, v in zip(weight[i * len(x):(i + 1) * len(x)], x)) for i, b in enumerate(bias)]


def layer_norm(x, scale, shift):
    mean = math.fsum(x) / len(x)
    variance = math.fsum((v - mean) ** 2 for v in x) / len(x)
    return [g * (v - mean) / math.sqrt(variance + 1e-5) + b for v, g, b in zip(x, scale, shift)]


def batch_norm(x, scale, shift, mean, variance):
    return [g * (v - m) / math.sqrt(s + 1e-5) + b for v, g, b, m, s in zip(x, scale, shift, mean, variance)]


def layers_of(definition):
    """The layers of a perceptron, which files before version 4 describe by its options, in the words of version 4."""
    width = definition["Inputs"]
    for i, outputs in enumerate(definition["HiddenLayers"]):
        name = f"hidden.{i}"
        block = [{"layer": "linear", "name": name}]
        normalization = definition.get("Normalization", "None")
        if normalization != "None":
            block.append({"layer": normalization[0].lower() + normalization[1:], "name": name + ".norm"})
        block.append({"layer": "activation", "function": definition["Activation"]})
        if definition.get("Residual") and width == outputs:
            yield {"layer": "residual", "layers": block}
        else:
            yield from block
        width = outputs
    yield {"layer": "linear", "name": "output"}


def run(layers, tensors, x):
    for layer in layers:
        kind = layer["layer"]
        own = [tensors.get(f"{layer.get('name')}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        if kind == "linear":
            x = linear(x, *own[:2])
        elif kind == "layerNorm":
            x = layer_norm(x, *own[:2])
        elif kind == "batchNorm":
            x = batch_norm(x, *own)
        elif kind == "activation":
            x = [ACTIVATIONS[layer["function"]](v) for v in x]
        elif kind == "residual":
            x = [a + b for a, b in zip(x, run(layer["layers"], tensors, x))]
        elif kind != "dropout":
            raise ValueError(kind)
    return x


def prepared(features, tensors, x):
    indicators = [float(math.isnan(x[i])) for i in features.get("indicated", [])]
    if features.get("missing", "Reject") != "Reject":
        x = [fill if math.isnan(v) else v for v, fill in zip(x, tensors["features.fill"])]
    scaling = features.get("scaling", "None")
    if scaling != "None":
        x = [(v - shift) * factor for v, shift, factor in zip(x, tensors["features.shift"], tensors["features.factor"])]
    if scaling == "Robust":
        x = [z / math.sqrt(1 + (z / 3) ** 2) for z in x]
    return x + indicators


def forward(description, tensors, x):
    is_spec = "version" in description
    x = prepared(description["inputs"][0] if is_spec else {"scaling": description.get("Scaling", "None")}, tensors, x)
    return run(description["layers"] if is_spec else layers_of(description), tensors, x)


def softmax(x):
    exps = [math.exp(v - max(x)) for v in x]
    return [v / math.fsum(exps) for v in exps]


folder = os.path.dirname(os.path.abspath(__file__))
for path in glob.glob(os.path.join(folder, "mlp-*.rows.txt")):
    name = path[:-len(".rows.txt")]
    description, tensors = network(name + ".zip")
    with open(path) as rows, open(name + ".txt", "w", newline="\n") as scores:
        for row in rows:
            outputs = forward(description, tensors, [float(v) for v in row.split()])
            if "multiclass" in os.path.basename(name):
                outputs = softmax(outputs)
            scores.write(" ".join(map(repr, outputs)) + "\n")

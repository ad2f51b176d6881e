"""Small random encoders with the names that Hugging Face's library gives to weights, and what plain PyTorch makes of rows of tokens.

Writes a folder each beside this file: config.json, weights, vocabulary, and expected.json with rows of ids and, in float64, the mean of the
last hidden states and, where there is one, the pooler's output. Needs PyTorch alone (run with 1.13); the forward passes are written out
from the papers and https://huggingface.co/docs/transformers/model_doc/{bert,roberta,distilbert}.

    python3 record_encoders.py
"""

import json
import math
import os
import struct

import torch

torch.manual_seed(20261201)
HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, LAYERS, HIDDEN, VOCABULARY, POSITIONS = 16, 2, 2, 24, 23, 12


def tensor(*shape, scale=0.3):
    return torch.randn(*shape, dtype=torch.float64) * scale


def add_linear(w, name, outputs, inputs):
    w[name + ".weight"], w[name + ".bias"] = tensor(outputs, inputs), tensor(outputs, scale=0.1)


def add_norm(w, name, weight="weight", bias="bias"):
    w[f"{name}.{weight}"], w[f"{name}.{bias}"] = 1 + tensor(WIDTH, scale=0.1), tensor(WIDTH, scale=0.1)


def bert_weights(prefix, positions, types, weight="weight", bias="bias", pooler=True):
    w = {}
    e = prefix + "embeddings."
    w[e + "word_embeddings.weight"] = tensor(VOCABULARY, WIDTH)
    w[e + "position_embeddings.weight"] = tensor(positions, WIDTH)
    w[e + "token_type_embeddings.weight"] = tensor(types, WIDTH)
    add_norm(w, e + "LayerNorm", weight, bias)
    for i in range(LAYERS):
        p = f"{prefix}encoder.layer.{i}."
        for part in ("query", "key", "value"):
            add_linear(w, f"{p}attention.self.{part}", WIDTH, WIDTH)
        add_linear(w, p + "attention.output.dense", WIDTH, WIDTH)
        add_norm(w, p + "attention.output.LayerNorm", weight, bias)
        add_linear(w, p + "intermediate.dense", HIDDEN, WIDTH)
        add_linear(w, p + "output.dense", WIDTH, HIDDEN)
        add_norm(w, p + "output.LayerNorm", weight, bias)
    if pooler:
        add_linear(w, prefix + "pooler.dense", WIDTH, WIDTH)
    return w


def distilbert_weights(prefix):
    w = {}
    w[prefix + "embeddings.word_embeddings.weight"] = tensor(VOCABULARY, WIDTH)
    w[prefix + "embeddings.position_embeddings.weight"] = tensor(POSITIONS, WIDTH)
    add_norm(w, prefix + "embeddings.LayerNorm")
    for i in range(LAYERS):
        p = f"{prefix}transformer.layer.{i}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            add_linear(w, f"{p}attention.{part}", WIDTH, WIDTH)
        add_norm(w, p + "sa_layer_norm")
        add_linear(w, p + "ffn.lin1", HIDDEN, WIDTH)
        add_linear(w, p + "ffn.lin2", WIDTH, HIDDEN)
        add_norm(w, p + "output_layer_norm")
    return w


def linear(w, name, x):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def norm(w, name, x, epsilon):
    weight = w.get(name + ".weight", w.get(name + ".gamma"))
    bias = w.get(name + ".bias", w.get(name + ".beta"))
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return weight * (x - mean) / torch.sqrt(variance + epsilon) + bias


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def attention(q, k, v):
    steps, size = q.shape[0], WIDTH // HEADS
    heads = []
    for h in range(HEADS):
        s = slice(h * size, (h + 1) * size)
        scores = q[:, s] @ k[:, s].T / math.sqrt(size)
        heads.append(torch.softmax(scores, -1) @ v[:, s])
    return torch.cat(heads, -1)


def bert(w, prefix, ids, first, epsilon, separator, act):
    types, behind = [], 0
    for i in ids:
        types.append(behind)
        if separator is not None and i == separator:
            behind = 1
    e = prefix + "embeddings."
    x = (w[e + "word_embeddings.weight"][ids]
         + w[e + "position_embeddings.weight"][[first + t for t in range(len(ids))]]
         + w[e + "token_type_embeddings.weight"][types])
    x = norm(w, e + "LayerNorm", x, epsilon)
    for i in range(LAYERS):
        p = f"{prefix}encoder.layer.{i}."
        q, k, v = (linear(w, f"{p}attention.self.{part}", x) for part in ("query", "key", "value"))
        x = norm(w, p + "attention.output.LayerNorm", x + linear(w, p + "attention.output.dense", attention(q, k, v)), epsilon)
        inner = linear(w, p + "output.dense", act(linear(w, p + "intermediate.dense", x)))
        x = norm(w, p + "output.LayerNorm", x + inner, epsilon)
    return x


def distilbert(w, prefix, ids):
    x = w[prefix + "embeddings.word_embeddings.weight"][ids] + w[prefix + "embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(w, prefix + "embeddings.LayerNorm", x, 1e-12)
    for i in range(LAYERS):
        p = f"{prefix}transformer.layer.{i}."
        q, k, v = (linear(w, f"{p}attention.{part}_lin", x) for part in "qkv")
        x = norm(w, p + "sa_layer_norm", linear(w, p + "attention.out_lin", attention(q, k, v)) + x, 1e-12)
        x = norm(w, p + "output_layer_norm", linear(w, p + "ffn.lin2", gelu(linear(w, p + "ffn.lin1", x))) + x, 1e-12)
    return x


FORMATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}


def write(path, weights, dtype, buffers=()):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, value in weights.items():
        stored = value.to(FORMATS[dtype]).contiguous()
        raw = stored.view(torch.int16).numpy().tobytes() if stored.element_size() == 2 else stored.numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    for name, numbers in buffers:
        raw = struct.pack(f"<{len(numbers)}q", *numbers)
        header[name] = {"dtype": "I64", "shape": [1, len(numbers)], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def stored(weights, dtype):
    """What a file of the format holds, so that the expected numbers are those of the rounded weights."""
    return {name: value.to(FORMATS[dtype]).to(torch.float64) for name, value in weights.items()}


def save(name, config, vocabulary, expected):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    for file, text in {"config.json": json.dumps(config, indent=1), "expected.json": json.dumps(expected), **vocabulary}.items():
        with open(os.path.join(folder, file), "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text + "\n")
    return folder


def rows(begin, end, middle=()):
    texts = [[5, 9, 14], [], [6, 22, 7, 7, 18, 11, 20], [8]]
    single = [[begin, *text, end] for text in texts]
    pairs = [[begin, 5, 9, end, *middle, 13, 21, end], [begin, end, *middle, 17, end]]
    return single + pairs


def record(hidden, weights, pooler, ids):
    result = {"rows": ids, "mean": [], "first": [], "pooler": []}
    for row in ids:
        x = hidden(row)
        result["mean"].append(x.mean(0).tolist())
        result["first"].append(x[0].tolist())
        if pooler:
            result["pooler"].append(torch.tanh(linear(weights, pooler, x[0])).tolist())
    return result


def main():
    wordpiece = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list("abcdefghijklmnopqr"))

    # BERT as its first files had it: a prefix, gamma and beta, the heads of its training, a buffer. Types, pooler, Float32.
    w = stored(bert_weights("bert.", POSITIONS, 2, "gamma", "beta"), "F32")
    folder = save(
        "bert",
        {"model_type": "bert", "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
         "num_attention_heads": HEADS, "intermediate_size": HIDDEN, "max_position_embeddings": POSITIONS, "type_vocab_size": 2,
         "layer_norm_eps": 1e-12, "hidden_act": "gelu"},
        {"vocab.txt": wordpiece},
        record(lambda ids: bert(w, "bert.", ids, 0, 1e-12, 3, gelu), w, "bert.pooler.dense", rows(2, 3)))
    heads = {"cls.predictions.bias": tensor(VOCABULARY), "cls.seq_relationship.weight": tensor(2, WIDTH)}
    write(os.path.join(folder, "model.safetensors"), {**w, **heads}, "F32", [("bert.embeddings.position_ids", range(POSITIONS))])

    # The same form without prefix, in BFloat16, with GELU's tanh form and one token type.
    w = stored(bert_weights("", POSITIONS, 1, pooler=False), "BF16")
    folder = save(
        "bert-bf16",
        {"model_type": "bert", "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
         "num_attention_heads": HEADS, "intermediate_size": HIDDEN, "max_position_embeddings": POSITIONS, "type_vocab_size": 1,
         "layer_norm_eps": 1e-5, "hidden_act": "gelu_new"},
        {"vocab.txt": wordpiece},
        record(lambda ids: bert(w, "", ids, 0, 1e-5, None, gelu_new), w, None, rows(2, 3)))
    write(os.path.join(folder, "model.safetensors"), w, "BF16")

    # RoBERTa: positions from 2 on, one type, byte pairs; Float32 in two shards.
    w = stored(bert_weights("roberta.", POSITIONS + 2, 1, pooler=False), "F32")
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] + list("abcdefghijklmnopqr")
    folder = save(
        "roberta",
        {"model_type": "roberta", "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
         "num_attention_heads": HEADS, "intermediate_size": HIDDEN, "max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1,
         "layer_norm_eps": 1e-5, "hidden_act": "gelu", "pad_token_id": 1},
        {"vocab.json": json.dumps({token: i for i, token in enumerate(tokens)}), "merges.txt": "#version: 0.2"},
        record(lambda ids: bert(w, "roberta.", ids, 2, 1e-5, None, gelu), w, None, rows(0, 2, [2])))
    names = list(w)
    parts = {"model-00001-of-00002.safetensors": names[: len(names) // 2], "model-00002-of-00002.safetensors": names[len(names) // 2:]}
    parts["model-00002-of-00002.safetensors"].append("lm_head.bias")
    w["lm_head.bias"] = tensor(VOCABULARY)
    for file, held in parts.items():
        write(os.path.join(folder, file), {name: w[name] for name in held}, "F32")
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8", newline="\n") as stream:
        json.dump({"metadata": {"total_size": 0}, "weight_map": {name: file for file, held in parts.items() for name in held}}, stream)
        stream.write("\n")

    # DistilBERT: other names, no types, in Float16.
    w = stored(distilbert_weights("distilbert."), "F16")
    folder = save(
        "distilbert",
        {"model_type": "distilbert", "vocab_size": VOCABULARY, "dim": WIDTH, "n_layers": LAYERS, "n_heads": HEADS,
         "hidden_dim": HIDDEN, "max_position_embeddings": POSITIONS, "activation": "gelu"},
        {"vocab.txt": wordpiece},
        record(lambda ids: distilbert(w, "distilbert.", ids), w, None, rows(2, 3)))
    write(os.path.join(folder, "model.safetensors"), {**w, "vocab_projector.bias": tensor(VOCABULARY)}, "F16")


main()

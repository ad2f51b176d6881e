"""Records tabular_transformer.json: small FT-Transformers in PyTorch, in binary64: python3 record_tabular_transformer.py. PyTorch 1.13 and later.

Written from the published description (Y. Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", arXiv 2106.11959): a token for each
number and category, a learned token in front, pre-norm blocks of which the very first has no norm, and a head that reads the learned token through
norm and ReLU; the blocks of products have the exact GELU. Unlike in this project all tokens go through all blocks, and categories have tables of
their own. Nothing in it comes from this project but the names of the weights. Weights are (outputs, inputs).
"""

import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
WIDTH, HEADS, HIDDEN, CLASSES, ROWS = 12, 3, 10, 3, 9
TRAINED, RATE, DECAY, BETA1, BETA2, EPSILON = 50, 0.003, 0.01, 0.9, 0.98, 1e-8


def weights(numbers, levels, layers):
    w = {}

    def norm(name):
        w[name + ".weight"] = 1 + 0.2 * torch.randn(1, WIDTH)
        w[name + ".bias"] = 0.2 * torch.randn(1, WIDTH)

    def linear(name, outputs, inputs):
        w[name + ".weight"] = torch.randn(outputs, inputs) / math.sqrt(inputs)
        w[name + ".bias"] = 0.2 * torch.randn(1, outputs)

    # Of each category a row for the missing, one for the unseen, and one for each level.
    for j, count in enumerate(levels):
        w[f"categories.{j}"] = torch.randn(2 + count, WIDTH)
    if numbers > 0:
        w["tokens.weight"] = torch.randn(numbers, WIDTH)
    w["tokens.bias"] = torch.randn(1 + numbers + len(levels), WIDTH)
    for layer in range(layers):
        if layer > 0:
            norm(f"layers.{layer}.attention.norm")
        linear(f"layers.{layer}.attention.qkv", 3 * WIDTH, WIDTH)
        linear(f"layers.{layer}.attention.out", WIDTH, WIDTH)
        norm(f"layers.{layer}.feedforward.norm")
        linear(f"layers.{layer}.feedforward.in", HIDDEN, WIDTH)
        linear(f"layers.{layer}.feedforward.out", WIDTH, HIDDEN)
    norm("norm")
    linear("output", CLASSES, WIDTH)
    return {name: value.float().double().requires_grad_() for name, value in w.items()}


def forward(w, x, categories, layers):
    def linear(name, t):
        return t @ w[name + ".weight"].T + w[name + ".bias"][0]

    def norm(name, t):
        return torch.nn.functional.layer_norm(t, (WIDTH,), w[name + ".weight"][0], w[name + ".bias"][0], 1e-5)

    def attention(name, t):
        q, k, v = (part.view(len(t), -1, HEADS, WIDTH // HEADS).transpose(1, 2) for part in linear(name + ".qkv", t).chunk(3, dim=2))
        scores = torch.einsum("nhqd,nhkd->nhqk", q, k) / math.sqrt(WIDTH // HEADS)
        seen = torch.einsum("nhqk,nhkd->nhqd", scores.softmax(3), v)
        return linear(name + ".out", seen.transpose(1, 2).flatten(2))

    def feedforward(name, t):
        return linear(name + ".out", torch.nn.functional.gelu(linear(name + ".in", t)))

    bias = w["tokens.bias"]
    tokens = [bias[0].expand(len(x), WIDTH)]
    tokens += [x[:, i, None] * w["tokens.weight"][i] + bias[1 + i] for i in range(x.shape[1])]
    tokens += [w[f"categories.{j}"][categories[:, j]] + bias[1 + x.shape[1] + j] for j in range(categories.shape[1])]
    t = torch.stack(tokens, dim=1)
    for layer in range(layers):
        name = f"layers.{layer}.attention"
        t = t + attention(name, norm(name + ".norm", t) if layer > 0 else t)
        name = f"layers.{layer}.feedforward"
        t = t + feedforward(name, norm(name + ".norm", t))
    return linear("output", torch.relu(norm("norm", t[:, 0])))


def flat(w, values):
    """Tables of categories are one in this project."""
    tables = [values(value) for name, value in w.items() if name.startswith("categories.")]
    others = {name: values(value).flatten().tolist() for name, value in w.items() if not name.startswith("categories.")}
    return ({"categories.weight": torch.cat(tables).flatten().tolist()} if tables else {}) | others


def case(seed, numbers, levels, layers):
    torch.manual_seed(seed)
    w = weights(numbers, levels, layers)
    x = torch.randn(ROWS, numbers).float().double()
    rows = torch.stack([torch.randint(0, 2 + count, (ROWS,)) for count in levels], dim=1) if levels else torch.zeros(ROWS, 0, dtype=torch.long)
    labels = torch.randint(0, CLASSES, (ROWS,))
    # The number of a category: 0 where it is missing, 1 beyond its levels where it is unseen.
    told = torch.stack([torch.where(r == 0, 0, torch.where(r == 1, count + 1, r - 1)) for r, count in zip(rows.T, levels)], dim=1) \
        if levels else rows
    start = flat(w, lambda value: value.detach())
    logits = forward(w, x, rows, layers)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    gradients = flat(w, lambda value: value.grad)
    decays = [name.startswith("categories.") or (name.endswith("weight") and "norm" not in name and not name.startswith("tokens")) for name in w]
    optimizer = torch.optim.AdamW([
        {"params": [value for value, its in zip(w.values(), decays) if its], "weight_decay": DECAY},
        {"params": [value for value, its in zip(w.values(), decays) if not its], "weight_decay": 0.0}], RATE, (BETA1, BETA2), EPSILON)
    losses = []
    for _ in range(TRAINED):
        optimizer.zero_grad()
        step = torch.nn.functional.cross_entropy(forward(w, x, rows, layers), labels)
        step.backward()
        optimizer.step()
        losses.append(step.item())
    return {
        "numbers": numbers, "levels": levels, "layers": layers,
        "x": torch.cat([x, told.double()], dim=1).tolist(), "labels": labels.tolist(), "start": start,
        "logits": logits.flatten().tolist(), "loss": loss.item(), "gradients": gradients, "losses": losses,
    }


if __name__ == "__main__":
    record = {
        "pytorch": torch.__version__, "width": WIDTH, "heads": HEADS, "hidden": HIDDEN, "classes": CLASSES,
        "rate": RATE, "decay": DECAY, "beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON,
        "cases": [case(1, 3, [4, 2], 2), case(2, 5, [], 1), case(3, 0, [3, 5, 1], 3)],
    }
    path = pathlib.Path(__file__).with_name("tabular_transformer.json")
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")

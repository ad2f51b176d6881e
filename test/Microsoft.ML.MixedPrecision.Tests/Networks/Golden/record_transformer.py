"""Records transformer.json: small Transformers in PyTorch, in binary64, step by step: python3 record_transformer.py. PyTorch 1.13 and later.

Written from the published descriptions (A. Vaswani et al., 2017; J. Devlin et al., 2018; R. Xiong et al., 2020): embeddings of tokens and
positions, attention with padded keys left out of the softmax, two products with the exact GELU, layer norms before or behind, mean of the real
steps, classes. Examples are padded, unlike in this project, so that masks are looked at too. Nothing in it comes from this project but the
names of the weights. What a case needs, tokens, labels, starting values, is in the file; weights are (outputs, inputs).
"""

import copy
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
VOCABULARY, STEPS, WIDTH, HEADS, HIDDEN, LAYERS, CLASSES = 11, 7, 8, 2, 12, 2, 3
LENGTHS, LABELS = [5, 1, 3, 7], [0, 2, 1, 2]
TRAINED, RATE, DECAY, BETA1, BETA2, EPSILON = 50, 0.01, 0.01, 0.9, 0.98, 1e-8


def weights():
    w = {"embeddings.tokens.weight": torch.randn(VOCABULARY, WIDTH), "embeddings.positions.weight": torch.randn(STEPS, WIDTH) * 0.5}

    def norm(name):
        w[name + ".weight"] = 1 + 0.2 * torch.randn(1, WIDTH)
        w[name + ".bias"] = 0.2 * torch.randn(1, WIDTH)

    def linear(name, outputs, inputs):
        w[name + ".weight"] = torch.randn(outputs, inputs) / math.sqrt(inputs)
        w[name + ".bias"] = 0.2 * torch.randn(1, outputs)

    norm("embeddings.norm")
    for layer in range(LAYERS):
        norm(f"layers.{layer}.attention.norm")
        linear(f"layers.{layer}.attention.qkv", 3 * WIDTH, WIDTH)
        linear(f"layers.{layer}.attention.out", WIDTH, WIDTH)
        norm(f"layers.{layer}.feedforward.norm")
        linear(f"layers.{layer}.feedforward.in", HIDDEN, WIDTH)
        linear(f"layers.{layer}.feedforward.out", WIDTH, HIDDEN)
    norm("norm")
    linear("output", CLASSES, WIDTH)
    return {name: value.float().double().requires_grad_() for name, value in w.items()}


def forward(w, tokens, real, pre_norm):
    def linear(name, x):
        return x @ w[name + ".weight"].T + w[name + ".bias"][0]

    def norm(name, x):
        return torch.nn.functional.layer_norm(x, (WIDTH,), w[name + ".weight"][0], w[name + ".bias"][0], 1e-5)

    def attention(name, x):
        q, k, v = linear(name + ".qkv", x).view(len(x), STEPS, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(2, 3) / math.sqrt(WIDTH // HEADS)
        weight = scores.masked_fill(~real[:, None, None, :], -math.inf).softmax(3)
        return linear(name + ".out", (weight @ v).transpose(1, 2).reshape(len(x), STEPS, WIDTH))

    def feedforward(name, x):
        return linear(name + ".out", torch.nn.functional.gelu(linear(name + ".in", x)))

    x = w["embeddings.tokens.weight"][tokens] + w["embeddings.positions.weight"]
    if not pre_norm:
        x = norm("embeddings.norm", x)
    for layer in range(LAYERS):
        for name, block in ((f"layers.{layer}.attention", attention), (f"layers.{layer}.feedforward", feedforward)):
            x = x + block(name, norm(name + ".norm", x)) if pre_norm else norm(name + ".norm", x + block(name, x))
    if pre_norm:
        x = norm("norm", x)
    mean = (x * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)
    return linear("output", mean)


def used(w, pre_norm):
    return {name: value for name, value in w.items() if not name.startswith("embeddings.norm" if pre_norm else "norm.")}


def case(seed, pre_norm):
    torch.manual_seed(seed)
    w = used(weights(), pre_norm)
    tokens = torch.randint(0, VOCABULARY, (len(LENGTHS), STEPS))
    real = torch.arange(STEPS)[None, :] < torch.tensor(LENGTHS)[:, None]
    labels = torch.tensor(LABELS)
    start = {name: value.detach().flatten().tolist() for name, value in w.items()}
    logits = forward(w, tokens, real, pre_norm)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    gradients = {name: value.grad.flatten().tolist() for name, value in w.items()}
    decayed = [value for name, value in w.items() if name.endswith("weight") and "norm" not in name]
    others = [value for name, value in w.items() if not (name.endswith("weight") and "norm" not in name)]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], RATE, (BETA1, BETA2), EPSILON)
    losses = []
    for _ in range(TRAINED):
        optimizer.zero_grad()
        step = torch.nn.functional.cross_entropy(forward(w, tokens, real, pre_norm), labels)
        step.backward()
        optimizer.step()
        losses.append(step.item())
    return {
        "isPreNorm": pre_norm,
        "tokens": [row[:length].tolist() for row, length in zip(tokens, LENGTHS)],
        "labels": LABELS,
        "start": start,
        "logits": logits.flatten().tolist(),
        "loss": loss.item(),
        "gradients": gradients,
        "losses": losses,
    }


if __name__ == "__main__":
    record = {
        "pytorch": torch.__version__,
        "vocabulary": VOCABULARY, "steps": STEPS, "width": WIDTH, "heads": HEADS, "hidden": HIDDEN, "layers": LAYERS, "classes": CLASSES,
        "rate": RATE, "decay": DECAY, "beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON,
        "cases": [case(1, True), case(2, False)],
    }
    path = pathlib.Path(__file__).with_name("transformer.json")
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")

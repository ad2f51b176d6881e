"""Records gpt.json: a small GPT in PyTorch, in binary64: python3 record_gpt.py. PyTorch 1.13 and later.

Written from the published description (A. Radford et al., "Language Models are Unsupervised Multitask Learners", 2019; O. Press and L. Wolf,
"Using the Output Embedding to Improve Language Models", 2017): embeddings of tokens and positions, pre-norm blocks of causal attention and of
two products with GELU, a last norm, and logits from the transposed table of tokens and a bias. Each token predicts the next one; the loss is
the mean over the tokens that have a target. Examples are padded, unlike in this project. Nothing in it comes from this project but the names of
the weights.
"""

import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
VOCABULARY, STEPS, WIDTH, HEADS, HIDDEN, LAYERS = 13, 7, 8, 2, 12, 2
LENGTHS = [6, 1, 3, 7]
TRAINED, RATE, DECAY, BETA1, BETA2, EPSILON = 50, 0.01, 0.01, 0.9, 0.98, 1e-8
NONE = -100


def weights():
    w = {"embeddings.tokens.weight": torch.randn(VOCABULARY, WIDTH) * 0.7, "embeddings.positions.weight": torch.randn(STEPS, WIDTH) * 0.5}

    def norm(name):
        w[name + ".weight"] = 1 + 0.2 * torch.randn(1, WIDTH)
        w[name + ".bias"] = 0.2 * torch.randn(1, WIDTH)

    def linear(name, outputs, inputs):
        w[name + ".weight"] = torch.randn(outputs, inputs) / math.sqrt(inputs)
        w[name + ".bias"] = 0.2 * torch.randn(1, outputs)

    for layer in range(LAYERS):
        norm(f"layers.{layer}.attention.norm")
        linear(f"layers.{layer}.attention.qkv", 3 * WIDTH, WIDTH)
        linear(f"layers.{layer}.attention.out", WIDTH, WIDTH)
        norm(f"layers.{layer}.feedforward.norm")
        linear(f"layers.{layer}.feedforward.in", HIDDEN, WIDTH)
        linear(f"layers.{layer}.feedforward.out", WIDTH, HIDDEN)
    norm("norm")
    w["output.bias"] = 0.2 * torch.randn(1, VOCABULARY)
    return {name: value.float().double().requires_grad_() for name, value in w.items()}


def forward(w, tokens):
    def linear(name, x):
        return x @ w[name + ".weight"].T + w[name + ".bias"][0]

    def norm(name, x):
        return torch.nn.functional.layer_norm(x, (WIDTH,), w[name + ".weight"][0], w[name + ".bias"][0], 1e-5)

    earlier = torch.ones(STEPS, STEPS, dtype=torch.bool).tril()

    def attention(name, x):
        q, k, v = linear(name + ".qkv", x).view(len(x), STEPS, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(2, 3) / math.sqrt(WIDTH // HEADS)).masked_fill(~earlier, -math.inf)
        return linear(name + ".out", (scores.softmax(3) @ v).transpose(1, 2).reshape(len(x), STEPS, WIDTH))

    def feedforward(name, x):
        return linear(name + ".out", torch.nn.functional.gelu(linear(name + ".in", x)))

    x = w["embeddings.tokens.weight"][tokens] + w["embeddings.positions.weight"]
    for layer in range(LAYERS):
        for name, block in ((f"layers.{layer}.attention", attention), (f"layers.{layer}.feedforward", feedforward)):
            x = x + block(name, norm(name + ".norm", x))
    return norm("norm", x) @ w["embeddings.tokens.weight"].T + w["output.bias"][0]


if __name__ == "__main__":
    torch.manual_seed(3)
    w = weights()
    start = {name: value.detach().flatten().tolist() for name, value in w.items()}
    tokens = torch.randint(0, VOCABULARY, (len(LENGTHS), STEPS))
    targets = torch.randint(0, VOCABULARY, (len(LENGTHS), STEPS))
    targets[0, 2] = NONE
    real = torch.arange(STEPS)[None, :] < torch.tensor(LENGTHS)[:, None]
    targets[~real] = NONE

    def loss():
        return torch.nn.functional.cross_entropy(forward(w, tokens).flatten(0, 1), targets.flatten(), ignore_index=NONE)

    logits = forward(w, tokens)
    first = loss()
    first.backward()
    gradients = {name: value.grad.flatten().tolist() for name, value in w.items()}
    decayed = [value for name, value in w.items() if name.endswith("weight") and "norm" not in name]
    others = [value for name, value in w.items() if not (name.endswith("weight") and "norm" not in name)]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], RATE, (BETA1, BETA2), EPSILON)
    losses = []
    for _ in range(TRAINED):
        optimizer.zero_grad()
        step = loss()
        step.backward()
        optimizer.step()
        losses.append(step.item())
    record = {
        "pytorch": torch.__version__,
        "vocabulary": VOCABULARY, "steps": STEPS, "width": WIDTH, "heads": HEADS, "hidden": HIDDEN, "layers": LAYERS,
        "rate": RATE, "decay": DECAY, "beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON,
        "tokens": [row[:length].tolist() for row, length in zip(tokens, LENGTHS)],
        "targets": [[max(-1, target) for target in row[:length].tolist()] for row, length in zip(targets, LENGTHS)],
        "start": start,
        "logits": [row[:length].flatten().tolist() for row, length in zip(logits, LENGTHS)],
        "loss": first.item(),
        "gradients": gradients,
        "losses": losses,
    }
    path = pathlib.Path(__file__).with_name("gpt.json")
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")

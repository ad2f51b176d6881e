"""Records realmlp.json: RealMLP in PyTorch, in binary64 and in Float32, step by step: python3 record_realmlp.py. PyTorch 1.13 and later.

Written from the formulas of D. Holzmueller et al., "Better by Default" (arXiv 2407.04491): NTK parametrization y = x V^T / sqrt(d) + b with its own
learning rates (biases 0.1, the scale layer 6, activations and embeddings 0.1), coslog4, Adam with beta 0.9 and 0.95, a last layer of zeros,
decoupled decay of weights with flat_cos. Nothing in it comes from this project. What a case needs, rows, starting values, rates, is in
the file, so that the other side has the same; V are in the order (outputs, inputs).
"""

import copy
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
ROWS, FEATURES, STEPS = 48, 5, 60


def coslog4(progress):
    return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress))) / 2


def flat_cos(progress):
    return (1 + math.cos(math.pi * max(0, 2 * progress - 1))) / 2


class Pbld(torch.nn.Module):
    def __init__(self, columns):
        super().__init__()
        self.frequencies = torch.nn.Parameter(0.1 * torch.randn(columns, 16))
        self.phases = torch.nn.Parameter(math.pi * (2 * torch.rand(columns, 16) - 1))
        self.weights = torch.nn.Parameter((2 * torch.rand(columns, 3, 16) - 1) / 4)
        self.biases = torch.nn.Parameter((2 * torch.rand(columns, 3) - 1) / 4)

    def forward(self, x):
        waves = torch.cos(2 * math.pi * x[:, :, None] * self.frequencies + self.phases)
        sums = torch.einsum("nfj,fkj->nfk", waves, self.weights) + self.biases
        return torch.cat([x[:, :, None], sums], dim=2).flatten(1)


class Scale(torch.nn.Module):
    def __init__(self, columns):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(columns))

    def forward(self, x):
        return x * self.scale


class Ntk(torch.nn.Module):
    def __init__(self, inputs, outputs, zero=False):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(outputs, inputs) if zero else torch.randn(outputs, inputs))
        self.bias = torch.nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight.T / math.sqrt(self.weight.shape[1]) + self.bias


class Parametric(torch.nn.Module):
    def __init__(self, function, columns):
        super().__init__()
        self.function = function
        self.share = torch.nn.Parameter(torch.ones(columns))

    def forward(self, x):
        return x + self.share * (self.function(x) - x)


class Plain(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def network(function, outputs, embedded, parametric):
    layers, width = [], FEATURES
    if embedded:
        layers, width = [Pbld(FEATURES)], 4 * FEATURES
    layers.append(Scale(width))
    for units in (16, 16, 16):
        layers += [Ntk(width, units), Parametric(function, units) if parametric else Plain(function)]
        width = units
    return torch.nn.Sequential(*layers, Ntk(width, outputs, zero=True))


def groups(model, rate, decay):
    found = []
    for layer in model:
        for name, parameter in layer.named_parameters():
            if isinstance(layer, Ntk):
                factor, decays = (1, True) if name == "weight" else (0.1, False)
            else:
                factor, decays = (6 if isinstance(layer, Scale) else 0.1), False
            found.append({"params": [parameter], "factor": factor * rate, "decay": decay if decays else 0})
    return found


def record(name, function, outputs, rate, decay=0.0, embedded=False, parametric=False):
    torch.manual_seed(11)
    x = torch.randn(ROWS, FEATURES).float().double()
    signal = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * torch.randn(ROWS)
    y = torch.bucketize(signal, torch.tensor([-0.5, 0.5])) if outputs > 1 else signal.float().double()
    model = network({"Selu": torch.nn.functional.selu, "Mish": torch.nn.functional.mish}[function], outputs, embedded, parametric)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.float().double())
    start = {f"{i}.{key}": value.flatten().tolist() for i, layer in enumerate(model) for key, value in layer.named_parameters()}
    single = copy.deepcopy(model).float()
    losses, scores = train(model, x, y, rate, decay)
    losses32, scores32 = train(single, x.float(), y if outputs > 1 else y.float(), rate, decay)
    return {
        "name": name, "function": function, "outputs": outputs, "rate": rate, "decay": decay, "embedded": embedded, "parametric": parametric,
        "x": x.flatten().tolist(), "y": y.tolist(), "start": start,
        "losses": losses, "scores": scores, "losses32": losses32, "scores32": scores32,
    }


def train(model, x, y, rate, decay):
    optimizer = torch.optim.AdamW(groups(model, rate, decay), lr=rate, betas=(0.9, 0.95), eps=1e-8, weight_decay=0)
    losses = []
    for step in range(STEPS):
        progress = step / STEPS
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * coslog4(progress)
            group["weight_decay"] = group["decay"] * flat_cos(progress)
        optimizer.zero_grad()
        scores = model(x)
        is_class = scores.shape[1] > 1
        loss = torch.nn.functional.cross_entropy(scores, y) if is_class else torch.nn.functional.mse_loss(scores[:, 0], y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        return losses, model(x).flatten().tolist()


cases = [
    record("TD-S, classes", "Selu", 3, 0.04),
    record("TD-S, numbers", "Mish", 1, 0.07),
    record("TD, classes", "Selu", 3, 0.04, decay=0.02, embedded=True, parametric=True),
    record("TD, numbers", "Mish", 1, 0.2, decay=0.02, embedded=True, parametric=True),
]
path = pathlib.Path(__file__).with_name("realmlp.json")
source = f"PyTorch {torch.__version__} on the CPU, binary64 and Float32; dropout and the data-driven start left out"
path.write_text(json.dumps({"source": source, "rows": ROWS, "features": FEATURES, "cases": cases}) + "\n", encoding="utf-8")

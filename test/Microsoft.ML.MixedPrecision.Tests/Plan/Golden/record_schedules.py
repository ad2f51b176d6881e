"""Records schedules.json: factors of the learning rate, step by step, by PyTorch's own schedulers."""

import json
import os
import warnings

import torch

warnings.simplefilter("ignore")


def factors(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step() if len(values) < steps else None
    return values


cases = []
for steps in (1, 2, 10, 57):
    for final in (0.0, 0.1, 1.0):
        cases.append(("Cosine", steps, 0.0, final, factors(
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=steps, eta_min=final), steps)))
        cases.append(("Linear", steps, 0.0, final, factors(
            lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=final, total_iters=steps), steps)))
# The highest rate at a whole step, between two steps, and before the first one.
for steps, rise in ((10, 0.3), (20, 0.25), (100, 0.3), (40, 0.9), (10, 0.25), (57, 0.3), (33, 0.123), (3, 0.9), (2, 0.3), (7, 0.1), (10, 0.05)):
    cases.append(("OneCycle", steps, rise, 0.0, factors(
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=steps, pct_start=rise, cycle_momentum=False), steps)))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedules.json")
with open(path, "w", newline="\n") as file:
    json.dump({"torch": torch.__version__, "cases": [dict(zip(("kind", "steps", "warmup", "final", "factors"), case)) for case in cases]}, file)
    file.write("\n")

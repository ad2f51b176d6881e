"""Records pytorch.json by running torch._amp_update_scale_ on the CPU. PyTorch 2.6 has it there, 1.13 did not: python3 record_pytorch.py"""

import torch

from trajectories import common_sequences, float32, random_steps, steps, write

INITIAL, INTERVAL = 65536.0, 2000


def record(name, interval, flags, initial=INITIAL, growth=2.0, backoff=0.5):
    scale = torch.full((1,), initial, dtype=torch.float32)
    tracker = torch.zeros(1, dtype=torch.int32)
    scales, counters = [], []
    for overflow in flags:
        found_inf = torch.full((1,), float(overflow), dtype=torch.float32)
        torch._amp_update_scale_(scale, tracker, found_inf, growth, backoff, interval)
        scales.append(scale.item())
        counters.append(tracker.item())
    return {
        "name": name, "initial": initial, "growth": growth, "backoff": backoff, "interval": interval, "hysteresis": 1,
        "flags": flags, "scales": scales, "counters": counters,
    }


cases = [record(*sequence) for sequence in common_sequences(INTERVAL)]
cases += [
    record("all overflow, down to zero and on", INTERVAL, steps("o170 g3")),
    record("all good, up to the largest finite power of two and on", 3, steps("g360 o2 g9")),
    record("uneven factors", 3, random_steps(4, 600, 0.2), growth=float32(1.7), backoff=float32(0.3)),
    record("uneven factors, up to the finite limit", 1, steps("g300 o1 g4"), growth=float32(1.5), backoff=float32(0.9)),
]
write("pytorch.json", f"torch._amp_update_scale_, run with PyTorch {torch.__version__} on the CPU", cases)

#!/usr/bin/env python3
"""PyTorch on the CPU (Debian's python3-torch serves): matrix product rates and whole training steps, of the same work as the command `cpu`.

usage: torch_cpu_baseline.py [threads]     one JSON line per measurement, medians; threads: default 2
"""
import json, statistics, sys, time
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)


def median_ms(f, n=30, warm=5):
    for _ in range(warm):
        f()
    t = []
    for _ in range(n):
        a = time.perf_counter(); f(); t.append((time.perf_counter() - a) * 1e3)
    return statistics.median(t), min(t)


def report(work, mode, times, flops, **more):
    ms, least = times
    print(json.dumps(dict(kind='measurement', system='torch-cpu', version=torch.__version__, work=work, mode=mode, device_name=f'CPU ({torch.get_num_threads()} threads)',
                          ms=round(ms, 4), ms_least=round(least, 4), gflops=round(flops / ms / 1e6, 1), **more)), flush=True)


for dt, mode in ((torch.float32, 'fp32'), (torch.bfloat16, 'bf16')):
    for n in (512, 1024, 2048):
        a, b = torch.randn(n, n).to(dt), torch.randn(n, n).to(dt)
        report(f'gemm_{n}', mode, median_ms(lambda: a @ b.t(), 7, 2), 2 * n**3)
for name, batch, sizes in (('mlp_small', 1024, (100, 512, 512, 10)), ('mlp_digits', 256, (784, 256, 128, 10)), ('mlp_tiny', 128, (13, 64, 64, 2))):
    for amp in (False, True):
        torch.manual_seed(1)
        layers = []
        for i, (p, q) in enumerate(zip(sizes, sizes[1:])):
            layers += [nn.Linear(p, q)] + ([nn.ReLU()] if i + 2 < len(sizes) else [])
        model = nn.Sequential(*layers)
        opt = torch.optim.AdamW(model.parameters(), 1e-3)
        x = torch.randn(batch, sizes[0])
        y = torch.randint(0, sizes[-1], (batch,))

        def step():
            opt.zero_grad()
            with torch.autocast('cpu', dtype=torch.bfloat16, enabled=amp):
                o = model(x)
            l = F.cross_entropy(o.float(), y)
            l.backward(); opt.step()
        pairs = list(zip(sizes, sizes[1:]))
        flops = 6 * batch * sum(p * q for p, q in pairs) - 2 * batch * sizes[0] * sizes[1]
        times = median_ms(step)
        report(name, 'bf16' if amp else 'fp32', times, flops, rows_s=round(batch / times[0] * 1e3))

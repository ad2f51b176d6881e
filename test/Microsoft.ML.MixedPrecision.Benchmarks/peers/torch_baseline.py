#!/usr/bin/env python3
"""PyTorch baselines for the training-step benchmark, one JSON line per measurement.

usage: torch_baseline.py [--only mlp_small,mlp_medium,mlp_large,tabm,independent] [--modes fp32,tf32,fp16,bf16] [--compile 0,1,2,3,4] [--seconds S]
The workloads are those of this project's command steps. Each trains on random data that already lies on the device, so only
the training step is timed:
forward, loss, backward, (unscale + inf check), optimizer step, scale update. Times are medians of CUDA-event
timed groups of steps. compile: 0 eager, 1 torch.compile, 2 torch.compile(mode='reduce-overhead'),
3 eager with the whole step (optimizer included) captured in one CUDA graph, 4 the same over torch.compile.
"""
import argparse, json, statistics, time
import torch, torch.nn as nn, torch.nn.functional as F


class Mlp(nn.Module):
    def __init__(self, sizes, act=nn.ReLU, norm=False):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
            layers.append(nn.Linear(a, b))
            if i < len(sizes) - 2:
                if norm:
                    layers.append(nn.LayerNorm(b))
                layers.append(act())
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


class TabM(nn.Module):
    """Written from the formulas of Gorishniy et al., 2024: member i of k computes ((x * r_i) W^T) * s_i + b_i with a shared W in each
    hidden layer, and has a last layer of its own. Rows are (N, k, D), so that a layer is one product. Its own factors are cast to the
    format of what they multiply, so that autocast does not widen every row to FP32."""
    def __init__(self, sizes, k):
        super().__init__()
        hidden = list(zip(sizes[:-2], sizes[1:-1]))
        self.w = nn.ParameterList([nn.Parameter(torch.empty(b, a).uniform_(-a ** -.5, a ** -.5)) for a, b in hidden])
        self.r = nn.ParameterList([nn.Parameter(torch.randint(0, 2, (k, sizes[0])) * 2. - 1)] +
                                  [nn.Parameter(torch.ones(k, a)) for a, _ in hidden[1:]])
        self.s = nn.ParameterList([nn.Parameter(torch.ones(k, b)) for _, b in hidden])
        self.b = nn.ParameterList([nn.Parameter(torch.empty(1, b).uniform_(-a ** -.5, a ** -.5).repeat(k, 1)) for a, b in hidden])
        a, b = sizes[-2:]
        self.head = nn.Parameter(torch.empty(k, a, b).uniform_(-a ** -.5, a ** -.5))
        self.bias = nn.Parameter(torch.empty(k, b).uniform_(-a ** -.5, a ** -.5))

    def forward(self, x):
        h = x[:, None]
        for w, r, s, b in zip(self.w, self.r, self.s, self.b):
            z = F.linear(h * r.to(h.dtype), w)
            h = F.relu(z * s.to(z.dtype) + b.to(z.dtype))
        return torch.bmm(h.transpose(0, 1), self.head).transpose(0, 1) + self.bias


class Independent(nn.Module):
    """k networks that share nothing: rows are (k, N, D), so that a layer is one batched product with its bias."""
    def __init__(self, sizes, k):
        super().__init__()
        self.k = k
        self.w = nn.ParameterList([nn.Parameter(torch.randn(k, a, b) * (2 / a) ** .5) for a, b in zip(sizes[:-1], sizes[1:])])
        self.b = nn.ParameterList([nn.Parameter(torch.zeros(k, 1, b)) for b in sizes[1:]])

    def forward(self, x):
        h = x.expand(self.k, *x.shape)
        for i, (w, b) in enumerate(zip(self.w, self.b)):
            h = torch.baddbmm(b, h, w)
            if i < len(self.w) - 1:
                h = F.relu(h)
        return h.transpose(0, 1)


class Encoder(nn.Module):
    """Pre-norm transformer encoder; the classes from the mean of the tokens."""
    def __init__(self, vocabulary, width, layers, heads, tokens, classes):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(tokens, width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.norm(self.encoder(self.tokens(x) + self.positions)).mean(1))


def data(shape, classes):
    return torch.randn(*shape, device='cuda'), torch.randint(0, classes, (shape[0],), device='cuda')


# name: (model factory, data factory, rows per step, forward+backward FLOP per step counted from the matrix products)
def mlp_flops(sizes, b):
    return 6 * b * sum(x * y for x, y in zip(sizes[:-1], sizes[1:])) - 2 * b * sizes[0] * sizes[1]

def encoder_flops(width, layers, tokens, b):
    return 6 * b * tokens * layers * (12 * width * width + 2 * tokens * width)

def tokens(rows, length):
    return torch.randint(0, 30000, (rows, length), device='cuda'), torch.randint(0, 4, (rows,), device='cuda')

def independent_flops(sizes, b, k):
    return k * mlp_flops(sizes, b)

def tabm_flops(sizes, b, k):
    return 6 * b * k * sum(x * y for x, y in zip(sizes[:-1], sizes[1:]))

def loss_of(z, y):
    """Cross-entropy; of members (N, k, C) the mean of each one's own, which AdamW follows as it would their sum."""
    return F.cross_entropy(z, y) if z.dim() == 2 else F.cross_entropy(z.flatten(0, 1), y.repeat_interleave(z.shape[1]))

S1, S2, S3 = [100, 512, 512, 10], [1024, 4096, 4096, 4096, 1000], [4096, 8192, 8192, 8192, 1000]
ST = [100, 512, 512, 512, 10]
WORK = {
    'mlp_small':  (lambda: Mlp(S1), lambda: data((1024, 100), 10), 1024, mlp_flops(S1, 1024)),
    'mlp_medium': (lambda: Mlp(S2, nn.GELU, True), lambda: data((4096, 1024), 1000), 4096, mlp_flops(S2, 4096)),
    'mlp_large':  (lambda: Mlp(S3), lambda: data((8192, 4096), 1000), 8192, mlp_flops(S3, 8192)),
    'bert_small': (lambda: Encoder(30000, 256, 4, 4, 64, 4), lambda: tokens(128, 64), 128, encoder_flops(256, 4, 64, 128)),
    'bert_base':  (lambda: Encoder(30000, 768, 12, 12, 128, 4), lambda: tokens(64, 128), 64, encoder_flops(768, 12, 128, 64)),
    'bert_long':  (lambda: Encoder(30000, 768, 12, 12, 512, 4), lambda: tokens(32, 512), 32, encoder_flops(768, 12, 512, 32)),
    'tabm':       (lambda: TabM(ST, 32), lambda: data((256, 100), 10), 256, tabm_flops(ST, 256, 32)),
    'independent': (lambda: Independent(ST, 32), lambda: data((256, 100), 10), 256, independent_flops(ST, 256, 32)),
}


def measure(name, mode, comp, seconds):
    make, draw, rows, flops = WORK[name]
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = mode != 'fp32'
    torch.backends.cudnn.benchmark = True
    torch._dynamo.reset()
    model = make().cuda().train()
    x, y = draw()
    whole = comp >= 3
    opt = torch.optim.AdamW(model.parameters(), 1e-3, fused=True, capturable=whole)
    amp = {'fp16': torch.float16, 'bf16': torch.bfloat16}.get(mode)
    scaler = torch.amp.GradScaler('cuda', enabled=mode == 'fp16')
    run = torch.compile(model, mode='reduce-overhead' if comp == 2 else None) if comp in (1, 2, 4) else model

    def step():
        opt.zero_grad(set_to_none=True)
        with torch.autocast('cuda', dtype=amp, enabled=amp is not None):
            loss = loss_of(run(x), y)
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()

    torch.cuda.synchronize(); torch.cuda.empty_cache(); torch.cuda.reset_peak_memory_stats()
    t0 = time.time()
    if whole:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        step = graph.replay
    for _ in range(5):
        step()
    torch.cuda.synchronize()
    warm = time.time() - t0
    group, times, start = 5, [], time.time()
    while (time.time() - start < seconds or len(times) < 5) and len(times) < 200:
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record()
        for _ in range(group):
            step()
        b.record(); torch.cuda.synchronize()
        times.append(a.elapsed_time(b) / group)
    ms = statistics.median(times)
    params = sum(p.numel() for p in model.parameters())
    row = dict(system='torch', version=torch.__version__, device_name=torch.cuda.get_device_name(), work=name, mode=mode, compile=comp, ms=round(ms, 4),
               rows_s=round(rows / ms * 1e3), peak_mib=round(torch.cuda.max_memory_allocated() / 2**20),
               params=params, warm_s=round(warm, 1), tflops=round(flops / ms / 1e9, 1))
    print(json.dumps(row), flush=True)


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--only', default=','.join(WORK))
    a.add_argument('--modes', default='fp32,tf32,fp16,bf16')
    a.add_argument('--compile', default='0')
    a.add_argument('--seconds', type=float, default=1.0)
    o = a.parse_args()
    for name in o.only.split(','):
        for mode in o.modes.split(','):
            for comp in o.compile.split(','):
                try:
                    measure(name, mode, int(comp), o.seconds)
                except Exception as e:  # one failing workload must not hide the others
                    print(json.dumps(dict(system='torch', work=name, mode=mode, compile=int(comp), error=repr(e)[:300])), flush=True)
                torch.cuda.empty_cache()


main()

#!/usr/bin/env python3
"""PyTorch on the CPU as the peer of the command `cpu --peer`, which starts it, sends one JSON request a line and waits for each answer.

The first line that it prints says what computes: versions, the BLAS with its threads and its processor core, PyTorch's own vector width.
Requests: {"id", "gemm": N, "mode", "runs"} times products A·Bᵀ, {"id", "sizes", "rows", "mode", "foreach", "runs"} whole training steps
(zero_grad, forward, cross-entropy, backward, AdamW) of a perceptron or, with "encoder": [layers, heads, tokens], of a pre-norm Transformer
over sizes[0] tokens of sizes[1] columns. Answer: {"seconds": of all runs}. Operands are made with the first request of an id.
"""
import ctypes, json, os, platform, re, sys, time

answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)  # what libraries print goes elsewhere

import torch, torch.nn as nn, torch.nn.functional as F

FORMATS = {'fp32': torch.float32, 'bf16': torch.bfloat16}


def blas():
    """Name, kind of threads and processor core of the BLAS that is loaded, as it says itself."""
    loaded = {line.split()[-1] for line in open('/proc/self/maps') if '/' in line}
    for path in sorted(loaded):
        if re.search(r'/libopenblas[^/]*\.so', path):
            library = ctypes.CDLL(path)
            library.openblas_get_corename.restype = library.openblas_get_config.restype = ctypes.c_char_p
            threads = ('none', 'pthreads', 'openmp')[library.openblas_get_parallel()]
            return dict(blas='OpenBLAS ' + library.openblas_get_config().decode().split()[1], blas_threads=threads, blas_core=library.openblas_get_corename().decode())
    if 'MKL' in torch.__config__.show().replace('MKL-DNN', '') and torch.backends.mkl.is_available():
        return dict(blas='MKL', blas_threads='openmp', blas_core='its own choice')
    return dict(blas='reference BLAS or unknown', blas_threads='none', blas_core='none')


def product(request):
    n, form = request['gemm'], FORMATS[request['mode']]
    a, b = torch.randn(n, n).to(form), torch.randn(n, n).to(form)
    return lambda: a @ b.t()


class Encoder(nn.Module):
    """The classes from the mean of the tokens."""
    def __init__(self, vocabulary, width, classes, layers, heads, tokens):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(tokens, width) * 0.02)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.norm(self.encoder(self.tokens(x) + self.positions)).mean(1))


def perceptron(sizes):
    layers = []
    for i, (p, q) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(p, q)] + ([nn.ReLU()] if i + 2 < len(sizes) else [])
    return nn.Sequential(*layers)


def step(request):
    sizes, rows, amp, encoder = request['sizes'], request['rows'], request['mode'] == 'bf16', request.get('encoder')
    torch.manual_seed(1)
    model = Encoder(*sizes, *encoder) if encoder else perceptron(sizes)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, foreach=request['foreach'])
    x = torch.randint(0, sizes[0], (rows, encoder[2])) if encoder else torch.randn(rows, sizes[0])
    y = torch.randint(0, sizes[-1], (rows,))

    def run():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=amp):
            logits = model(x)
        F.cross_entropy(logits.float(), y).backward()
        optimizer.step()
    return run


def answer(**what):
    print(json.dumps(what), file=answers, flush=True)


torch.set_num_threads(int(sys.argv[1]))
capability = re.search(r'CPU capability usage: (.*)', torch.__config__.show())
torch.ones(64, 64) @ torch.ones(64, 64)  # loads the BLAS
answer(version=torch.__version__, python=platform.python_version(), threads=torch.get_num_threads(), capability=capability.group(1) if capability else 'unknown', **blas())
works = {}
for line in sys.stdin:
    request = json.loads(line)
    if request['id'] not in works:
        works[request['id']] = (product if 'gemm' in request else step)(request)
    run = works[request['id']]
    started = time.perf_counter()
    for _ in range(request['runs']):
        run()
    answer(seconds=time.perf_counter() - started)

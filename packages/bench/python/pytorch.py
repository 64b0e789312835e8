"""The workloads of this benchmark on PyTorch, for the table: one JSON line a case on standard output.

    python3 pytorch.py --what W1,W2,W3,W4,W3I,W4I,W5 --threads 2 --seconds 1.5

PyTorch at its best here: activations and weights channels-last; the caller sets MALLOC_* so that large blocks are kept,
and OMP_PROC_BIND (see src/pytorch.ts). Times are medians after a warm-up; a training step reads its loss.
"""

import argparse
import json
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn

# name, batch, channels, filters, size, kernel, padding, groups
CONVS = [
    ("a", 64, 1, 32, 28, 3, 1, 1),
    ("b", 64, 32, 64, 14, 3, 1, 1),
    ("c", 16, 64, 64, 56, 3, 1, 1),
    ("d", 16, 256, 256, 14, 3, 1, 1),
    ("e", 16, 256, 64, 28, 1, 0, 1),
    ("f", 16, 128, 128, 28, 3, 1, 128),
]


def last(t):
    return t.to(memory_format=torch.channels_last)


def measure(work, seconds):
    start = time.perf_counter()
    runs = 0
    while runs < 3 or time.perf_counter() - start < seconds / 2:
        work()
        runs += 1
    times = []
    start = time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        t = time.perf_counter()
        work()
        times.append((time.perf_counter() - t) * 1e3)
    times.sort()
    at = lambda q: times[min(len(times) - 1, int(len(times) * q))]
    return {"ms": at(0.5), "p10": at(0.1), "p90": at(0.9), "n": len(times)}


def mnist_cnn():
    return last(
        nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
        )
    )


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != filters:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


def resnet18():
    """The CIFAR form: 3x3 stem, no max-pool."""
    blocks = []
    channels = 64
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Block(channels, filters, stride), Block(filters, filters, 1)]
        channels = filters
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return last(nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)))


def training(model, optimizer, x, y, loss=F.cross_entropy):
    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


def cases(what):
    """(case, work, {"flops": …, "items": …}) of a workload."""
    if what == "W1":
        for n in (512, 1024):
            a, b = torch.randn(n, n), torch.randn(n, n)
            yield f"{n}^3", lambda: a @ b, {"flops": 2 * n**3}
    if what == "W2":
        for name, batch, channels, filters, size, kernel, padding, groups in CONVS:
            flops = 2 * batch * filters * (channels // groups) * kernel**2 * size**2
            x = last(torch.randn(batch, channels, size, size)).requires_grad_()
            w = last(torch.randn(filters, channels // groups, kernel, kernel)).requires_grad_()
            dy = last(torch.randn(batch, filters, size, size))

            def forward():
                with torch.no_grad():
                    F.conv2d(x, w, padding=padding, groups=groups)

            def both():
                x.grad = w.grad = None
                F.conv2d(x, w, padding=padding, groups=groups).backward(dy)

            yield f"{name} fwd", forward, {"flops": flops}
            yield f"{name} fwd+bwd", both, {"flops": 3 * flops}
    if what == "W3":
        for batch in (64, 128):
            model = mnist_cnn()
            x, y = last(torch.randn(batch, 1, 28, 28)), torch.randint(10, (batch,))
            step = training(model, torch.optim.Adam(model.parameters(), lr=1e-3), x, y)
            yield f"train b{batch}", lambda: step().item(), {"items": batch, "memory": True}
    if what == "W4":
        model = resnet18()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        step = training(model, optimizer, last(torch.randn(32, 3, 32, 32)), torch.randint(10, (32,)))
        yield "train b32", lambda: step().item(), {"items": 32, "memory": True}
    if what in ("W3I", "W4I"):
        model, shape, batches = (mnist_cnn(), (1, 28, 28), (1, 64)) if what == "W3I" else (resnet18(), (3, 32, 32), (1, 32))
        model.eval()
        for batch in batches:
            x = last(torch.randn(batch, *shape))

            def infer():
                with torch.no_grad():
                    model(x)

            yield f"infer b{batch}", infer, {"items": batch}
    if what == "W5":
        model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
        x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
        y = torch.tensor([[0.0], [1], [1], [0]])
        step = training(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y, F.mse_loss)

        def hundred():
            for _ in range(100):
                step()

        yield "mlp step", hundred, {"items": 100}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", default="W1,W2,W3,W4")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    for what in options.what.split(","):
        for case, work, facts in cases(what):
            row = {"peer": "PyTorch", "version": torch.__version__, "threads": options.threads, "what": what, "case": case}
            row.update(measure(work, options.seconds))
            if "flops" in facts:
                row["gflops"] = facts["flops"] / row["ms"] / 1e6
            if "items" in facts:
                row["ips"] = facts["items"] / row["ms"] * 1e3
            if "memory" in facts:
                row["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}), flush=True)


main()

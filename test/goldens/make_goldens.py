"""Golden values for Prewitt, made by PyTorch on the CPU: one JSON file a family in `data/`. README.md has the format.

Every case is computed in float64, and again in float32 to learn how far float32 may stray. Where PyTorch's own
formula cancels or has a threshold (softplus, gelu, binary cross-entropy) the recorded values come from an accurate
one and are asserted to agree with PyTorch's. Inputs are exactly float32, mostly multiples of 1/64, so convolutions and
matrix products of them are exact in either dtype, whatever the order of summation.
Each case draws from its own generator, seeded by its name: a new case leaves the others as they were.

Run:  python3 make_goldens.py [family …]      (needs torch and numpy; the tests need neither)
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # keeps __pycache__ out of the source tree

import torch

from families.activations import activations_family
from families.arrays import matmul_family, reduce_family, softmax_family
from families.batch_norm import batch_norm_family
from families.boxes import boxes_family
from families.conv2d import conv2d_family
from families.engine import write
from families.hard_points import hard_points_family
from families.images import images_family
from families.losses import cross_entropy_family, losses_family
from families.metrics import metrics_family
from families.more_activations import more_activations_family
from families.more_losses import more_losses_family
from families.norms import norms_family
from families.pool import pool_family
from families.schedules import schedules_family
from families.training import cnn_steps_family, optimizers_family

FAMILIES = {
    "conv2d": conv2d_family,
    "pool": pool_family,
    "batch-norm": batch_norm_family,
    "cross-entropy": cross_entropy_family,
    "losses": losses_family,
    "more-losses": more_losses_family,
    "boxes": boxes_family,
    "activations": activations_family,
    "more-activations": more_activations_family,
    "images": images_family,
    "norms": norms_family,
    "softmax": softmax_family,
    "reduce": reduce_family,
    "matmul": matmul_family,
    "hard-points": hard_points_family,
    "metrics": metrics_family,
    "optimizers": optimizers_family,
    "schedules": schedules_family,
    "cnn-steps": cnn_steps_family,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    data = Path(__file__).parent / "data"
    data.mkdir(exist_ok=True)
    for family in sys.argv[1:] or FAMILIES:
        write(data, family, *FAMILIES[family]())

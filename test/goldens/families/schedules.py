"""Learning-rate schedules: the rates that torch.optim.lr_scheduler gives, step by step."""

import warnings

import torch
from torch.optim import lr_scheduler as schedulers

from .engine import make_case


def rates(make, start, steps, key="lr", **more):
    """The value of each step, and of the one behind the last."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=start, **more)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = make(optimizer)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0][key])
        if step < steps - 1:
            optimizer.step()
            scheduler.step()
    return torch.tensor(found, dtype=torch.float64)


def schedules_family():
    cases = []

    def one(name, op, options, make, start, steps, **more):
        inputs = {"step": torch.arange(steps, dtype=torch.int32)}
        fn = lambda step: {"y": rates(make, start, steps, **more)}
        cases.append(make_case(f"{op}: {name}", op, fn, inputs, options, no_gradient=True))

    one("every 3", "stepSchedule", {"start": 0.5, "every": 3, "factor": 0.5},
        lambda o: schedulers.StepLR(o, 3, 0.5), 0.5, 10)
    one("milestones", "stepSchedule", {"start": 0.5, "every": [2, 5, 6], "factor": 0.1},
        lambda o: schedulers.MultiStepLR(o, [2, 5, 6], 0.1), 0.5, 10)
    one("0.9", "exponentialSchedule", {"start": 0.5, "factor": 0.9},
        lambda o: schedulers.ExponentialLR(o, 0.9), 0.5, 10)
    one("power 0.9", "polynomialSchedule", {"start": 0.5, "steps": 8, "power": 0.9},
        lambda o: schedulers.PolynomialLR(o, 8, 0.9), 0.5, 11)
    one("to a quarter", "linearSchedule", {"start": 0.5, "end": 0.125, "steps": 6},
        lambda o: schedulers.LinearLR(o, 1.0, 0.25, 6), 0.5, 9)
    one("to 0.1", "cosineSchedule", {"start": 0.5, "end": 0.1, "steps": 9},
        lambda o: schedulers.CosineAnnealingLR(o, 9, 0.1), 0.5, 10)
    one("restarts", "cosineRestarts", {"start": 0.5, "end": 0.1, "steps": 3, "growth": 2},
        lambda o: schedulers.CosineAnnealingWarmRestarts(o, 3, 2, 0.1), 0.5, 14)
    one("the same length again", "cosineRestarts", {"start": 0.5, "steps": 4},
        lambda o: schedulers.CosineAnnealingWarmRestarts(o, 4), 0.5, 11)
    one("defaults", "oneCycleSchedule", {"peak": 0.5, "steps": 20},
        lambda o: schedulers.OneCycleLR(o, 0.5, total_steps=20), 0.5, 20, momentum=0.9)
    one("lines", "oneCycleSchedule", {"peak": 0.5, "steps": 15, "rise": 0.4, "start": 0.1, "end": 0.001, "shape": "linear"},
        lambda o: schedulers.OneCycleLR(o, 0.5, total_steps=15, pct_start=0.4, anneal_strategy="linear",
                                        div_factor=5, final_div_factor=100), 0.5, 15, momentum=0.9)
    one("its momentum", "oneCycleSchedule", {"start": 0.95, "peak": 0.85, "end": 0.95, "steps": 20},
        lambda o: schedulers.OneCycleLR(o, 0.5, total_steps=20), 0.5, 20, momentum=0.9, key="momentum")

    metrics = [5.0, 4.0, 3.9999, 4.2, 4.1, 4.0, 4.5, 3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8]
    for name, options, torch_options in [
        ("falling metric", {"start": 0.5, "factor": 0.5, "patience": 2}, {"factor": 0.5, "patience": 2}),
        ("cooldown, least", {"start": 0.5, "factor": 0.1, "patience": 1, "cooldown": 2, "least": 0.01},
         {"factor": 0.1, "patience": 1, "cooldown": 2, "min_lr": 0.01}),
        ("rising metric", {"start": 0.5, "factor": 0.5, "patience": 0, "mode": "max", "threshold": 0.05},
         {"factor": 0.5, "patience": 0, "mode": "max", "threshold": 0.05}),
    ]:
        def run(metric, torch_options=torch_options):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
            scheduler = schedulers.ReduceLROnPlateau(optimizer, **torch_options)
            found = []
            for value in metric.tolist():
                scheduler.step(value)
                found.append(optimizer.param_groups[0]["lr"])
            return {"y": torch.tensor(found, dtype=torch.float64)}

        inputs = {"metric": torch.tensor(metrics, dtype=torch.float64)}
        cases.append(make_case(f"plateauSchedule: {name}", "plateauSchedule", run, inputs, options, no_gradient=True))
    return "step (or metric, one an update) and the value that is in force at it (after it).", cases

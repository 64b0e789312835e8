"""Training runs: optimisers on a quadratic-plus-quartic function, and a tiny CNN."""

import torch
import torch.nn.functional as F

from .engine import Draw, deviation


def copied(tree):
    return {k: v.detach().clone() for k, v in tree.items()}


OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"momentumBuffer": "momentum_buffer"}),
    "adam": (torch.optim.Adam, {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq", "maxExpAvgSq": "max_exp_avg_sq"}),
    "adamW": (torch.optim.AdamW, {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq", "maxExpAvgSq": "max_exp_avg_sq"}),
    "rmsprop": (
        torch.optim.RMSprop,
        {"squareAvg": "square_avg", "gradAvg": "grad_avg", "momentumBuffer": "momentum_buffer"},
    ),
}
TORCH_NAMES = {"decay": "alpha", "centred": "centered", "learningRate": "lr", "weightDecay": "weight_decay"}


def make_optimizer(kind, options, parameters):
    make, slots = OPTIMIZERS[kind]
    optimizer = make(list(parameters.values()), **{TORCH_NAMES.get(k, k): v for k, v in options.items()})

    def state():
        found = {
            ours: {
                k: optimizer.state[p][theirs].clone()
                for k, p in parameters.items()
                if optimizer.state[p].get(theirs) is not None
            }
            for ours, theirs in slots.items()
        }
        return {k: v for k, v in found.items() if v}

    return optimizer, state


def run_deviation(low, high):
    pairs = [
        (step32[part][k], v)
        for step32, step in zip(low["steps"], high["steps"])
        for part in ("gradients", "parameters")
        for k, v in step[part].items()
    ]
    return float(f"{max(deviation(a, b) for a, b in pairs):.1e}")


def optimizer_run(name, kind, options, schedule=None, steps=10):
    """p = (weight flattened, bias), loss = ½ pᵀA p - bᵀp + ¼ Σ q p⁴, so that its gradient is A p - b + q p³."""
    draw = Draw("optimizers")
    root = draw.grid(6, 6, low=-0.5, high=0.5, step=1 / 8)
    constants = {
        "A": root @ root.T + 0.5 * torch.eye(6).double(),
        "b": draw.grid(6, step=1 / 8),
        "q": draw.grid(6, low=0.25, high=1, step=1 / 8),
    }
    start = {"weight": draw.grid(2, 2, step=1 / 8), "bias": draw.grid(2, step=1 / 8)}

    def run(dtype):
        A, b, q = (v.to(dtype) for v in constants.values())
        parameters = {k: v.to(dtype).clone().requires_grad_() for k, v in start.items()}
        optimizer, state = make_optimizer(kind, options, parameters)
        taken = []
        for step in range(steps):
            rate = options["learningRate"] if schedule is None else schedule[step]
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            p = torch.cat([v.reshape(-1) for v in parameters.values()])
            loss = 0.5 * p @ (A @ p) - b @ p + 0.25 * (q * p**4).sum()
            loss.backward()
            gradients = copied({k: v.grad for k, v in parameters.items()})
            optimizer.step()
            taken.append(
                {"learningRate": rate, "loss": loss.detach(), "gradients": gradients, "parameters": copied(parameters)}
            )
        return {"steps": taken, "state": state()}

    high, low = run(torch.float64), run(torch.float32)
    return {
        "name": name,
        "optimizer": kind,
        "options": options,
        "constants": constants,
        "initial": {"parameters": start},
        **high,
        "float32Deviation": run_deviation(low, high),
    }


def optimizers_family():
    drop = [0.05] * 4 + [0.005] * 6
    sgd = lambda name, schedule=None, **options: optimizer_run(name, "sgd", {"learningRate": 0.05, **options}, schedule)
    adam = lambda name, schedule=None, kind="adam", **options: optimizer_run(
        name, kind, {"learningRate": 0.05, **options}, schedule
    )
    cases = [
        sgd("sgd"),
        sgd("sgd, weight decay", weightDecay=0.1),
        sgd("sgd, momentum", momentum=0.9, dampening=0),
        sgd("sgd, momentum, weight decay", momentum=0.9, dampening=0, weightDecay=0.1),
        sgd("sgd, momentum 0.5, dampening 0.25", momentum=0.5, dampening=0.25),
        sgd("sgd, Nesterov", momentum=0.9, dampening=0, nesterov=True),
        sgd("sgd, Nesterov, weight decay", momentum=0.9, dampening=0, nesterov=True, weightDecay=0.1),
        sgd("sgd, momentum, learning rate falls after step 4", drop, momentum=0.9, dampening=0),
        adam("adam"),
        adam("adam, betas 0.5 and 0.9, eps 0.001", betas=[0.5, 0.9], eps=1e-3),
        adam("adam, weight decay joins the gradient", weightDecay=0.1),
        *(
            optimizer_run(name, "rmsprop", {"learningRate": 0.01, **options})
            for name, options in [
                ("rmsprop", {}),
                ("rmsprop, decay 0.9, eps 0.001", {"decay": 0.9, "eps": 1e-3}),
                ("rmsprop, momentum, weight decay", {"momentum": 0.9, "weightDecay": 0.1}),
                ("rmsprop, centred, momentum", {"centred": True, "momentum": 0.5, "decay": 0.9}),
            ]
        ),
        adam("adam, amsgrad", amsgrad=True, betas=[0.5, 0.6]),
        adam("adam, learning rate falls after step 4", drop),
        adam("adamW, weight decay 0", kind="adamW", weightDecay=0.0),
        adam("adamW, weight decay 0.01", kind="adamW", weightDecay=0.01),
        adam("adamW, weight decay 0.1, betas 0.8 and 0.95", kind="adamW", weightDecay=0.1, betas=[0.8, 0.95]),
        adam("adamW, amsgrad", kind="adamW", weightDecay=0.01, amsgrad=True, betas=[0.5, 0.6]),
        adam("adamW, learning rate falls after step 4", drop, kind="adamW", weightDecay=0.1),
    ]
    return "p = (weight flattened, bias); loss = ½ pᵀA p - bᵀp + ¼ Σ q p⁴; gradient = A p - b + q p³.", cases


def cnn_steps_family():
    """The network of the README, three Adam steps on three batches, then the logits in evaluation mode.
    conv2 has no bias: before a batch norm its gradient is 0 but for rounding, which Adam would scale up."""
    draw = Draw("cnn-steps")
    start = {
        "conv1.weight": draw.grid(3, 1, 3, 3, low=-0.5, high=0.5),
        "conv1.bias": draw.grid(3, low=-0.25, high=0.25),
        "conv2.weight": draw.grid(4, 3, 3, 3, low=-0.25, high=0.25),
        "bn.weight": draw.grid(4, low=0.5, high=1.5),
        "bn.bias": draw.grid(4, low=-0.25, high=0.25),
        "fc.weight": draw.grid(3, 16, low=-0.25, high=0.25),
        "fc.bias": draw.grid(3, low=-0.25, high=0.25),
    }
    buffers = {
        "bn.running_mean": torch.zeros(4).double(),
        "bn.running_var": torch.ones(4).double(),
        "bn.num_batches_tracked": torch.tensor(0, dtype=torch.int32),
    }
    batches = [{"x": draw.grid(4, 1, 8, 8), "target": draw.classes(3, 4)} for _ in range(3)]
    options = {"learningRate": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0.0}

    def forward(x, p, mean, var, training):
        x = F.max_pool2d(F.relu(F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=1)), 2)
        x = F.conv2d(x, p["conv2.weight"], None, padding=1)
        x = F.relu(F.batch_norm(x, mean, var, p["bn.weight"], p["bn.bias"], training, 0.1, 1e-5))
        return F.linear(F.max_pool2d(x, 2).flatten(1), p["fc.weight"], p["fc.bias"])

    def run(dtype):
        p = {k: v.to(dtype).clone().requires_grad_() for k, v in start.items()}
        mean, var = (buffers[k].to(dtype).clone() for k in ("bn.running_mean", "bn.running_var"))
        optimizer, state = make_optimizer("adam", options, p)
        steps = []
        for count, batch in enumerate(batches, start=1):
            optimizer.zero_grad()
            logits = forward(batch["x"].to(dtype), p, mean, var, True)
            loss = F.cross_entropy(logits, batch["target"].long())
            loss.backward()
            gradients = copied({k: v.grad for k, v in p.items()})
            optimizer.step()
            steps.append(
                {
                    "inputs": batch,
                    "learningRate": options["learningRate"],
                    "loss": loss.detach(),
                    "outputs": {"logits": logits},
                    "gradients": gradients,
                    "parameters": copied(p),
                    "buffers": {
                        "bn.running_mean": mean.clone(),
                        "bn.running_var": var.clone(),
                        "bn.num_batches_tracked": torch.tensor(count, dtype=torch.int32),
                    },
                }
            )
        logits = forward(batches[0]["x"].to(dtype), p, mean, var, False)
        evaluation = {"inputs": {"x": batches[0]["x"]}, "outputs": {"logits": logits}}
        return {"steps": steps, "state": state(), "evaluation": evaluation}

    high, low = run(torch.float64), run(torch.float32)
    case = {
        "name": "three Adam steps",
        "optimizer": "adam",
        "options": options,
        "initial": {"parameters": start, "buffers": buffers},
        **high,
        "float32Deviation": run_deviation(low, high),
    }
    about = (
        "conv1 3x3 (1 to 3 channels, padding 1), relu, max-pool 2, conv2 3x3 (3 to 4, padding 1, no bias), "
        "batch norm (momentum 0.1, eps 1e-5), relu, max-pool 2, flatten, fc (16 to 3); mean cross-entropy."
    )
    return about, [case]

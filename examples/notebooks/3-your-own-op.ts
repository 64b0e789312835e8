// %% [markdown]
// # 3 · An op of your own, with a gradient, checked
//
// Prewitt has the activations you know. Suppose that yours is not among them: swish with a slope β that is learned with
// the weights.
//
//     y = x · s,   s = σ(βx)        ∂y/∂x = s + βx · s(1 − s)        ∂y/∂β = x² · s(1 − s)
//
// (P. Ramachandran, B. Zoph, Q. V. Le, "Searching for activation functions", 2017.) An op is its shape, its gradient and
// its meaning. Written once, it runs on every executor, fused with its neighbours, and has gradients of every order.

// %%
import assert from "node:assert/strict";
import { compile, defineOp, grad, nn, relu, seed, type Tensor, tensor, Variable } from "prewitt";
import { charts, display, table } from "prewitt/notebook";
import { checkGradients } from "prewitt/testing";
import { readOptions } from "../shared/options.ts";

readOptions({});

// %% [markdown]
// ## The op
//
// `infer` says what comes out, `expand` what it means in terms of other ops, and `vjp` takes the gradient of the output
// (`dy`) and gives one for each input. The sign is a parameter here, so that we can get it wrong on purpose.

// %%
const defineSwish = (sign: 1 | -1) =>
  defineOp<Record<never, never>>({
    name: "learnedSwish",
    inputNames: ["x", "beta"],
    infer: ({ inputs: [x] }) => ({ shape: x!.shape, dtype: x!.dtype }),
    // β is a scalar: the engine adds up its gradient over everything that it was multiplied with.
    vjp: ({ inputs: [x, beta], dy }) => {
      const s = beta!.mul(x!).sigmoid();
      const slope = s.mul(s.neg().add(1));
      return [dy.mul(s.add(beta!.mul(x!).mul(slope))), dy.mul(x!.square()).mul(slope).mul(sign)];
    },
    expand: ([x, beta]) => x!.mul(beta!.mul(x!).sigmoid()),
  });

const swishOp = defineSwish(1);
const swish = (x: Tensor, beta: Tensor): Tensor => swishOp.apply([x, beta], {});

// %%
const at = Array.from({ length: 121 }, (_, i) => -6 + i / 10);
const x = tensor(at);
const betas = [0.3, 1, 5];
const curves = betas.map((beta) => [`β = ${beta}`, swish(x, tensor(beta))] as const);
await display(
  charts.line(Object.fromEntries(curves), { title: "Swish", at, x: "x", y: "y", points: false }),
);

// %% [markdown]
// With β → 0 it is a straight line, with β → ∞ it is relu.
//
// ## The gradient, checked
//
// `checkGradients` compares the rule with differences in float64, for every entry of every input: first order, and second
// order too, because the gradient is made of ops that have gradients.

// %%
const inputs = [tensor([-3, -0.5, 0, 0.5, 3]), tensor(1.5)];
const check = { order: 2, mode: "full", names: ["x", "beta"] } as const;
await display(`${checkGradients(swish, inputs, check)}`);

// %% [markdown]
// And the same with a minus where there should be none. Nothing about such a mistake looks wrong from outside: training
// would simply be a little worse. The check names the input, the entry, and both numbers.

// %%
const wrongOp = defineSwish(-1);
const wrong = checkGradients(
  (x, beta) => wrongOp.apply([x as Tensor, beta as Tensor], {}),
  inputs,
  { ...check, throws: false },
);
await display(`${wrong}`);
assert.equal(wrong.ok, false);

// %% [markdown]
// ## Derivatives of derivatives
//
// The derivative of a graph is a graph. So `grad` can be taken again, and again.

// %%
const beta = tensor(1);
const y = swish(x, beta);
const dy = grad(y.sum(), x);
const d2y = grad(dy.sum(), x);
await display(
  charts.line(
    { swish: y, "its slope": dy, "its curvature": d2y },
    {
      title: "Swish with β = 1, and its derivatives",
      at,
      x: "x",
      y: "value",
      points: false,
    },
  ),
);
// At 0 by hand: s = ½, so y″ = 2β s(1 − s) = ½.
assert.ok(Math.abs((await d2y.slice([60, 61]).sum().item()) - 0.5) < 1e-6);

// %% [markdown]
// ## In a network
//
// One hidden layer learns y = |x|, once with relu and once with our op, whose β is a parameter like any other: a `Variable`
// in a field of the module.

// %%
class Net extends nn.Module {
  hidden = new nn.Linear({ out: 16 });
  beta = new Variable(tensor(1));
  out = new nn.Linear({ out: 1 });
  readonly activation: "swish" | "relu";

  constructor(activation: "swish" | "relu") {
    super();
    this.activation = activation;
  }

  forward(x: Tensor): Tensor {
    const h = this.hidden.forward(x);
    return this.out.forward(this.activation === "relu" ? relu(h) : swish(h, this.beta.read()));
  }
}

const points = tensor(Array.from({ length: 64 }, (_, i) => [(i - 31.5) / 16]));
async function train(activation: "swish" | "relu") {
  seed(3);
  const model = nn.init(new Net(activation), [1]);
  if (activation === "relu") model.freeze("beta");
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 0.02 });
  const step = compile(() => {
    const loss = model.forward(points).sub(points.abs()).square().mean();
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const losses: number[] = [];
  for (let i = 0; i < 600; i++) losses.push(await step().item());
  return { model, losses };
}

const [ours, theirs] = [await train("swish"), await train("relu")];
await display(
  charts.line(
    { "our swish": ours.losses, relu: theirs.losses },
    {
      title: "Learning |x|",
      y: "mean squared error",
      log: true,
    },
  ),
);
await display(
  table([
    {
      activation: "our swish",
      "first loss": ours.losses[0]!,
      "last loss": ours.losses.at(-1)!,
      β: await ours.model.beta.read().item(),
    },
    {
      activation: "relu",
      "first loss": theirs.losses[0]!,
      "last loss": theirs.losses.at(-1)!,
      β: "–",
    },
  ]),
);
assert.ok(ours.losses.at(-1)! < ours.losses[0]! / 20, "the network learned");
assert.notEqual(await ours.model.beta.read().item(), 1);

// %% [markdown]
// |x| has a corner, and so has relu: it wins here. Look at β, which began at 1: it grows, so our op is on its way to become
// relu. On a smooth curve, such as `points.mul(2).sin()`, the two end side by side.
//
// The same checks run for every op of the library; `docs/adding-an-op.md` says how yours can go through all of them.
//
// Next: handwritten digits, in `4-handwritten-digits.ts`.

// %% [markdown]
// # 2 · Fit a curve
//
// Before pictures, numbers. Somebody measured 80 points, with noise, and we look for the curve behind them: first by a
// line with two numbers of our own, then by a small network. On the way we meet all there is to training: a loss, its
// gradient, a step, and the two ways in which it goes wrong.

// %%
import assert from "node:assert/strict";
import { compile, grad, nn, seed, type Tensor, tensor, Variable } from "prewitt";
import { charts, display, table } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  steps: { value: 1500, short: 1500, help: "training steps of the networks" },
});
seed(1);

// %% [markdown]
// ## The measurements
//
// A sine on a slope, and noise: sines whose periods have nothing to do with each other pass for chance, and are the same
// every time that this page is made.

// %%
const count = 80;
const at = Array.from({ length: count }, (_, i) => -3 + (6 * i) / (count - 1));
const truth = (x: number): number => Math.sin(1.5 * x) + 0.3 * x;
const noise = at.map(
  (_, i) => (0.25 * (Math.sin(12.9 * i) + Math.sin(78.2 * i) + Math.sin(37.7 * i))) / 1.2,
);
const measured = at.map((x, i) => truth(x) + noise[i]!);
const [x, y] = [tensor(at.map((v) => [v])), tensor(measured.map((v) => [v]))];

const dots = at.map((v, i) => [v, measured[i]!] as const);
await display(charts.scatter(dots, { title: "80 measurements", x: "x", y: "y", size: 360 }));

// %% [markdown]
// ## A line
//
// y = a·x + b. A `Variable` is a cell that holds a tensor; the loss is the mean squared distance; `grad` gives its slope
// for a and b; and we take a step downhill. `compile` traces this function once and then only replays the arithmetic.

// %%
const a = new Variable(tensor(0), { name: "a" });
const b = new Variable(tensor(0), { name: "b" });
const line = (v: Tensor): Tensor => v.mul(a.read()).add(b.read());
const descend = compile((rate: number) => {
  const loss = line(x).sub(y).square().mean();
  const slope = grad(loss, { a, b });
  a.assign(a.read().sub(slope.a.mul(rate)));
  b.assign(b.read().sub(slope.b.mul(rate)));
  return loss;
});
const losses: number[] = [];
for (let i = 0; i < 40; i++) losses.push(await descend(0.1).item());
await display(
  `y = ${(await a.read().item()).toFixed(3)} x + ${(await b.read().item()).toFixed(3)}`,
);

// %% [markdown]
// Is it the best line? For a line there is a formula, so we need not believe: a = cov(x, y) / var(x).

// %%
const [mx, my] = [at, measured].map((list) => list.reduce((s, v) => s + v, 0) / count) as [
  number,
  number,
];
const best =
  at.reduce((s, v, i) => s + (v - mx) * (measured[i]! - my), 0) /
  at.reduce((s, v) => s + (v - mx) ** 2, 0);
assert.ok(Math.abs((await a.read().item()) - best) < 1e-3);

/** Measurements and a fitted curve in one picture. */
const drawn = (fitted: ArrayLike<number>, title: string) => {
  const curve = Array.from(fitted, (v, i) => [at[i]!, v] as const);
  const labels = [...dots.map(() => "measured"), ...curve.map(() => "fitted")];
  return charts.scatter([...dots, ...curve], { labels, title, size: 360 });
};
await display(drawn(await line(x).data(), "The best line is not enough"));

// %% [markdown]
// ## A network
//
// Two layers of 32 neurons with tanh between them can bend. Everything else stays as it was: loss, gradient, step. Adam
// chooses the size of the step for each weight by itself.

// %%
const network = () =>
  new nn.Sequential(
    new nn.Linear({ out: 32 }),
    new nn.Tanh(),
    new nn.Linear({ out: 32 }),
    new nn.Tanh(),
    new nn.Linear({ out: 1 }),
  );

/** Trains a fresh network on points, and gives it back with its loss after every step. */
async function train(from: Tensor, to: Tensor, learningRate: number) {
  seed(1);
  const model = nn.init(network(), [1]);
  const optimizer = new nn.Adam(model.parameters(), { learningRate });
  const step = compile(() => {
    const loss = model.forward(from).sub(to).square().mean();
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const history: number[] = [];
  for (let i = 0; i < options.steps; i++) history.push(await step().item());
  return { model, history };
}

const { model, history } = await train(x, y, 0.01);
await display(`${nn.summary(model, [1])}`);
await display(drawn(await model.forward(x).data(), "The network bends"));
assert.ok(history.at(-1)! < losses.at(-1)! / 4);

// %% [markdown]
// ## The learning rate
//
// The size of a step is the one number that you will change most often. Too small, and nothing happens for a long time;
// too large, and it jumps over the valley it is looking for.

// %%
const rates = [0.0003, 0.01, 0.3];
const runs: Record<string, readonly number[]> = {};
for (const rate of rates) runs[`rate ${rate}`] = (await train(x, y, rate)).history;
await display(
  charts.line(runs, {
    title: "Three learning rates",
    y: "mean squared error",
    log: true,
    smooth: 0.9,
  }),
);
const ends = Object.values(runs).map((run) => run.slice(-20).reduce((s, v) => s + v, 0) / 20);
assert.ok(ends[1]! < ends[0]! && ends[1]! < ends[2]!);

// %% [markdown]
// ## Learning by heart
//
// With few points, a network that can bend enough goes through all of them and learns the noise. The points that it has
// not seen tell: here it learns from 12 of the 80, and is judged by the other 68.

// %%
const chosen = Array.from({ length: 12 }, (_, i) => Math.round((i * (count - 1)) / 11));
const others = at.flatMap((_, i) => (chosen.includes(i) ? [] : [i]));
const column = (list: readonly number[], which: readonly number[]): Tensor =>
  tensor(which.map((i) => [list[i]!]));
const error = async (fitted: nn.Layer, which: readonly number[]): Promise<number> =>
  fitted.forward(column(at, which)).sub(column(measured, which)).square().mean().item();

const heart = await train(column(at, chosen), column(measured, chosen), 0.01);
const all = await train(x, y, 0.01);
await display(drawn(await heart.model.forward(x).data(), "Through 12 points, and past the others"));
const judged = [
  {
    "learned from": "12 points",
    "error on them": await error(heart.model, chosen),
    "error on the other 68": await error(heart.model, others),
  },
  {
    "learned from": "all 80",
    "error on them": await error(all.model, chosen),
    "error on the other 68": await error(all.model, others),
  },
];
await display(table(judged));
assert.ok(judged[0]!["error on the other 68"] > 3 * judged[0]!["error on them"]);

// %% [markdown]
// More data is the best remedy; others are smaller networks, weight decay, dropout, and stopping early. In every case the
// error that counts is the one on data that the network has not seen.
//
// Next: an operation of your own, in `3-your-own-op.ts`.

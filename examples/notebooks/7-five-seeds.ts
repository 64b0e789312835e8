// %% [markdown]
// # 7 · Five seeds
//
// You changed something and the accuracy went up by half a percent. Progress, or luck? The first weights and the order of
// the pictures are drawn by chance, and another draw gives another result. So: train several times, look at the spread,
// and only then believe.
//
// The question here: does batch norm help a small network that sees few digits?

// %%
import assert from "node:assert/strict";
import { compile, crossEntropy, grad, nn, seed, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { charts, display, progress, table } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  seeds: { value: 5, short: 2, help: "runs of each kind" },
  images: { value: 1000, short: 256, help: "training images" },
  epochs: { value: 8, short: 3, help: "times that every image is seen" },
});

// %% [markdown]
// ## One run
//
// Everything random hangs on `seed`: initial weights (by the path of the layer) and the order of the pictures.

// %%
const training = mnist("train").take(options.images);
const test = mnist("test").take(1000).batch();
type Kind = "without norm" | "batch norm";

function network(kind: Kind) {
  const norm = () => (kind === "batch norm" ? [new nn.BatchNorm2d()] : []);
  return new nn.Sequential(
    new nn.Conv2d({ out: 8, kernel: 3, padding: "same" }),
    ...norm(),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 16, kernel: 3, padding: "same" }),
    ...norm(),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear({ out: 10 }),
  );
}

const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.1307, std: 0.3081 });

/** Trains from a seed; the loss of every step, and the test accuracy in percent after every epoch. */
async function run(kind: Kind, number: number) {
  seed(number);
  const model = nn.init(network(kind), [1, 28, 28]);
  const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.02, momentum: 0.9 });
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = crossEntropy(model.forward(prepare(image)), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const judge = compile(() => nn.accuracy(model.forward(prepare(test.image)), test.label));
  const losses: number[] = [];
  const accuracy: number[] = [];
  const batches = loader(training, { batch: 32, shuffle: true });
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    model.train();
    for await (const { image, label } of batches) losses.push(await step(image, label).item());
    model.eval();
    accuracy.push(100 * (await judge().item()));
  }
  return { losses, accuracy };
}

// %% [markdown]
// ## The same seed gives the same run
//
// Not nearly: bit for bit, at any number of threads. So whatever differs below is the seed, and nothing else.

// %%
const [once, again] = [await run("without norm", 1), await run("without norm", 1)];
assert.deepEqual(once, again);
await display(
  `${once.losses.length} losses of two runs with seed 1: equal, down to ${once.losses.at(-1)}`,
);

// %% [markdown]
// ## Many runs

// %%
const kinds: readonly Kind[] = ["without norm", "batch norm"];
const jobs = kinds.flatMap((kind) =>
  Array.from({ length: options.seeds }, (_, i) => ({ kind, number: i + 1 })),
);
const results: { kind: Kind; number: number; accuracy: number[] }[] = [];
for (const { kind, number } of progress(jobs, { label: "runs" })) {
  const { accuracy } = number === 1 && kind === "without norm" ? once : await run(kind, number);
  results.push({ kind, number, accuracy });
}
const of = (kind: Kind) => results.filter((result) => result.kind === kind);
const curves = Object.fromEntries(kinds.map((kind) => [kind, of(kind).map((r) => r.accuracy)]));
await display(
  charts.bands(curves, {
    title: `Test accuracy: mean and deviation of ${options.seeds} runs`,
    x: "epoch",
    y: "test accuracy (%)",
  }),
);

// %% [markdown]
// The line is the mean of the runs, the band one standard deviation to either side.
//
// ## The last epoch

// %%
const last = (kind: Kind): number[] => of(kind).map(({ accuracy }) => accuracy.at(-1)!);
const ends = Object.fromEntries(kinds.map((kind) => [kind, last(kind)]));
const least = Math.floor(Math.min(...Object.values(ends).flat())) - 1;
await display(
  charts.bars(ends, { title: "After the last epoch", y: "test accuracy (%)", range: [least, 100] }),
);

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const deviation = (list: readonly number[]): number =>
  Math.sqrt(list.reduce((s, v) => s + (v - mean(list)) ** 2, 0) / (list.length - 1));
await display(
  table(
    kinds.map((kind) => ({
      network: kind,
      runs: last(kind).length,
      "mean (%)": mean(last(kind)),
      "deviation (points)": deviation(last(kind)),
      "worst (%)": Math.min(...last(kind)),
      "best (%)": Math.max(...last(kind)),
    })),
  ),
);

// %% [markdown]
// ## Is the difference real?
//
// Run 1 with and run 1 without see the pictures in the same order, so we may compare seed by seed. The mean of the
// differences, over its own uncertainty (deviation / √n), says how many times larger than luck it is. Below 2 or 3, do not
// believe it; run more seeds.

// %%
const differences = last("batch norm").map((v, i) => v - last("without norm")[i]!);
const uncertainty = deviation(differences) / Math.sqrt(differences.length);
await display(
  `batch norm gives ${mean(differences).toFixed(2)} ± ${uncertainty.toFixed(2)} points: ` +
    `${(mean(differences) / uncertainty).toFixed(1)} times its uncertainty`,
);

// %% [markdown]
// And had we run only once? Look at the best run without norm and the worst with it, in the table: one run each could have
// told almost anything.
//
// Next, and last: break it, in `8-break-it.ts`.

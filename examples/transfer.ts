/**
 * Transfer learning: what a network learned of the digits 0 to 4 helps with 5 to 9, of which it sees ten pictures each.
 *
 *     npm run example -- transfer
 *
 * A small CNN is trained on 0–4. Its features are then frozen and a new head learns 5–9 from 50 pictures; in a last step the
 * features are tuned as well, at a twentieth of the head's rate. Beside it, with the same 50 pictures: the whole network from
 * scratch, and a head on frozen random features. Three seeds choose weights and pictures; bars show their means and
 * standard deviations on the 4,861 test digits of 5–9.
 */

import { compile, crossEntropy, grad, nn, seed, type Tensor } from "prewitt";
import { type Dataset, type LabelledImage, loader, mnist, normalise, shuffledOrder } from "prewitt/data";
import { charts, progress } from "prewitt/notebook";
import { readOptions } from "./shared/options.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  images: { value: 30000, short: 600, help: "pictures of 0–4 to learn features from" },
  epochs: { value: 3, short: 1, help: "times that each of them is seen" },
  few: { value: 10, help: "pictures of each digit 5–9" },
  steps: { value: 300, short: 20, help: "steps on these few pictures" },
  seeds: { value: 3, short: 1, help: "runs" },
  seed: { value: 1, least: 0, help: "seed of the first run" },
});

class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d({ out: 32, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 64, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear({ out: 128 }),
    new nn.ReLU(),
  );
  head = new nn.Linear({ out: 5 });

  /** uint8 pictures [N, 1, 28, 28] to scores [N, 5]. */
  forward(image: Tensor): Tensor {
    return this.head.forward(this.features.forward(normalise(image, { mean: 0.1307, std: 0.3081 })));
  }
}

/** The pictures of the digits from `first` to `first` + 4, labelled 0 … 4; at most `each` of every digit, in random order. */
function fiveDigits(data: Dataset<LabelledImage>, first: number, number: number, each = Number.POSITIVE_INFINITY) {
  const counts = new Map<number, number>();
  const chosen = shuffledOrder(data.length, number, 0).filter((i) => {
    const { label } = data.get(i);
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return label >= first && label < first + 5 && count <= each;
  });
  return data.subset(chosen).map(({ image, label }) => ({ image, label: label - first }));
}

function newNet(number: number): Net {
  seed(number);
  return nn.init(new Net(), [1, 28, 28], { dtype: "uint8" });
}

/** Trains on batches until they end; frozen parameters stay. */
async function train(
  model: Net,
  batches: AsyncIterable<{ image: Tensor; label: Tensor }>,
  rates: { features: number; head: number },
) {
  const groups = rates.features > 0 ? [{ params: "features", learningRate: rates.features }] : [];
  const optimizer = new nn.Adam(model.parameters(), { learningRate: rates.head, groups });
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = crossEntropy(model.forward(image), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  for await (const { image, label } of batches) await step(image, label).item();
}

/** The same few pictures, step after step. */
async function* again(data: Dataset<LabelledImage>, steps: number) {
  const batch = data.batch();
  for (let i = 0; i < steps; i++) yield batch;
}

async function accuracy(model: Net, testing: Dataset<LabelledImage>): Promise<number> {
  const result = await nn.evaluate(model, loader(testing, { batch: 500 }), { metrics: { accuracy: nn.accuracy } });
  return 100 * (result.accuracy as number);
}

const task = startTask("transfer", options);
const [all, test] = [mnist("train"), mnist("test")];
await all.ready();
const testing = fiveDigits(options.short ? test.take(1000) : test, 5, 0);
const results = {
  "frozen features": [] as number[],
  "then fine-tuned": [] as number[],
  "from scratch": [] as number[],
  "random features": [] as number[],
};
for (let number = options.seed; number < options.seed + options.seeds; number++) {
  const few = fiveDigits(all, 5, number, options.few);
  const pretrained = newNet(number);
  const many = fiveDigits(all, 0, number).take(options.images);
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const batches = loader(many, { batch: 64, shuffle: true, seed: number + epoch });
    const label = `seed ${number}: 0–4, epoch ${epoch}/${options.epochs}`;
    await train(pretrained, progress(batches, { label }), { features: 1e-3, head: 1e-3 });
  }
  // The head is drawn anew; the features are what the digits 0–4 left.
  const learned = newNet(number + 1000);
  learned.features.loadStateDict(pretrained.features.stateDict());
  learned.freeze("features");
  await train(learned, again(few, options.steps), { features: 0, head: 3e-3 });
  results["frozen features"].push(await accuracy(learned, testing));
  learned.unfreeze("features");
  await train(learned, again(few, options.steps), { features: 5e-5, head: 1e-3 });
  results["then fine-tuned"].push(await accuracy(learned, testing));
  if (number === options.seed) await task.weights(learned);

  const scratch = newNet(number + 1000);
  await train(scratch, again(few, options.steps), { features: 1e-3, head: 1e-3 });
  results["from scratch"].push(await accuracy(scratch, testing));

  const random = newNet(number + 1000);
  random.freeze("features");
  await train(random, again(few, options.steps), { features: 0, head: 3e-3 });
  results["random features"].push(await accuracy(random, testing));
  const line = Object.entries(results).map(([name, values]) => `${name} ${values.at(-1)?.toFixed(1)} %`);
  console.log(`seed ${number}: ${line.join(", ")}`);
}
await task.picture(
  "accuracy",
  charts.bars(results, {
    title: `Digits 5–9 from ${options.few} pictures each`,
    y: "test accuracy (%)",
    range: [50, 100],
  }),
);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
await task.finish("accuracy of fine-tuned features (%)", mean(results["then fine-tuned"]));

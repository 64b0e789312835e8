// %% [markdown]
// # 4 · Handwritten digits
//
// The classic: a convolutional network learns to read. We look at everything on the way: the pictures, the curve of the
// training, which digits are taken for which, what the filters have become, what they answer to one digit, and the worst
// mistakes, some of which you would make too.
//
// Here a part of MNIST and half a minute must do. `npm start` trains on all of it.

// %%
import assert from "node:assert/strict";
import { compile, crossEntropy, grad, nn, seed, softmax, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { charts, display, progress } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  images: { value: 12000, short: 1280, help: "training images" },
  epochs: { value: 3, short: 1, help: "times that every image is seen" },
  test: { value: 5000, short: 500, help: "images that it is judged by" },
});
seed(42);

// %% [markdown]
// ## The data
//
// 28 × 28 bytes a picture, and the digit that somebody meant. What the network is judged by, it never sees in training.

// %%
const training = mnist("train").take(options.images);
const testing = mnist("test").take(options.test);
const few = training.take(24).batch();
await display(
  charts.images(few.image, {
    title: "24 of the training digits",
    captions: Array.from(await few.label.data(), String),
    perRow: 12,
  }),
);

// %% [markdown]
// ## The network
//
// Two convolutions look for strokes and for what strokes make together; after each, pooling halves the picture. A dense
// layer weighs what is left into ten scores. Sizes of inputs are found out by `nn.init`.

// %%
class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d({ out: 16, kernel: 5, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 32, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear({ out: 10 }));

  /** uint8 images [N, 1, 28, 28] to scores [N, 10]. */
  forward(image: Tensor): Tensor {
    const x = normalise(image, { mean: 0.1307, std: 0.3081 });
    return this.head.forward(this.features.forward(x));
  }
}

const model = nn.init(new Net(), [1, 28, 28], { dtype: "uint8" });
await display(`${nn.summary(model, [1, 28, 28], { dtype: "uint8" })}`);
const untrained = model.parameters()["features.0.weight"]!.read();

// %% [markdown]
// ## Training
//
// One step: forward, loss, gradient, update. The learning rate begins high and falls along a cosine.

// %%
const steps = options.epochs * Math.ceil(options.images / 64);
const learningRate = nn.cosineSchedule({ start: 3e-3, steps });
await display(charts.schedule(learningRate, { steps, title: "The learning rate" }));

// %%
const optimizer = new nn.Adam(model.parameters(), { learningRate });
const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(image), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const losses: number[] = [];
const batches = loader(training, { batch: 64, shuffle: true });
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const bar = progress(batches, { label: `epoch ${epoch}/${options.epochs}` });
  for await (const { image, label } of bar) {
    losses.push(await step(image, label).item());
    bar.set({ loss: losses.at(-1)! });
  }
}
await display(
  charts.line(losses, { title: "Training loss", y: "cross-entropy (nats)", smooth: 0.95 }),
);

// %% [markdown]
// It began near log 10 ≈ 2.3, which is what guessing gives. The faint line is the loss of each step, on other digits every
// time; the strong one is its running mean.
//
// ## How good is it?

// %%
model.eval();
const matrix = new nn.ConfusionMatrix(10);
const probabilities: number[][] = [];
const predict = compile((image: Tensor) => softmax(model.forward(image), { axis: 1 }));
for await (const { image, label } of loader(testing, { batch: 250 })) {
  const scores = predict(image);
  matrix.add(await scores.argmax(1).data(), await label.data());
  probabilities.push(...((await scores.array()) as number[][]));
}
await display(charts.confusion(matrix, { title: "Test digits" }));
assert.ok(matrix.accuracy > (options.short ? 0.6 : 0.96), `${matrix.accuracy}`);

// %% [markdown]
// Rows are what was meant, columns what was read. What is off the diagonal is wrong, and it is wrong in the way of people:
// a 7 is read as 2, a 3 as 5.
//
// ## What the filters have become
//
// All 16 filters of the first layer, before training and now. Random at first; now you find strokes, edges, and dots.

// %%
const trained = model.parameters()["features.0.weight"]!;
await display(charts.filters(untrained, { title: "Filters before training", perRow: 8 }));
await display(charts.filters(trained, { title: "Filters now", perRow: 8 }));
await display(
  charts.histogram({ before: untrained, now: trained }, { title: "Their weights", x: "weight" }),
);

// %% [markdown]
// ## What they answer to one digit
//
// `nn.capture` keeps what a layer gives while the model runs. Paths name layers: `features.1` is the first ReLU.

// %%
const one = testing.take(1).batch();
const { activations } = nn.capture(model, ["features.1", "features.4"], () =>
  model.forward(one.image),
);
await display(charts.images(one.image, { title: "A digit that it has not seen", width: 112 }));
await display(
  charts.featureMaps(activations["features.1"]!, { title: "After the first layer", perRow: 8 }),
);
await display(
  charts.featureMaps(activations["features.4"]!, { title: "After the second layer", perRow: 8 }),
);
const sure = probabilities[0]!;
const bars = Object.fromEntries(sure.map((p, digit) => [String(digit), p]));
await display(charts.bars(bars, { title: "What it thinks", y: "probability", range: [0, 1] }));

// %% [markdown]
// ## The worst mistakes
//
// Those about which it was surest. Under each: what was meant, what was read, and how sure it was.

// %%
const labels = await testing.batch().label.data();
const mistakes = probabilities
  .map((p, index) => ({ index, read: p.indexOf(Math.max(...p)), sure: Math.max(...p) }))
  .filter(({ index, read }) => read !== labels[index])
  .sort((a, b) => b.sure - a.sure)
  .slice(0, 18);
await display(
  charts.images(testing.batch(mistakes.map(({ index }) => index)).image, {
    title: "The surest mistakes",
    captions: mistakes.map(
      ({ index, read, sure }) => `${labels[index]}, not ${read} (${Math.round(100 * sure)} %)`,
    ),
    perRow: 6,
    width: 104,
  }),
);

// %% [markdown]
// Next: a deeper network, built in a loop, in `5-a-residual-network.ts`.

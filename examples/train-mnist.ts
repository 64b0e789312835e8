// %% [markdown]
// # MNIST: a small convolutional network
//
// Trains a small convolutional network on MNIST, tests it on 10,000 digits it has not seen, and saves its weights.
//
//     npm start                                    the report is in runs/mnist/report.html
//     npm start -- --images 20000 --epochs 5
//
// Ctrl-C finishes the step, saves and stops.

// %%
import { compile, crossEntropy, grad, nn, seed, softmax, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { saveSafetensors } from "prewitt/io";
import { charts, display, onInterrupt, progress, startRun } from "prewitt/notebook";
import { readOptions } from "./shared/options.ts";

const options = readOptions({
  images: { value: 60000, short: 192, help: "training images, at most 60,000" },
  epochs: { value: 3, short: 1, help: "times that every image is seen" },
  batch: { value: 64, short: 32, help: "images in a step" },
  seed: { value: 42, least: 0, help: "makes weights and order, and so the whole run, repeatable" },
});
seed(options.seed);

// %% [markdown]
// ## The data
//
// Grey pictures of 28 × 28 bytes, and the digit that somebody meant.

// %%
const training = mnist("train").take(options.images);
const testing = mnist("test").take(options.short ? 250 : 10000);
const first = training.take(24).batch();
const digits = Array.from(await first.label.data(), String);
await display(charts.images(first.image, { title: "Training digits", captions: digits, perRow: 12 }));

// %% [markdown]
// ## The network
//
// Two convolutions find strokes and their combinations, max pooling halves the picture twice, and two dense layers turn
// the 64 · 7 · 7 features that remain into ten scores.

// %%
class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d({ out: 32, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 64, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 128 }), new nn.ReLU(), new nn.Linear({ out: 10 }));

  /** uint8 images [N, 1, 28, 28] to scores [N, 10]. */
  forward(image: Tensor): Tensor {
    const x = normalise(image, { mean: 0.1307, std: 0.3081 });
    return this.head.forward(this.features.forward(x));
  }
}

const model = nn.init(new Net(), [1, 28, 28], { dtype: "uint8" });
await display(nn.summary(model, [1, 28, 28], { dtype: "uint8" }), { title: "Layers" });

// %% [markdown]
// ## Training
//
// One step is forward, loss, gradient and update. `compile` plans it once and replays it. The learning rate falls to zero
// along a cosine.

// %%
const { images, epochs, batch } = options;
const peak = 2e-3;
const steps = epochs * Math.ceil(training.length / batch);
const learningRate = nn.cosineSchedule({ start: peak, steps });
const optimizer = new nn.Adam(model.parameters(), { learningRate: peak });

const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(image), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});

const config = {
  images,
  epochs,
  batch,
  loss: "cross-entropy",
  optimizer: "Adam",
  learningRate: peak,
  schedule: "cosine",
};
const run = await startRun(options.short ? "mnist-short" : "mnist", { config });

async function train(): Promise<"done" | "interrupted"> {
  using interruption = onInterrupt();
  let done = 0;
  const batches = loader(training, { batch, shuffle: true });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const bar = progress(batches, { label: `epoch ${epoch}/${epochs}` });
    for await (const { image, label } of bar) {
      optimizer.learningRate.assign(learningRate(done++));
      const loss = await step(image, label).item();
      bar.set({ loss });
      run.log({ step: done, loss });
      if (interruption.requested) return "interrupted";
    }
  }
  return "done";
}

const start = performance.now();
const ending = await train();
const seconds = (performance.now() - start) / 1000;
const weights = run.path("weights.safetensors");
await saveSafetensors(weights, model.stateDict(), { metadata: { images: `${images}`, seed: `${options.seed}` } });
if (ending === "interrupted") {
  run.end("interrupted");
  console.log(`Stopped after ${await optimizer.steps.read().item()} steps.`);
  console.log(`weights saved to ${weights}`);
  process.exit(130);
}

// %% [markdown]
// ## Digits it has not seen

// %%
const predict = compile((image: Tensor) => softmax(model.forward(image), { axis: 1 }));
const matrix = new nn.ConfusionMatrix(10);
const mistakes: { index: number; label: number; digit: number; probability: number }[] = [];
let tested = 0;
model.eval();
for await (const { image, label } of progress(loader(testing, { batch: 250 }), { label: "testing" })) {
  const result = predict(image);
  const [digit, probability] = [await result.argmax(1).data(), await result.max(1).data()];
  const labels = await label.data();
  matrix.add(digit, labels);
  for (let i = 0; i < labels.length; i++) {
    const mistake = { label: Number(labels[i]), digit: Number(digit[i]), probability: Number(probability[i]) };
    if (mistake.digit !== mistake.label) mistakes.push({ index: tested + i, ...mistake });
  }
  tested += labels.length;
}
run.log({ "test accuracy": matrix.accuracy });
run.end();

await display(charts.confusion(matrix, { title: "Test digits" }));
console.log(`${matrix}`);
const seen = epochs * training.length;
console.log(`trained on ${seen} images in ${seconds.toFixed(1)} s: ${Math.round(seen / seconds)} images/s`);
console.log(`test accuracy ${(100 * matrix.accuracy).toFixed(2)} %`);
console.log(`weights saved to ${weights}`);

// %% [markdown]
// ## What it looks for, and where it finds it
//
// The filters of the first convolution, and what they answer to one digit after ReLU.

// %%
await display(charts.filters(model.parameters()["features.0.weight"]!, { title: "Filters of features.0", perRow: 16 }));
const one = testing.take(1).batch();
const { activations } = nn.capture(model, ["features.1"], () => model.forward(one.image));
await display(charts.images(one.image, { title: "A test digit", width: 96 }));
await display(
  charts.featureMaps(activations["features.1"]!, { title: "Its feature maps after features.1", perRow: 8 }),
);

// %% [markdown]
// ## Its surest mistakes

// %%
const worst = mistakes.sort((a, b) => b.probability - a.probability).slice(0, 24);
if (worst.length > 0) {
  const captions = worst.map(({ label, digit }) => `${label} read as ${digit}`);
  const { image } = testing.batch(worst.map(({ index }) => index));
  await display(charts.images(image, { title: "Surest mistakes", captions, perRow: 8 }));
}

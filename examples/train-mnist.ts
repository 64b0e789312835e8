/**
 * Trains a small convolutional network on MNIST, tests it on 10,000 digits it has not seen, and saves its weights.
 *
 *     npm start
 *     npm run example -- train-mnist --images 20000 --epochs 5
 *
 * Two convolutions find strokes and their combinations, max pooling halves the picture twice, and two dense layers turn
 * the 64 · 7 · 7 features that remain into ten scores. Ctrl-C finishes the step, saves and stops.
 */

import { compile, crossEntropy, grad, nn, seed, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { saveSafetensors } from "prewitt/io";
import { onInterrupt, progress } from "prewitt/notebook";
import { readOptions } from "./shared/options.ts";

const options = readOptions({
  images: { value: 60000, short: 192, help: "training images, at most 60,000" },
  epochs: { value: 3, short: 1, help: "times that every image is seen" },
  batch: { value: 64, short: 32, help: "images in a step" },
  seed: { value: 42, least: 0, help: "makes weights and order, and so the whole run, repeatable" },
});

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

seed(options.seed);
const model = nn.init(new Net(), [1, 28, 28], { dtype: "uint8" });
const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
const steps = options.epochs * Math.ceil(Math.min(options.images, 60000) / options.batch);
const learningRate = nn.cosineSchedule({ start: 2e-3, steps });

const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(image), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const predict = compile((image: Tensor) => model.forward(image).argmax(1));

const training = mnist("train").take(options.images);
const testing = mnist("test").take(options.short ? 250 : 10000);
const weights = options.short ? "runs/mnist-short/weights.safetensors" : "runs/mnist/weights.safetensors";

async function train(): Promise<"done" | "interrupted"> {
  using interruption = onInterrupt();
  let done = 0;
  const batches = loader(training, { batch: options.batch, shuffle: true });
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const bar = progress(batches, { label: `epoch ${epoch}/${options.epochs}` });
    for await (const { image, label } of bar) {
      optimizer.learningRate.assign(learningRate(done++));
      bar.set({ loss: await step(image, label).item() });
      if (interruption.requested) return "interrupted";
    }
  }
  return "done";
}

async function test(): Promise<nn.ConfusionMatrix> {
  const matrix = new nn.ConfusionMatrix(10);
  model.eval();
  for await (const { image, label } of progress(loader(testing, { batch: 250 }), { label: "testing" })) {
    matrix.add(await predict(image).data(), await label.data());
  }
  return matrix;
}

const start = performance.now();
const ending = await train();
const seconds = (performance.now() - start) / 1000;
await saveSafetensors(weights, model.stateDict(), {
  metadata: { images: `${options.images}`, seed: `${options.seed}` },
});
if (ending === "interrupted") {
  console.log(`Stopped after ${await optimizer.steps.read().item()} steps.`);
  process.exitCode = 130;
} else {
  const matrix = await test();
  console.log(`${matrix}`);
  const images = options.epochs * training.length;
  console.log(`trained on ${images} images in ${seconds.toFixed(1)} s: ${Math.round(images / seconds)} images/s`);
  console.log(`test accuracy ${(100 * matrix.accuracy).toFixed(2)} %`);
}
console.log(`weights saved to ${weights}`);

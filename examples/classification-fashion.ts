/**
 * Clothes of Fashion-MNIST: three convolutions with batch norm, flips, shifts and erased rectangles, and a one-cycle schedule.
 *
 *     npm run example -- classification-fashion
 *     npm run example -- classification-fashion --seeds 3
 *
 * The files are looked for in the cache folder, in /usr/share/datasets/fashion-mnist (Debian's `dataset-fashion-mnist`),
 * and then downloaded. The short form reads the 1,500 pictures that lie beside the examples.
 */

import { nn, type Tensor } from "prewitt";
import { augment, normalise, randomCrop, randomErase, randomFlip } from "prewitt/data";
import { classify } from "./shared/classifier.ts";
import { fashion } from "./shared/fashion.ts";
import { readOptions } from "./shared/options.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  epochs: { value: 10, short: 1, help: "times that every picture is seen" },
  seed: { value: 1, least: 0, help: "seed of the first run" },
  seeds: { value: 1, help: "runs, with seeds one after the other; the result is their mean" },
});

class Net extends nn.Module {
  features = new nn.Sequential(
    ...[32, 64, 128].flatMap((out) => [
      new nn.Conv2d({ out, kernel: 3, padding: "same", bias: false }),
      new nn.BatchNorm2d(),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
    ]),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear({ out: 10 }));

  /** uint8 pictures [N, 1, 28, 28] to scores [N, 10]. */
  forward(image: Tensor): Tensor {
    return this.head.forward(this.features.forward(normalise(image, { mean: 0.286, std: 0.353 })));
  }
}

const task = startTask("classification-fashion", options);
const accuracies = await classify({
  task,
  network: () => new Net(),
  training: fashion("train", options),
  testing: fashion("test", options),
  transform: augment(
    randomFlip(),
    randomCrop({ size: 28, padding: 1 }),
    randomErase({ probability: 0.1, area: [0.02, 0.15] }),
  ),
  epochs: options.epochs,
  batch: options.short ? 50 : 64,
  learningRate: 4e-3,
  mirrored: true,
  seeds: Array.from({ length: options.seeds }, (_, i) => options.seed + i),
});
await task.finish("test accuracy (%)", accuracies.reduce((a, b) => a + b, 0) / accuracies.length);

/**
 * Handwritten digits: a small network with batch norm, random turns and shifts, and a one-cycle schedule.
 *
 *     npm run example -- classification-mnist
 *     npm run example -- classification-mnist --seeds 3
 */

import { nn, type Tensor } from "prewitt";
import { augment, mnist, normalise, randomAffine } from "prewitt/data";
import { classify } from "./shared/classifier.ts";
import { readOptions } from "./shared/options.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  epochs: { value: 8, short: 1, help: "times that every picture is seen" },
  images: { value: 60000, short: 512, help: "training pictures" },
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
    return this.head.forward(this.features.forward(normalise(image, { mean: 0.1307, std: 0.3081 })));
  }
}

const task = startTask("classification-mnist", options);
const accuracies = await classify({
  task,
  network: () => new Net(),
  training: mnist("train").take(options.images),
  testing: mnist("test").take(options.short ? 500 : 10000),
  transform: augment(randomAffine({ degrees: 12, scale: [0.9, 1.1], shear: 8, shift: 2 })),
  epochs: options.epochs,
  batch: options.short ? 32 : 64,
  learningRate: 4e-3,
  seeds: Array.from({ length: options.seeds }, (_, i) => options.seed + i),
});
await task.finish("test accuracy (%)", accuracies.reduce((a, b) => a + b, 0) / accuracies.length);

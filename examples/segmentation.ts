/**
 * Segmentation: a U-Net gives every pixel of a scene its class, one of ten digits or the background.
 *
 *     npm run example -- segmentation
 *
 * Scenes are digits in random colours on photographs; the test shows other digits on other photographs. The loss is
 * cross-entropy, which counts pixels, plus the Dice loss, in which a rare class weighs as much as the background. The figure is
 * the mean over the eleven classes of intersection over union.
 */

import { compile, crossEntropy, diceLoss, grad, nn, oneHot, seed, softmax, type Tensor, tensor } from "prewitt";
import { loader, normalise } from "prewitt/data";
import { UNet } from "prewitt/models";
import { charts, onInterrupt, progress } from "prewitt/notebook";
import { digitScenes } from "./shared/digit-scenes.ts";
import { readOptions } from "./shared/options.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  images: { value: 64000, short: 64, help: "scenes to train on, each seen once" },
  test: { value: 500, short: 16, help: "unseen scenes" },
  batch: { value: 16, help: "scenes in a step" },
  seed: { value: 1, least: 0, help: "makes the run repeatable" },
});
const SIZE = 64;
const task = startTask("segmentation", options);
const scene = { size: SIZE, count: [1, 3], scale: [1, 1.6] } as const;
const training = await digitScenes("train", options.images, scene);
const testing = await digitScenes("test", options.test, scene);
const classes = ["background", ...(training.classes as readonly string[])];

seed(options.seed);
const model = nn.init(new UNet({ classes: classes.length, depth: 4, width: 0.125 }), [3, SIZE, SIZE]);
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.45, std: 0.25 });
const steps = Math.ceil(options.images / options.batch);
const optimizer = new nn.AdamW(model.parameters(), { learningRate: nn.oneCycleSchedule({ peak: 5e-3, steps }) });
// Most pixels are background; each of them weighs less than one of a digit.
const weights = tensor(classes.map((_, c) => (c === 0 ? 0.3 : 1)));
const step = compile((image: Tensor, mask: Tensor) => {
  const logits = model.forward(prepare(image));
  const truth = oneHot(mask, classes.length).transpose([0, 3, 1, 2]);
  const overlap = diceLoss(softmax(logits, { axis: 1 }), truth, { batch: true });
  const loss = crossEntropy(logits, mask, { classWeights: weights }).add(overlap);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});

const losses: number[] = [];
using interruption = onInterrupt();
const bar = progress(loader(training, { batch: options.batch }), { label: "training" });
for await (const { image, mask } of bar) {
  losses.push(await step(image, mask).item());
  bar.set({ loss: losses.at(-1) as number });
  if (interruption.requested) break;
}
await task.weights(model);
await task.picture(
  "loss",
  charts.line(losses, { title: "Training loss", y: "cross-entropy (nats) + Dice", smooth: 0.95 }),
);

model.eval();
const predict = compile((image: Tensor) => model.forward(prepare(image)).argmax(1));
const matrix = new nn.ConfusionMatrix(classes);
for await (const { image, mask } of progress(loader(testing, { batch: 20 }), { label: "testing" })) {
  matrix.add((await predict(image).data()) as Int32Array, (await mask.data()) as Int32Array);
}
const few = testing.batch([0, 1, 2, 3, 4, 5, 6, 7]);
const shown = { classes, perRow: 4 };
await task.picture("truth", charts.masks(few.image, few.mask, { title: "Unseen scenes: the truth", ...shown }));
await task.picture(
  "predicted",
  charts.masks(few.image, predict(few.image), { title: "Unseen scenes: predicted", ...shown }),
);
await task.picture("confusion", charts.confusion(matrix, { title: "Pixels of unseen scenes" }));
const each = Object.fromEntries(classes.map((name, c) => [name, matrix.iou[c] as number]));
await task.picture("iou", charts.bars(each, { title: "Intersection over union", y: "IoU", range: [0, 1] }));
if (interruption.requested) process.exitCode = 130;
await task.finish("mean IoU", matrix.meanIou);

// %% [markdown]
// # Segmentation: a U-Net gives every pixel of a scene its class
//
// Which pixels belong to which digit? For each pixel of a picture the network says one of eleven classes: one of the ten
// digits, or the background.
//
//     npm run example -- segmentation
//     npm run example -- segmentation --images 8000 --seed 2

// %%
import {
  compile,
  crossEntropy,
  diceLoss,
  grad,
  maxPool2d,
  nn,
  oneHot,
  seed,
  softmax,
  type Tensor,
  tensor,
} from "prewitt";
import { augment, loader, normalise, randomChannels, randomInvert, type Scene } from "prewitt/data";
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
const task = startTask("segmentation", options);

// %% [markdown]
// ## The data
//
// One to three digits of MNIST in random colours on photographs. A scene knows the class of each of its pixels, because it
// was made from its parts. Every scene is new; those of the test show other digits on other photographs.

// %%
const SIZE = 64;
const scene = { size: SIZE, count: [1, 3], scale: [1.4, 2.4] } as const;
const training = await digitScenes("train", options.images, scene);
const testing = await digitScenes("test", options.test, scene);
const classes = ["background", ...(training.classes as readonly string[])];

const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const shown = { classes, perRow: 4 };
await training.ready();
const seen = training.batch(eight);
await task.picture("data", charts.masks(seen.image, seen.mask, { title: "Scenes of the training", ...shown }));

// %% [markdown]
// ## The network
//
// A U-Net (O. Ronneberger et al., 2015) halves the picture four times, so that its deepest layer sees what is there, and
// doubles it four times again. On the way up each level is joined with the one of its size on the way down, which still
// knows where things are. Here it has a quarter of the channels of the original.
//
// Which digit something is, is found in the deep layers, far from the loss of the pixels. A second head on the first level of
// the way up says it for each square of 8 × 8 pixels: deep supervision (C.-Y. Lee et al., 2015). It serves the training alone,
// which without it needs several times as many scenes.

// %%
class Segmenter extends nn.Module<[image: Tensor], { pixels: Tensor; squares: Tensor }> {
  unet = new UNet({ classes: classes.length, depth: 4, width: 0.25 });
  squares = new nn.Conv2d({ out: classes.length, kernel: 1 });

  /** uint8 scenes [N, 3, H, W] to logits of pixels [N, 11, H, W] and of squares [N, 11, H/8, W/8]. */
  forward(image: Tensor): { pixels: Tensor; squares: Tensor } {
    const maps = this.unet.featureMaps(normalise(image, { mean: 0.45, std: 0.25 }));
    return { pixels: this.unet.outc.forward(maps.up4 as Tensor), squares: this.squares.forward(maps.up1 as Tensor) };
  }
}

seed(options.seed);
const model = nn.init(new Segmenter(), [3, SIZE, SIZE], { dtype: "uint8" });
await task.picture("network", charts.graph(model.unet, { input: [3, SIZE, SIZE], depth: 1, title: "The U-Net" }));

// %% [markdown]
// ## Training
//
// The loss of the pixels has two terms. Cross-entropy is a mean over pixels; as most of these are background, each of them weighs less
// than one of a digit. The Dice loss (F. Milletari et al., 2016) is a mean over classes, so that a rare class weighs as much
// as the background: with p the probability and t the truth of a class, 0 or 1, over all pixels of the batch,
//
//     Dice = mean over classes of 1 − (2 Σ p t + 1) / (Σ p + Σ t + 1)
//
// To it comes the cross-entropy of the squares, each of which has the class of the digit in it. The learning rate rises and
// falls once (one cycle).

// %%
const steps = Math.ceil(options.images / options.batch);
const optimizer = new nn.AdamW(model.parameters(), { learningRate: nn.oneCycleSchedule({ peak: 4e-3, steps }) });
const weights = tensor(classes.map((_, c) => (c === 0 ? 0.2 : 1)));
const step = compile((image: Tensor, mask: Tensor) => {
  const { pixels, squares } = model.forward(image);
  const truth = oneHot(mask, classes.length).transpose([0, 3, 1, 2]);
  const overlap = diceLoss(softmax(pixels, { axis: 1 }), truth, { batch: true });
  const loss = crossEntropy(pixels, mask, { classWeights: weights }).add(overlap);
  const coarse = maxPool2d(mask.unsqueeze(1).cast("float32"), 8).squeeze(1).cast("int32");
  const deep = crossEntropy(squares, coarse, { classWeights: weights });
  optimizer.step(grad(loss.add(deep), model.parameters()));
  return loss;
});

const losses: number[] = [];
using interruption = onInterrupt();
const transform = augment<Scene>(randomChannels(), randomInvert());
const bar = progress(loader(training, { batch: options.batch, transform }), { label: "training" });
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

// %% [markdown]
// ## How good is it?
//
// Intersection over union: of all pixels that are a class or are taken for it, the share that is both. The figure of this
// task is the mean over the eleven classes; seed 1 reaches 0.862.
//
//     IoU = true positives / (true positives + false positives + false negatives)

// %%
model.eval();
const predict = compile((image: Tensor) => model.forward(image).pixels.argmax(1));
const matrix = new nn.ConfusionMatrix(classes);
for await (const { image, mask } of progress(loader(testing, { batch: 20 }), { label: "testing" })) {
  matrix.add((await predict(image).data()) as Int32Array, (await mask.data()) as Int32Array);
}
const each = Object.fromEntries(classes.map((name, c) => [name, matrix.iou[c] as number]));
await task.picture("iou", charts.bars(each, { title: "Intersection over union", y: "IoU", range: [0, 1] }));
await task.picture("confusion", charts.confusion(matrix, { title: "Pixels of unseen scenes" }));

// %% [markdown]
// ## What it sees
//
// The first unseen scenes, with the truth and with what the network says. Every pixel is decided alone: where the network is
// unsure, one digit is patched from several classes.

// %%
const few = testing.batch(eight);
await task.picture("truth", charts.masks(few.image, few.mask, { title: "Unseen scenes: the truth", ...shown }));
await task.picture(
  "predicted",
  charts.masks(few.image, predict(few.image), { title: "Unseen scenes: predicted", ...shown }),
);

// %% [markdown]
// ## What this does not show
//
// The digits are pasted: they have even colours and sharp edges, hardly cover one another, and stand on a few photographs.
// Segmenting things in photographs, with shadows, textures and labels that people drew, is harder than this.
//
// ## The result

// %%
if (interruption.requested) process.exitCode = 130;
await task.finish("mean IoU", matrix.meanIou);

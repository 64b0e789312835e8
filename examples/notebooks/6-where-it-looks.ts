// %% [markdown]
// # 6 · Where it looks
//
// A network says "7". Did it see the 7, or has it learned the wallpaper? Grad-CAM answers with a map of the picture: bright
// is what spoke for the class. It needs nothing but a gradient in the middle of the network, which here is one line.
//
// We train a network on photographs with one digit each, and then show it two digits at once and ask where each is. It
// has never been told where anything is.

// %%
import assert from "node:assert/strict";
import {
  compile,
  crossEntropy,
  grad,
  nn,
  relu,
  resize2d,
  seed,
  softmax,
  type Tensor,
} from "prewitt";
import { loader, mnist, normalise, type Scene, scenes } from "prewitt/data";
import { charts, display, progress, table } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";
import { photographs } from "../shared/photographs.ts";

const options = readOptions({
  images: { value: 6000, short: 128, help: "scenes to train on" },
  epochs: { value: 6, short: 1, help: "times that each of them is seen" },
  test: { value: 500, short: 48, help: "unseen scenes" },
});
seed(5);

// %% [markdown]
// ## Digits on photographs
//
// `scenes` pastes items on backgrounds and remembers where. The boxes are for judging only: training sees picture and
// name.

// %%
const SIZE = 48;
const made = async (split: "train" | "test", count: number, samples: number) =>
  scenes({
    items: mnist(split),
    backgrounds: await photographs(split),
    samples,
    size: SIZE,
    count: [count, count],
    scale: [0.9, 1.1],
    overlap: 0,
    seed: split === "train" ? 1 : 2,
  });
const labelled = ({ image, labels, boxes }: Scene) => ({
  image,
  label: labels.data[0]!,
  box: boxes,
});
const training = (await made("train", 1, options.images)).map(labelled);
const testing = (await made("test", 1, options.test)).map(labelled);
await display(charts.images(training.take(10).batch().image, { title: "Ten of them", perRow: 5 }));

// %% [markdown]
// ## A network without a dense layer at its end
//
// Every convolution keeps an image plane. Only at the very end the mean over all places is taken: so each place of the
// last map has its say, and we can ask it what it said.

// %%
const block = (out: number, ...rest: nn.Layer[]) => [
  new nn.Conv2d({ out, kernel: 3, padding: "same", bias: false }),
  new nn.BatchNorm2d(),
  new nn.ReLU(),
  ...rest,
];
class Net extends nn.Module {
  features = new nn.Sequential(
    ...block(16, new nn.MaxPool2d(2)),
    ...block(32, new nn.MaxPool2d(2)),
    ...block(64, new nn.MaxPool2d(2)),
    ...block(96),
  );
  head = new nn.Sequential(new nn.GlobalAvgPool2d(), new nn.Flatten(), new nn.Linear({ out: 10 }));

  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.45, std: 0.25 });
const model = nn.init(new Net(), [3, SIZE, SIZE]);
const steps = options.epochs * Math.ceil(options.images / 32);
const optimizer = new nn.AdamW(model.parameters(), {
  learningRate: nn.oneCycleSchedule({ peak: 1e-2, steps }),
});
const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(prepare(image)), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const losses: number[] = [];
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const batches = loader(training, { batch: 32, shuffle: true, seed: epoch });
  const bar = progress(batches, { label: `epoch ${epoch}/${options.epochs}` });
  for await (const { image, label } of bar) {
    losses.push(await step(image, label).item());
    bar.set({ loss: losses.at(-1)! });
  }
}
model.eval();
await display(
  charts.line(losses, { title: "Training loss", y: "cross-entropy (nats)", smooth: 0.95 }),
);

// %%
const unseen = testing.batch();
const x = prepare(unseen.image);
const predicted = await model.forward(x).argmax(1).data();
const labels = Array.from(await unseen.label.data());
const right = labels.filter((label, i) => label === predicted[i]).length;
await display(
  `${((100 * right) / labels.length).toFixed(1)} % of ${labels.length} unseen scenes are named right`,
);

// %% [markdown]
// ## Grad-CAM by hand
//
// With A the maps of the last layer and y the score of a class (R. Selvaraju et al., ICCV 2017):
//
//     α_c = mean over places of ∂y/∂A_c        map = relu(Σ_c α_c · A_c)
//
// `nn.capture` gives A as a node of the graph, so `grad` can take the derivative with respect to it.

// %%
const shown = prepare(testing.batch([0, 1, 2, 3, 4, 5, 6, 7]).image);
const { output, activations } = nn.capture(model, ["features.14"], () => model.forward(shown));
const maps = activations["features.14"]!;
const alpha = grad(output.max(1).sum(), maps).mean({ axis: [2, 3], keepDims: true });
const byHand = relu(maps.mul(alpha).sum({ axis: 1, keepDims: true }));
await display(
  `maps ${maps.shape.join(" × ")}, weights ${alpha.shape.join(" × ")}, Grad-CAM ${byHand.shape.join(" × ")}`,
);

// %% [markdown]
// `nn.gradCam` does the same, and enlarges the map to the picture.

// %%
const cam = nn.gradCam(model, shown, { layer: "features.14" });
assert.deepEqual(
  await cam.data(),
  await resize2d(byHand, { size: [SIZE, SIZE], mode: "bilinear" }).data(),
);
const captions = Array.from(predicted.slice(0, 8), (digit, i) => `${labels[i]}, read as ${digit}`);
const pictures = testing.batch([0, 1, 2, 3, 4, 5, 6, 7]).image;
await display(charts.images(pictures, { title: "What it is shown", perRow: 4, width: 150 }));
await display(
  charts.heat(pictures, cam, { title: "Where it looks", captions, perRow: 4, width: 150 }),
);

// %% [markdown]
// ## Is that so? The pointing game
//
// A picture convinces easily, so we count. In how many scenes does the brightest point of the map lie on the digit? Guessing
// is as good as the share of the picture that the digit's box covers. (J. Zhang et al., "Top-down neural attention by
// excitation backprop", 2016.)

// %%
/** Whether the brightest point of the map [S, S] lies in the box, and the box's share of the picture. */
function pointed(map: Float32Array, box: Float32Array, side: number) {
  const at = map.reduce((best, v, i) => (v > map[best]! ? i : best), 0);
  const [left, top, width] = [box[0]!, box[1]!, side];
  const [px, py] = [at % width, Math.floor(at / width)];
  const hit = px >= left && px < box[2]! && py >= top && py < box[3]!;
  return { hit, share: ((box[2]! - left) * (box[3]! - top)) / side ** 2 };
}

const everyCam = await nn.gradCam(model, x, { layer: "features.14", target: unseen.label }).data();
const everyBox = await unseen.box.data();
const game = labels.map((_, i) =>
  pointed(
    everyCam.subarray(i * SIZE ** 2, (i + 1) * SIZE ** 2) as Float32Array,
    everyBox.subarray(4 * i, 4 * i + 4) as Float32Array,
    SIZE,
  ),
);
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const [found, chance] = [
  mean(game.map(({ hit }) => Number(hit))),
  mean(game.map(({ share }) => share)),
];
await display(
  table([
    { scenes: game.length, "inside the box (%)": 100 * found, "by chance (%)": 100 * chance },
  ]),
);
if (!options.short) assert.ok(found > 2 * chance);

// %% [markdown]
// ## Two digits at once
//
// The network has only convolutions and a mean, so it takes larger pictures too. Here are two digits on each, which it has
// never seen in training. Its scores speak for both; `target` asks for one of them.

// %%
const WIDE = 72;
const pairs = scenes({
  items: mnist("test"),
  backgrounds: await photographs("test"),
  samples: 200,
  size: WIDE,
  count: [2, 2],
  scale: [0.9, 1.1],
  overlap: 0,
  seed: 4,
});
const both = pairs.map(({ image, labels }) => ({
  image,
  first: labels.data[0]!,
  second: labels.data[1]!,
}));
const four = Array.from({ length: 24 }, (_, i) => i)
  .filter((i) => both.get(i).second >= 0 && both.get(i).first !== both.get(i).second)
  .slice(0, 4);
const { image: wide, first, second } = both.batch(four);

// %%
const where = (target: Tensor): Tensor =>
  nn.gradCam(model, prepare(wide), { layer: "features.14", target });
const named = async (target: Tensor): Promise<string[]> =>
  Array.from(await target.data(), (digit) => `where is the ${digit}?`);
const grid = { perRow: 4, width: 150 };
await display(charts.heat(wide, where(first), { captions: await named(first), ...grid }));
await display(charts.heat(wide, where(second), { captions: await named(second), ...grid }));

// %% [markdown]
// ## Other ways of asking
//
// Grad-CAM is as coarse as the last map. Two others see pixels: the slope of the score with respect to the picture itself,
// averaged over noisy copies (SmoothGrad), and occlusion, which covers one place after the other and looks how much the
// score falls. Where all agree, believe them.

// %%
const score = nn.classScore(model, unseen.label.slice([0, 4]));
const some = x.slice([0, 4]);
const slope = await nn.smoothGrad(score, some, { samples: 8 });
const covered = await nn.occlusion(score, some, { window: 10, stride: 4 });
const enlarged = resize2d(covered, { size: [SIZE, SIZE], mode: "bilinear" });
const start = unseen.image.slice([0, 4]);
await display(
  charts.heat(start, slope.abs().mean({ axis: 1 }), { title: "SmoothGrad", perRow: 4, width: 150 }),
);
await display(charts.heat(start, enlarged, { title: "Occlusion", perRow: 4, width: 150 }));

// %% [markdown]
// How sure was it about the four?

// %%
const sure = await softmax(model.forward(some), { axis: 1 }).max(1).data();
await display(Array.from(sure, (p) => `${(100 * p).toFixed(1)} %`).join(", "));

// %% [markdown]
// Next: is a result luck? Five seeds, in `7-five-seeds.ts`.

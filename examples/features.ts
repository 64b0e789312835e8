// %% [markdown]
// # Features: what each level of a network sees
//
// A network learns to name one piece of clothing on a photograph. Then it is looked into: filters, feature maps from edges to
// parts, pictures that excite single units and classes, and where it looks.
//
//     npm run example -- features
//     npm run example -- features --steps 400

// %%
import { compile, crossEntropy, grad, nn, resize2d, seed, type Tensor, type Variable } from "prewitt";
import { loader, normalise, type Scene, scenes } from "prewitt/data";
import { charts, display, onInterrupt, progress } from "prewitt/notebook";
import { fashion } from "./shared/fashion.ts";
import { readOptions } from "./shared/options.ts";
import { photographs } from "./shared/photographs.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  images: { value: 12000, short: 256, help: "scenes to train on" },
  epochs: { value: 6, short: 1, help: "times that each of them is seen" },
  test: { value: 1000, short: 64, help: "unseen scenes" },
  steps: { value: 200, short: 10, help: "steps of each climb" },
  seed: { value: 1, least: 0, help: "makes the run repeatable" },
});
const task = startTask("features", options);

// %% [markdown]
// ## The data
//
// One piece of Fashion-MNIST on each photograph. Its box is known, and is used for judging only; the network learns from the
// name. Unseen scenes have other pieces on other photographs.

// %%
const SIZE = 64;
seed(options.seed);
const common = { size: SIZE, count: [1, 1], scale: [1, 1.7], paint: "picture" } as const;
const labelled = ({ image, labels, boxes }: Scene) => ({ image, label: labels.data[0] as number, box: boxes });
const [items, unseenItems] = [fashion("train", options), fashion("test", options)];
const training = scenes({
  ...common,
  items,
  backgrounds: await photographs("train"),
  samples: options.images,
  seed: 1,
});
const testing = scenes({
  ...common,
  items: unseenItems,
  backgrounds: await photographs("test"),
  samples: options.test,
  seed: 2,
});
const classes = items.classes as readonly string[];

await training.ready();
const some = training.map(labelled).batch([0, 1, 2, 3, 4, 5, 6, 7]);
const names = Array.from(await some.label.data(), (label) => classes[label as number] as string);
await task.picture("data", charts.images(some.image, { title: "Scenes of the training", captions: names, perRow: 4 }));

// %% [markdown]
// ## The network
//
// Four levels of convolution, batch norm and relu, with a max pooling between them that halves the picture: each level sees
// about twice as far as the one before. The mean over all places of the last level goes into one dense layer, so that each place
// has its say, and can be asked for it.

// %%
const block = (out: number) => [
  new nn.Conv2d({ out, kernel: 3, padding: "same", bias: false }),
  new nn.BatchNorm2d(),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
];

class Net extends nn.Module {
  edges = new nn.Sequential(...block(24));
  textures = new nn.Sequential(...block(32));
  parts = new nn.Sequential(...block(64));
  items = new nn.Sequential(...block(96).slice(0, 3));
  head = new nn.Sequential(new nn.GlobalAvgPool2d(), new nn.Flatten(), new nn.Linear({ out: 10 }));

  /** Pixels in units of standard deviations, [N, 3, 64, 64], to scores [N, 10]. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.items.forward(this.parts.forward(this.textures.forward(this.edges.forward(x)))));
  }
}
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.45, std: 0.25 });
const model = nn.init(new Net(), [3, SIZE, SIZE]);
await display(nn.summary(model, [3, SIZE, SIZE]), { title: "Layers" });

// %% [markdown]
// ## Training
//
// Cross-entropy, AdamW, and a learning rate that rises and falls once.

// %%
const batch = 64;
const steps = options.epochs * Math.ceil(options.images / batch);
const optimizer = new nn.AdamW(model.parameters(), { learningRate: nn.oneCycleSchedule({ peak: 4e-3, steps }) });
const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(prepare(image)), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});

const losses: number[] = [];
async function train(): Promise<"done" | "interrupted"> {
  using interruption = onInterrupt();
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const batches = loader(training.map(labelled), { batch, shuffle: true, seed: epoch });
    const bar = progress(batches, { label: `epoch ${epoch}/${options.epochs}` });
    for await (const { image, label } of bar) {
      losses.push(await step(image, label).item());
      bar.set({ loss: losses.at(-1) as number });
      if (interruption.requested) return "interrupted";
    }
  }
  return "done";
}

const ending = await train();
await task.weights(model);
await task.picture("loss", charts.line(losses, { title: "Training loss", y: "cross-entropy (nats)", smooth: 0.95 }));
if (ending === "interrupted") process.exit(130);
model.eval();

// %% [markdown]
// ## What the layers hold
//
// The filters of the first level are pictures themselves: they see colours. Deeper ones have as many channels as the level
// before; there we look at what they answer to one scene. From level to level the maps get coarser, and answer to more of the
// thing than to its edges.

// %%
await task.picture(
  "filters",
  charts.filters(model.parameters()["edges.0.weight"] as Variable, { title: "Filters of the first layer" }),
);
const few = testing.map(labelled).batch([0, 1, 2, 3, 4, 5, 6, 7]);
const one = few.image.slice([0, 1]);
await task.picture("picture", charts.images(one, { title: "An unseen scene" }));
const levels = ["edges", "textures", "parts", "items"] as const;
const seen = nn.capture(model, levels, () => model.forward(prepare(one)));
for (const level of levels) {
  const maps = seen.activations[level] as Tensor;
  await task.picture(
    `maps-${level}`,
    charts.featureMaps(maps, { title: `Feature maps: ${level}`, most: 24, perRow: 12 }),
  );
}

// %% [markdown]
// ## What excites them
//
// A picture can be trained as weights can: it begins as noise and climbs the mean activation of one unit, with a smoothness
// that holds neighbouring pixels together (C. Olah et al., "Feature visualization", 2017, explains the method). Then the same
// for the score of each class. Such pictures are no photographs: they show what the unit answers to, not what is in the data.

// %%
/** Pictures [1, 3, S, S] as one batch. */
function together(pictures: readonly Tensor[]): { data: Float32Array; shape: number[] } {
  const data = new Float32Array(pictures.length * 3 * SIZE * SIZE);
  pictures.forEach((picture, i) => {
    data.set(picture.dataSync() as Float32Array, i * 3 * SIZE * SIZE);
  });
  return { data, shape: [pictures.length, 3, SIZE, SIZE] };
}

const climb = { shape: [1, 3, SIZE, SIZE], steps: options.steps, smoothness: 0.5, range: [-1.8, 2.2] } as const;
for (const level of levels) {
  const pictures: Tensor[] = [];
  for (const unit of [0, 1, 2, 3, 4, 5]) {
    const activation = (x: Tensor): Tensor => {
      const { activations } = nn.capture(model, [level], () => model.forward(x));
      return (activations[level] as Tensor).slice(null, [unit, unit + 1]).mean();
    };
    pictures.push((await nn.maximizeActivation(activation, climb)).detach());
  }
  await task.picture(
    `excites-${level}`,
    charts.images(together(pictures), { title: `What excites units of: ${level}`, perRow: 6, range: [-1.8, 2.2] }),
  );
}
const dreams: Tensor[] = [];
for (let c = 0; c < classes.length; c++) {
  dreams.push(await nn.maximizeActivation((x) => nn.classScore(model, c)(x).sum(), climb));
}
await task.picture(
  "excites-classes",
  charts.images(together(dreams), {
    title: "What excites the classes",
    captions: classes,
    perRow: 5,
    range: [-1.8, 2.2],
  }),
);

// %% [markdown]
// ## Where it looks
//
// Two answers for unseen scenes. Grad-CAM (R. Selvaraju et al., 2017) weighs the maps of the last level by what each of them
// does for the score of the true class. Occlusion covers the picture with a square, place by place, and measures how much of the
// score is lost (M. Zeiler, R. Fergus, 2014); it needs no gradient, and one run for every place.

// %%
const x = prepare(few.image);
const scores = model.forward(x);
const predicted = await scores.argmax(1).data();
const truth = await few.label.data();
const captions = Array.from(
  truth,
  (label, i) => `${classes[label as number]}, read as ${classes[predicted[i] as number]}`,
);
const enlarged = (map: Tensor): Tensor => resize2d(map, { size: [SIZE, SIZE], mode: "bilinear" });
const cam = enlarged(nn.gradCam(model, x, { layer: "items", target: few.label }));
const shown = { captions, perRow: 4, width: 180 };
await task.picture("grad-cam", charts.heat(few.image, cam, { title: "Grad-CAM for the true class", ...shown }));
const covered = await nn.occlusion(nn.classScore(model, few.label), x, { window: 12, stride: 4 });
await task.picture(
  "occlusion",
  charts.heat(few.image, enlarged(covered), { title: "Loss of score where a square covers", ...shown }),
);

// %% [markdown]
// ## Is that so? The pointing game
//
// A picture convinces easily, so we count. The figure of this task is that of the pointing game (J. Zhang et al., "Top-down
// neural attention by excitation backprop", 2016): in how many of the unseen scenes the highest point of Grad-CAM for the true
// class lies inside the item's box. Chance is the box's share of the picture. Seed 1
// reaches 94.9 %, chance 27.5 %.

// %%
const locate = compile((image: Tensor, label: Tensor) => {
  const map = enlarged(nn.gradCam(model, prepare(image), { layer: "items", target: label }));
  return {
    place: map.reshape([image.shape[0] as number, SIZE * SIZE]).argmax(1),
    right: nn.accuracy(model.forward(prepare(image)), label),
  };
});
let [inside, area, right, total] = [0, 0, 0, 0];
for await (const { image, label, box } of loader(testing.map(labelled), { batch: 50 })) {
  const found = locate(image, label);
  const [places, boxes] = [await found.place.data(), await box.data()];
  places.forEach((place: number, i: number) => {
    const [l, t, r, b] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const [px, py] = [place % SIZE, Math.floor(place / SIZE)];
    if (px >= l && px < r && py >= t && py < b) inside++;
    area += ((r - l) * (b - t)) / SIZE ** 2;
  });
  right += (await found.right.item()) * places.length;
  total += places.length;
}
console.log(`named right: ${((100 * right) / total).toFixed(1)} % of ${total} unseen scenes`);
console.log(
  `pointing game: ${((100 * inside) / total).toFixed(1)} % inside the box; by chance ${((100 * area) / total).toFixed(1)} %`,
);

// %% [markdown]
// ## What this does not show
//
// The items fill much of the picture and nothing else in it is an item, so pointing at them is easy. That the highest point is
// on the item does not say that the network uses the right part of it, and the maps are as coarse as the last level.
//
// ## The result

// %%
await task.finish("pointing game (%)", (100 * inside) / total);

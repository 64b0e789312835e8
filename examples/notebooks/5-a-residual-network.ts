// %% [markdown]
// # 5 · A residual network, built in a loop
//
// Deep networks used to be hard to train: beyond some twenty layers they became worse, and not because they learned by
// heart. Residual networks (K. He et al., CVPR 2016) made depth easy with one plus sign: every block adds something to what
// came in, instead of replacing it.
//
// We write one network whose shape is plain data, look at its graph, and train it with the plus sign and without.

// %%
import assert from "node:assert/strict";
import {
  compile,
  crossEntropy,
  grad,
  maxPool2d,
  nn,
  relu,
  seed,
  type Tensor,
  zeros,
} from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { charts, display, progress, startRun, table } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  images: { value: 3200, short: 128, help: "training images" },
  epochs: { value: 3, short: 1, help: "times that every image is seen" },
  blocks: { value: 4, short: 2, help: "blocks in a stage" },
});

// %% [markdown]
// ## The shape as data
//
// A configuration is a record. Nothing about it is special to the library: a network is an ordinary class, and `forward` an
// ordinary loop.

// %%
interface Config {
  readonly stem: number;
  readonly stages: readonly { readonly channels: number; readonly blocks: number }[];
  /** Whether a block adds to its input, or replaces it. */
  readonly residual: boolean;
}

class Block extends nn.Module {
  conv1: nn.Conv2d;
  conv2: nn.Conv2d;
  /** Where the number of channels changes, the input must too. */
  shortcut: nn.Layer;
  readonly residual: boolean;

  constructor(from: number, to: number, residual: boolean) {
    super();
    this.residual = residual;
    this.conv1 = new nn.Conv2d({ out: to, kernel: 3, padding: "same" });
    this.conv2 = new nn.Conv2d({ out: to, kernel: 3, padding: "same" });
    const same = from === to || !residual;
    this.shortcut = same ? new nn.Identity() : new nn.Conv2d({ out: to, kernel: 1 });
  }

  forward(x: Tensor): Tensor {
    const change = this.conv2.forward(relu(this.conv1.forward(x)));
    return relu(this.residual ? this.shortcut.forward(x).add(change) : change);
  }
}

class Net extends nn.Module {
  stem: nn.Conv2d;
  stages: nn.Layer[] = [];
  head = new nn.Sequential(new nn.GlobalAvgPool2d(), new nn.Flatten(), new nn.Linear({ out: 10 }));

  constructor({ stem, stages, residual }: Config) {
    super();
    this.stem = new nn.Conv2d({ out: stem, kernel: 3, padding: "same" });
    let from = stem;
    for (const { channels, blocks } of stages) {
      const stage: Block[] = [];
      for (let i = 0; i < blocks; i++, from = channels)
        stage.push(new Block(from, channels, residual));
      this.stages.push(new nn.Sequential(...stage));
    }
  }

  /** Images [N, 1, 28, 28] to scores [N, 10]; every stage begins with half the height and width. */
  forward(x: Tensor): Tensor {
    x = relu(this.stem.forward(x));
    for (const stage of this.stages) x = stage.forward(maxPool2d(x, 2));
    return this.head.forward(x);
  }
}

const config: Config = {
  stem: 8,
  stages: [
    { channels: 16, blocks: options.blocks },
    { channels: 32, blocks: options.blocks },
    { channels: 32, blocks: options.blocks },
  ],
  residual: true,
};
seed(1);
const model = nn.init(new Net(config), [1, 28, 28]);
await display(`${nn.summary(model, [1, 28, 28])}`);

// %% [markdown]
// ## Its graph
//
// Nothing has run yet: the graph is data, so it can be drawn. First by stage; then one stage with its blocks, where the
// arrows that pass a block by are the plus sign. Shapes, floating-point operations, bytes and source lines appear under the
// mouse.

// %%
await display(charts.graph(model, { input: [1, 28, 28], depth: 2, title: "The network" }));

// %%
const block = nn.init(new Block(16, 32, true), [16, 14, 14]);
await display(charts.graph(block, { input: [16, 14, 14], title: "The first block of a stage" }));

// %% [markdown]
// The gradient is a graph too, made of the same operations. Here it is for that block, forward and backward in colours of
// their own.

// %%
const image = zeros([1, 16, 14, 14]);
const backward = () => grad(block.forward(image).square().mean(), block.parameters());
await display(charts.graph(backward, { title: "The block and its gradient", depth: 1 }));

// %% [markdown]
// ## With the plus sign, and without
//
// The same layers, the same data, the same seed. The run with the plus sign is recorded: `startRun` keeps config, seed, curve
// and environment in `runs/`, and this page shows them.

// %%
const training = mnist("train").take(options.images);
const test = mnist("test").take(1000).batch();
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.1307, std: 0.3081 });

async function train(residual: boolean, log: (step: number, loss: number) => void) {
  seed(1);
  const model = nn.init(new Net({ ...config, residual }), [1, 28, 28]);
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = crossEntropy(model.forward(prepare(image)), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const losses: number[] = [];
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const batches = loader(training, { batch: 32, shuffle: true, seed: epoch });
    const kind = residual ? "residual" : "plain";
    const bar = progress(batches, { label: `${kind}, epoch ${epoch}/${options.epochs}` });
    for await (const { image, label } of bar) {
      losses.push(await step(image, label).item());
      log(losses.length, losses.at(-1)!);
      bar.set({ loss: losses.at(-1)! });
    }
  }
  const accuracy = nn.accuracy(model.eval().forward(prepare(test.image)), test.label);
  return { model, losses, accuracy: 100 * (await accuracy.item()) };
}

using run = await startRun("residual-network", {
  config: { ...config, stages: config.stages.map((stage) => ({ ...stage })) },
});
const residual = await train(true, (step, loss) => run.log({ step, loss }));

// %%
const plain = await train(false, () => {});
await display(
  charts.line(
    { "with the plus sign": residual.losses, without: plain.losses },
    { title: "Training loss", y: "cross-entropy (nats)", smooth: 0.95 },
  ),
);
await display(
  table([
    { network: "with the plus sign", "test accuracy (%)": residual.accuracy },
    { network: "without", "test accuracy (%)": plain.accuracy },
  ]),
);
if (!options.short) assert.ok(residual.accuracy > plain.accuracy);

// %% [markdown]
// ## Why?
//
// Look at the gradients that reach the first layer before anything is learned. Through a chain of layers they are multiplied
// at each, and get lost; along the plus signs they arrive.

// %%
const { image: pictures, label } = training.take(64).batch();
const sizes = await Promise.all(
  [true, false].map(async (residual) => {
    seed(1);
    const fresh = nn.init(new Net({ ...config, residual }), [1, 28, 28]);
    const loss = crossEntropy(fresh.forward(prepare(pictures)), label);
    const slopes = Object.entries(grad(loss, fresh.parameters())).filter(([path]) =>
      path.endsWith("conv1.weight"),
    );
    const norms = slopes.map(([, slope]) => slope.square().mean().sqrt().item());
    return Promise.all(norms);
  }),
);
await display(
  charts.line(
    { "with the plus sign": sizes[0]!, without: sizes[1]! },
    {
      title: "Size of the gradient, block by block",
      x: "block, from input to output",
      y: "root mean square of ∂loss/∂weight",
      log: true,
    },
  ),
);

// %% [markdown]
// Next: where does a network look? `6-where-it-looks.ts`.

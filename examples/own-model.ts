// %% [markdown]
// # A model of your own in 20 lines
//
// Two residual blocks, trained on a handful of digits. A module is a class with layers as fields and a `forward`; what `forward`
// does is up to you. Input sizes are found out by `nn.init`.

// %%
import { compile, crossEntropy, flatten, grad, maxPool2d, nn, relu, seed, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { log, progress } from "prewitt/notebook";
import { readOptions } from "./shared/options.ts";

const options = readOptions({
  images: { value: 2000, short: 320, help: "training images" },
  epochs: { value: 3, short: 1, help: "times that every image is seen" },
});

// %% [markdown]
// ## The model
//
// Each block adds to its input what it has found in it. Max pooling, flatten and relu are plain functions: they have no weights.

// %%
class Residual extends nn.Module {
  norm = new nn.BatchNorm2d();
  conv = new nn.Conv2d({ out: 16, kernel: 3, padding: "same" });
  forward(x: Tensor): Tensor {
    return x.add(this.conv.forward(relu(this.norm.forward(x))));
  }
}

class Net extends nn.Module {
  stem = new nn.Conv2d({ out: 16, kernel: 5, stride: 2, padding: 2 });
  blocks = [new Residual(), new Residual()];
  head = new nn.Linear({ out: 10 });
  forward(x: Tensor): Tensor {
    x = this.stem.forward(x);
    for (const block of this.blocks) x = maxPool2d(block.forward(x), 2);
    return this.head.forward(flatten(x));
  }
}

// %% [markdown]
// ## One step
//
// Forward, loss, gradient, update, planned once by `compile` and replayed.

// %%
seed(1);
const model = nn.init(new Net(), [1, 28, 28]);
console.log(`${model}`);
const optimizer = new nn.Adam(model.parameters(), { learningRate: 3e-3 });
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.1307, std: 0.3081 });
const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(prepare(image)), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const accuracy = compile((image: Tensor, label: Tensor) =>
  model.forward(prepare(image)).argmax(1).equal(label).cast("float32").mean(),
);

// %% [markdown]
// ## Training
//
// After each epoch it is asked about 500 digits that it has never seen; `model.eval()` makes batch norm use its running
// statistics instead of the batch's.

// %%
const batches = loader(mnist("train").take(options.images), { batch: 32, shuffle: true });
const unseen = mnist("test").take(500).batch();
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const bar = progress(batches, { label: `epoch ${epoch}` });
  model.train();
  for await (const { image, label } of bar) bar.set({ loss: await step(image, label).item() });
  model.eval();
  const right = await accuracy(unseen.image, unseen.label).item();
  log(`epoch ${epoch}: ${(100 * right).toFixed(1)} % of 500 unseen digits`);
}

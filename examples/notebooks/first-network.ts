// %% [markdown]
// # A first network
//
// A notebook is a script with cells: lines that begin with `// %%`. Editors run it cell by cell; from the command line
// it runs from top to bottom: `npm run example -- first-network`.
//
// We teach a small network to read handwritten digits, and look at what it sees.

// %%
import { compile, crossEntropy, grad, nn, relu, seed, softmax, type Tensor } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { display, progress } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  images: { value: 3000, short: 640, help: "training images" },
  epochs: { value: 2, short: 1, help: "times that every image is seen" },
});
seed(7);

// %% [markdown]
// ## The data
//
// 28 × 28 bytes a picture, and the digit that somebody meant.

// %%
const training = mnist("train").take(options.images);
const testing = mnist("test").take(500);
const few = training.take(8).batch();
await display(few.image, { title: "eight of the training digits" });
await display(few.label, { title: "what they are" });

// %% [markdown]
// ## The network
//
// Eight filters of 5 × 5 look for strokes, pooling keeps where they were found, and a dense layer weighs the evidence.

// %%
class Net extends nn.Module {
  conv = new nn.Conv2d({ out: 8, kernel: 5, padding: "same" });
  pool = new nn.MaxPool2d(4);
  head = new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 10 }));

  forward(x: Tensor): Tensor {
    return this.head.forward(this.pool.forward(relu(this.conv.forward(x))));
  }
}

const model = nn.init(new Net(), [1, 28, 28]);
const prepare = (image: Tensor): Tensor => normalise(image, { mean: 0.1307, std: 0.3081 });
await display(`${nn.summary(model, [1, 28, 28])}`);
await display(model.conv.weight.read(), { title: "its filters before training: noise" });

// %% [markdown]
// ## Training
//
// One step: forward, loss, gradient, update. `compile` plans it once and replays it.

// %%
const optimizer = new nn.Adam(model.parameters(), { learningRate: 3e-3 });
const step = compile((image: Tensor, label: Tensor) => {
  const loss = crossEntropy(model.forward(prepare(image)), label);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});

const batches = loader(training, { batch: 32, shuffle: true });
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const bar = progress(batches, { label: `epoch ${epoch}` });
  for await (const { image, label } of bar) bar.set({ loss: await step(image, label).item() });
}

// %% [markdown]
// ## What it learned

// %%
const unseen = testing.batch();
const scores = model.forward(prepare(unseen.image));
const predicted = await scores.argmax(1).data();
const matrix = nn.confusionMatrix(predicted, await unseen.label.data(), 10);
await display(`${matrix}`);
await display(`${(100 * matrix.accuracy).toFixed(1)} % of 500 unseen digits are right`);
await display(model.conv.weight.read(), { title: "its filters now" });

// %%
const digit = testing.take(1).batch();
await display(digit.image, { title: "a digit it has not seen" });
await display(relu(model.conv.forward(prepare(digit.image))), { title: "where the filters answer" });
await display(softmax(model.forward(prepare(digit.image))), { title: "probabilities of 0 to 9" });

// %% [markdown]
// ## What it gets wrong

// %%
const labels = await unseen.label.data();
const wrong = Array.from(labels, (_, i) => i).filter((i) => predicted[i] !== labels[i]);
if (wrong.length > 0) {
  await display(testing.batch(wrong.slice(0, 8)).image, { title: "some that it misread" });
  await display(
    wrong
      .slice(0, 8)
      .map((i) => `${labels[i]} read as ${predicted[i]}`)
      .join(", "),
  );
}

// %% [markdown]
// # 8 · Break it on purpose
//
// You will make mistakes; everybody does. It helps to have seen the messages in good weather. Each cell here does something
// wrong and shows what it is told: the operation, the shapes with their axes, every condition that does not hold, a fix
// with numbers, and the line, which is yours and not one deep inside the library.

// %%
import assert from "node:assert/strict";
import {
  compile,
  conv2d,
  crossEntropy,
  grad,
  mse,
  nn,
  ones,
  relu,
  seed,
  softmax,
  type Tensor,
  tensor,
} from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { charts, display } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";

const options = readOptions({
  images: { value: 3000, short: 960, help: "digits of the last part" },
});
seed(1);

/** Does it, and gives the message of the error that it must end in. */
async function message(fails: () => unknown): Promise<string> {
  try {
    await fails();
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message.replace(/ at .*[/\\]/, " at ")}`; // without the folders, which are yours
  }
  throw new Error("this was meant to fail");
}

// %% [markdown]
// ## A shape that does not fit
//
// Three channels meet a filter for one. It is thrown when the node is built, on the line where you wrote it, before
// anything is computed.

// %%
const photo = ones([32, 3, 28, 28]);
await display(await message(() => conv2d(photo, ones([64, 1, 3, 3]))));

// %% [markdown]
// Inside a network the message says which layer. Here the dense layer was made for another size of picture.

// %%
const net = new nn.Sequential(
  new nn.Conv2d({ out: 4, kernel: 3 }),
  new nn.Flatten(),
  new nn.Linear({ in: 576, out: 10 }),
);
await display(await message(() => nn.init(net, [1, 28, 28])));

// %% [markdown]
// ## Shapes that would fit by accident
//
// Elsewhere [8] minus [8, 1] is an [8, 8] matrix, and a loss of the wrong thing goes down quite well. Here it is an error.

// %%
const [predicted, wanted] = [ones([8, 1]), ones([8])];
await display(await message(() => mse(predicted, wanted)));

// %%
await display(await message(() => ones([8, 10]).add(ones([10]))));

// %% [markdown]
// ## An option that does not exist
//
// In another library it is called `strides`. An option that is ignored is worse than one that is refused.

// %%
await display(await message(() => new nn.Conv2d({ out: 8, kernel: 3, strides: 2 } as never)));

// %% [markdown]
// ## Labels that are none
//
// Ten classes, 0 to 9, and somewhere in the data there is a 10; and labels that came out of a file as floats.

// %%
const scores = ones([4, 10]);
await display(
  await message(() => crossEntropy(scores, tensor([3, 1, 10, 2], { dtype: "int32" })).item()),
);

// %%
await display(await message(() => crossEntropy(scores, tensor([3, 1, 0, 2]))));

// %% [markdown]
// ## NaN, and where it came from
//
// A NaN shows up in the loss, but it was born elsewhere, some hundred operations earlier. A compiled step that would assign
// one assigns nothing at all; it runs again, node by node, and names the first that was not finite, its module and your
// line.

// %%
class Risky extends nn.Module {
  layer = new nn.Linear({ out: 1 });
  forward(x: Tensor): Tensor {
    return relu(this.layer.forward(x)).log();
  }
}
const risky = nn.init(new Risky(), [2]);
const sgd = new nn.SGD(risky.parameters(), { learningRate: 0.1 });
const before = await risky.layer.weight.read().array();
const explode = compile((x: Tensor) => {
  const loss = risky.forward(x).mean();
  sgd.step(grad(loss, risky.parameters()));
  return loss;
});
await display(
  await message(() =>
    explode(
      tensor([
        [1, 2],
        [-1, -2],
      ]),
    ).item(),
  ),
);
assert.deepEqual(await risky.layer.weight.read().array(), before);
await display("and the weights are as they were");

// %% [markdown]
// ## A gradient of nothing
//
// The loss does not depend on what you ask for. Zeros would be a polite lie.

// %%
const [used, unused] = [tensor([1, 2]), tensor([3, 4])];
await display(await message(() => grad(used.square().sum(), unused)));

// %% [markdown]
// ## Reading a value inside `compile`
//
// The function runs once, with symbols in place of the numbers; there is nothing to read yet.

// %%
const peek = compile((x: Tensor) => {
  const total = x.sum();
  if (total.itemSync() > 0) return total;
  return total.neg();
});
await display(await message(() => peek(tensor([1, 2]))));

// %% [markdown]
// ## A layer that nobody finds
//
// Private fields are private, from `nn.init` too. Such a layer would run and never learn.

// %%
class Hidden extends nn.Module {
  #secret = new nn.Linear({ out: 2 });
  forward(x: Tensor): Tensor {
    return this.#secret.forward(x);
  }
}
await display(await message(() => nn.init(new Hidden(), [3])));

// %% [markdown]
// ## Weights of another network
//
// Loading lists everything that is missing, extra or of another shape, and loads nothing.

// %%
const mine = nn.init(
  new nn.Sequential(new nn.Conv2d({ out: 8, kernel: 3 }), new nn.BatchNorm2d()),
  [1, 8, 8],
);
await display(
  await message(() =>
    mine.loadStateDict({ "0.weight": ones([8, 3, 3, 3]), "0.biases": ones([8]) }),
  ),
);

// %% [markdown]
// ## Mistakes without a message
//
// Some things are wrong and legal. `crossEntropy` takes scores and does the softmax itself. Who gives it probabilities gets
// a loss that goes down, slowly, and stops far above where it should.

// %%
async function train(last: (scores: Tensor) => Tensor): Promise<number[]> {
  seed(1);
  const model = nn.init(
    new nn.Sequential(
      new nn.Conv2d({ out: 8, kernel: 5, stride: 2 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear({ out: 10 }),
    ),
    [1, 28, 28],
  );
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 2e-3 });
  const step = compile((image: Tensor, label: Tensor) => {
    const x = normalise(image, { mean: 0.1307, std: 0.3081 });
    const loss = crossEntropy(last(model.forward(x)), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const losses: number[] = [];
  const data = loader(mnist("train").take(options.images), { batch: 32, shuffle: true });
  for await (const { image, label } of data) losses.push(await step(image, label).item());
  return losses;
}

const right = await train((scores) => scores);
const wrong = await train((scores) => softmax(scores, { axis: 1 }));
await display(
  charts.line(
    { scores: right, "probabilities, by mistake": wrong },
    { title: "What crossEntropy is given", y: "cross-entropy (nats)", smooth: 0.9 },
  ),
);
assert.ok(wrong.at(-1)! > 1.4 && right.at(-1)! < 1);

// %% [markdown]
// The lower line cannot be reached: with probabilities in place of scores, the best possible loss is
// log(1 + 9/e) ≈ 1.46. When a loss stops at a number that you can compute, compute it.
//
// Others of this kind, and how to notice:
//
// - **A loss that stays at log(classes)**: the labels do not belong to the pictures, or the learning rate is far too large.
// - **Good in training, bad in testing**: `model.eval()` was forgotten, or the pictures are prepared in two ways.
// - **Good in testing, bad in life**: the test pictures were among the training pictures.
// - **Nothing learns at all**: look whether `optimizer.step` is called, and what `model.parameters()` lists.
//
// If you suspect the library rather than yourself, `useExecutor("checking")` recomputes every kernel in plain loops;
// `docs/debugging.md` has more.

// %% [markdown]
// # 1 · What a convolution sees
//
// A convolutional network looks at a picture through small windows, the same few weights at every place. This notebook
// tells how far that goes: edges on a photograph, why the weights are so few, why it does not matter where a thing
// stands, and how a filter is learned instead of written down.
//
// A notebook is a TypeScript file with cells; the lines that begin with `// %%` are their borders. It runs from top to
// bottom:
//
//     npm run prewitt -- run examples/notebooks/1-what-a-convolution-sees.ts
//
// Claims are asserted where they are made: if one of them were wrong, this page would not exist.

// %%
import assert from "node:assert/strict";
import {
  compile,
  conv2d,
  crossEntropy,
  flipKernel,
  grad,
  maxPool2d,
  nn,
  relu,
  seed,
  softmax,
  type Tensor,
  tensor,
} from "prewitt";
import { mnist, normalise } from "prewitt/data";
import { charts, display, table } from "prewitt/notebook";
import { readOptions } from "../shared/options.ts";
import { photograph } from "../shared/photographs.ts";

readOptions({});

// %% [markdown]
// ## A filter looks for a pattern
//
// A 3 × 3 filter slides over the picture. At every place its nine weights are multiplied with the nine pixels below, and
// the products are added up. This one takes what is on its right and subtracts what is on its left. Judith Prewitt found
// edges with it in 1970.

// %%
/** Rows of numbers as a picture [N = 1, C = 1, H, W]. */
const picture = (rows: number[][]): Tensor => tensor([[rows]]);
/** The first channel of the first picture: a matrix [H, W], which is shown as numbers when it is small. */
const plane = (x: Tensor): Tensor => x.slice(0, 0);

const vertical = picture([
  [-1, 0, 1],
  [-1, 0, 1],
  [-1, 0, 1],
]);
await display(plane(vertical), { title: "the filter" });

// %%
const edge = picture(Array.from({ length: 6 }, () => [0, 0, 0, 1, 1, 1, 1]));
await display(plane(edge), { title: "a picture that is dark on the left and bright on the right" });
const seen = conv2d(edge, vertical);
await display(plane(seen), { title: "what the filter sees" });
assert.deepEqual(await seen.array(), [[Array.from({ length: 4 }, () => [0, 3, 3, 0, 0])]]);

// %% [markdown]
// It says 3 beside the edge, one for each row of the filter, and 0 elsewhere. In a uniform picture it sees nothing at
// all, because its weights add up to 0.

// %%
const uniform = picture(Array.from({ length: 6 }, () => [1, 1, 1, 1, 1, 1, 1]));
const nothing = conv2d(uniform, vertical);
await display(plane(nothing), { title: "what it sees in a uniform picture" });
assert.ok((await nothing.data()).every((v) => v === 0));

// %% [markdown]
// ## On a photograph
//
// The same nine numbers, on Chelsea the cat. The filter, turned by a right angle, finds what lies across. Together they
// give the strength of the edge at every pixel: √(across² + along²), the length of the gradient of the brightness.

// %%
const { data, shape } = await photograph("chelsea");
const chelsea = tensor(data, { shape: [1, ...shape] });
const grey = chelsea.cast("float32").mean({ axis: 1, keepDims: true }).div(255);
const across = conv2d(grey, vertical, { padding: "same" });
const along = conv2d(grey, vertical.transpose([0, 1, 3, 2]), { padding: "same" });
const strength = across.square().add(along.square()).sqrt();
await display(charts.images(chelsea, { title: "Chelsea", width: 300 }));
await display(
  charts.images(across.concat([along, strength.neg()], 0), {
    title: "What the filter sees",
    captions: ["vertical edges", "horizontal edges", "strength (dark: strong)"],
    perRow: 3,
    width: 220,
    range: [-1.5, 1.5],
  }),
);
assert.deepEqual(across.shape, grey.shape);

// %% [markdown]
// Grey is 0, "nothing here". White and black are the two directions: from dark to bright and from bright to dark.
//
// ## Cross-correlation and convolution
//
// What networks call a convolution slides the filter as it is: a cross-correlation. Mathematics turns it by 180°:
//
//     (I ∗ K)(i, j) = Σ I(i − m, j − n) K(m, n)
//
// `flipKernel` turns a filter, if you need the mathematician's.

// %%
const kernel = picture([
  [1, 2, 3],
  [0, 1, 0],
  [0, 0, -1],
]);
const values = picture(
  Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (i * i + 3 * j) % 7)),
);
const I = ((await values.array()) as number[][][][])[0]![0]!;
const K = ((await kernel.array()) as number[][][][])[0]![0]!;
// The middle of K has the index (0, 0), so m and n run from −1 to 1.
const byDefinition = [1, 2, 3].map((i) =>
  [1, 2, 3].map((j) => {
    let sum = 0;
    for (const m of [-1, 0, 1])
      for (const n of [-1, 0, 1]) sum += I[i - m]![j - n]! * K[m + 1]![n + 1]!;
    return sum;
  }),
);
await display(plane(picture(byDefinition)), { title: "the definition, written out with loops" });
await display(plane(conv2d(values, flipKernel(kernel))), {
  title: "conv2d with the turned filter: the same",
});
await display(plane(conv2d(values, kernel)), {
  title: "conv2d with the filter as it is: something else",
});
assert.deepEqual(await conv2d(values, flipKernel(kernel)).array(), [[byDefinition]]);
assert.notDeepEqual(await conv2d(values, kernel).array(), [[byDefinition]]);

// %% [markdown]
// A network learns its filters, so it may as well learn them turned. Only the name is at stake.
//
// ## Several filters, several feature maps
//
// A layer has many filters. Each makes one map of the picture, and the next layer's filters look at all maps at once.

// %%
const named: Record<string, number[][]> = {
  vertical: [
    [-1, 0, 1],
    [-1, 0, 1],
    [-1, 0, 1],
  ],
  horizontal: [
    [-1, -1, -1],
    [0, 0, 0],
    [1, 1, 1],
  ],
  diagonal: [
    [0, 1, 1],
    [-1, 0, 1],
    [-1, -1, 0],
  ],
  outline: [
    [-1, -1, -1],
    [-1, 8, -1],
    [-1, -1, -1],
  ],
};
const bank = tensor(Object.values(named).map((rows) => [rows]));
const digit = mnist("test").batch([0]).image;
const maps = relu(conv2d(normalise(digit), bank, { padding: "same" }));
await display(charts.images(digit, { title: "A digit that somebody wrote", width: 112 }));
await display(
  charts.filters(bank, {
    title: "Four filters: vertical, horizontal, diagonal, outline",
    perRow: 4,
    width: 64,
  }),
);
await display(
  charts.featureMaps(maps, {
    title: "Four feature maps: where each found what it looks for",
    perRow: 4,
  }),
);
assert.deepEqual(maps.shape, [1, 4, 28, 28]);
assert.ok((await maps.sum({ axis: [0, 2, 3] }).data()).every((s) => s > 0));

// %% [markdown]
// ## Pooling keeps the strongest
//
// The next layer need not know to the pixel where an edge is. Max pooling keeps the strongest answer of every window and
// halves the picture.

// %%
const four = picture([
  [1, 1, 2, 4],
  [5, 6, 7, 8],
  [3, 2, 1, 0],
  [1, 2, 3, 4],
]);
const pooled = maxPool2d(four, 2);
await display(plane(four), { title: "four by four" });
await display(plane(pooled), { title: "the maximum of every 2 × 2 window" });
const best = [
  [6, 8],
  [3, 4],
];
assert.deepEqual(await pooled.array(), [[best]]);
await display(
  charts.featureMaps(maxPool2d(maps, 2), { title: "The digit's maps, pooled: 14 × 14", perRow: 4 }),
);

// %% [markdown]
// ## Few weights, used everywhere
//
// A dense layer has a weight for every pixel and every neuron. A filter's nine weights serve every place of the picture.

// %%
const dense = nn.init(
  new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 100, bias: false })),
  [1, 28, 28],
);
const convolution = nn.init(
  new nn.Conv2d({ out: 100, kernel: 3, padding: "same", bias: false }),
  [1, 28, 28],
);
const [many, few] = [
  nn.summary(dense, [1, 28, 28]).parameters,
  nn.summary(convolution, [1, 28, 28]).parameters,
];
await display(
  table([
    { layer: "dense, 784 pixels to 100 neurons", weights: many },
    { layer: "convolution, 784 pixels to 100 maps of 784 pixels", weights: few },
  ]),
);
assert.equal(many, 784 * 100);
assert.equal(few, 100 * 3 * 3);

// %% [markdown]
// ## Moving the picture moves the features
//
// Because the weights are the same everywhere, a figure looks the same to the filter wherever it stands: its map moves as
// far as the figure does. That is called equivariance.

// %%
/** A picture moved by some rows and columns, with zeros coming in. */
function shift(x: Tensor, down: number, right: number): Tensor {
  const [, , h, w] = x.shape as [number, number, number, number];
  const padded = x.pad([
    [0, 0],
    [0, 0],
    [down, 0],
    [right, 0],
  ]);
  return padded.slice(null, null, [0, h], [0, w]);
}

const rows = ["............", "............", "..##........", "..#.........", "..###......."];
const glyph = picture(
  Array.from({ length: 12 }, (_, i) => Array.from(rows[i] ?? rows[0]!, (c) => (c === "#" ? 1 : 0))),
);
const moved = shift(glyph, 3, 4);
const [here, there] = [glyph, moved].map((x) => conv2d(x, vertical, { padding: "same" })) as [
  Tensor,
  Tensor,
];
const captions = ["a figure", "the figure, moved", "what the filter sees", "the same, moved"];
await display(
  charts.images(glyph.concat([moved], 0).mul(3).concat([here, there], 0), {
    captions,
    perRow: 4,
    range: [-3, 3],
  }),
);
assert.deepEqual(await there.array(), await shift(here, 3, 4).array());

// %% [markdown]
// Pooling adds a little invariance: a spot that moves inside its window changes nothing. And the maximum over the whole
// map does not change however far the figure moves.

// %%
const spot = picture([
  [0, 0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 9, 0],
  [0, 0, 0, 0],
]);
await display(plane(maxPool2d(spot, 2)), { title: "a spot, pooled" });
await display(plane(maxPool2d(shift(spot, 1, 1), 2)), {
  title: "the spot one pixel further down and right, pooled",
});
assert.deepEqual(await maxPool2d(shift(spot, 1, 1), 2).array(), await maxPool2d(spot, 2).array());
const strongest = [await here.max().item(), await there.max().item()] as const;
await display(`the strongest answer to the figure: ${strongest[0]} here, ${strongest[1]} there`);
assert.equal(strongest[0], strongest[1]);

// %% [markdown]
// ## A filter that is learned
//
// Suppose that nobody told us Prewitt's numbers. We have the photograph and the map of its vertical edges, begin with nine
// random weights, and change them, step by step, so that their map comes closer to the one that is wanted. `grad` says in
// which direction: it is the derivative of the error with respect to the weights. `compile` plans the step once and
// replays it.

// %%
seed(7);
const [height, width] = grey.shape.slice(2) as [number, number];
const layer = nn.init(new nn.Conv2d({ out: 1, kernel: 3, padding: "same", bias: false }), [
  1,
  height,
  width,
]);
const adam = new nn.Adam(layer.parameters(), { learningRate: 0.02 });
const improve = compile(() => {
  const error = layer.forward(grey).sub(across).square().mean();
  adam.step(grad(error, layer.parameters()));
  return error;
});
const errors: number[] = [];
const stages: Tensor[] = [];
for (let i = 0; i <= 1500; i++) {
  if ([0, 20, 100, 300, 1500].includes(i)) stages.push(layer.weight.read());
  errors.push(await improve().item());
}
await display(
  charts.images(stages[0]!.concat(stages.slice(1), 0), {
    title: "The filter after 0, 20, 100, 300 and 1500 steps",
    captions: ["0", "20", "100", "300", "1500"],
    perRow: 5,
    width: 64,
    range: [-1.2, 1.2],
  }),
);
await display(charts.line(errors, { title: "Its error", y: "mean squared error", log: true }));
await display(plane(layer.weight.read()), { title: "what it has learned" });
const distance = await layer.weight.read().sub(vertical).abs().max().item();
assert.ok(distance < 0.05, `it is ${distance} away from Prewitt's filter`);

// %% [markdown]
// It found Prewitt's filter. Nobody told it: the examples did. A network learns all its filters like this, only that
// nobody draws their maps either. All it is told is the name of what is in the picture.
//
// ## Scores become probabilities
//
// The last layer of a classifier gives a score for each class. Softmax turns scores into probabilities: e to each score,
// divided by their sum.

// %%
const scores = tensor([[2, 1, 0.1]]);
const probabilities = softmax(scores);
await display(scores, { title: "scores of three classes" });
await display(probabilities, { title: "their probabilities" });
assert.ok(Math.abs((await probabilities.sum().item()) - 1) < 1e-6);

// %% [markdown]
// ## One step of learning, in four phases
//
// Forward, loss, backward, update. Here they are one by one, for a tiny network and 32 digits.

// %%
class Tiny extends nn.Module {
  layers = new nn.Sequential(
    new nn.Conv2d({ out: 4, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(4),
    new nn.Flatten(),
    new nn.Linear({ out: 10 }),
  );
  forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}
seed(0);
const model = nn.init(new Tiny(), [1, 28, 28]);
const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.05 });
const { image, label } = mnist("train").take(32).batch();
const x = normalise(image, { mean: 0.1307, std: 0.3081 });

// %% forward: pictures in, scores out
const guess = model.forward(x);
await display(`${guess.shape.join(" × ")} scores`);

// %% loss: one number says how far the scores are from the labels
const loss = crossEntropy(guess, label);
const before = await loss.item();
await display(
  `loss ${before.toFixed(4)}; guessing blindly gives log 10 = ${Math.log(10).toFixed(4)}`,
);

// %% backward: how the loss changes with every weight
const gradients = grad(loss, model.parameters());
const slopes = Object.entries(gradients).map(async ([parameter, slope]) => ({
  parameter,
  shape: slope.shape.join(" × "),
  "steepest slope": await slope.abs().max().item(),
}));
await display(table(await Promise.all(slopes)));

// %% update: every weight takes a small step against its gradient
optimizer.step(gradients);
const after = await crossEntropy(model.forward(x), label).item();
await display(`the loss on the same pictures is now ${after.toFixed(4)}`);
assert.ok(after < before);

// %% [markdown]
// Training is this step, many times. Next: a network that fits a curve, in `2-fit-a-curve.ts`.

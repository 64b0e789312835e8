/**
 * What a convolution sees: the story of the convolutional network, told on small pictures.
 *
 * Every claim is asserted by the line that prints it, so this file fails if one is wrong.
 */

import assert from "node:assert/strict";
import {
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
import { display } from "prewitt/notebook";
import { readOptions } from "./shared/options.ts";

readOptions({});

const chapter = (title: string): void =>
  console.log(`\n\u2500\u2500 ${title} ${"\u2500".repeat(Math.max(0, 76 - title.length))}\n`);
const say = (text: string): void => console.log(text);
/** Rows of numbers as a picture [1, 1, H, W]. */
const picture = (rows: number[][]): Tensor => tensor([[rows]]);
/** Shows [1, 1, H, W] as numbers. */
const show = (title: string, x: Tensor): Promise<void> => display(x.slice(0, 0), { title, as: "numbers" });
/** A picture moved by some rows and columns, with zeros coming in. */
function shift(x: Tensor, down: number, right: number): Tensor {
  const [, , h, w] = x.shape as [number, number, number, number];
  return x
    .pad([
      [0, 0],
      [0, 0],
      [down, 0],
      [right, 0],
    ])
    .slice(null, null, [0, h], [0, w]);
}

chapter("1. A filter looks for a pattern");
say("A 3×3 filter slides over the picture; at every place its nine weights are multiplied with the nine pixels below");
say("and added up. This one takes what is on the right and subtracts what is on the left:\n");
const vertical = picture([
  [-1, 0, 1],
  [-1, 0, 1],
  [-1, 0, 1],
]);
await show("the filter that Judith Prewitt found edges with in 1970", vertical);
const edge = picture(Array.from({ length: 6 }, () => [0, 0, 0, 1, 1, 1, 1]));
const uniform = picture(Array.from({ length: 6 }, () => [1, 1, 1, 1, 1, 1, 1]));
await show("\na picture with a vertical edge", edge);
const seen = conv2d(edge, vertical);
await show("\nwhat the filter sees: 3 where the picture turns from 0 to 1 in three rows, 0 elsewhere", seen);
assert.deepEqual(await seen.array(), [[Array.from({ length: 4 }, () => [0, 3, 3, 0, 0])]]);
const nothing = conv2d(uniform, vertical);
await show("\nin a uniform picture it sees nothing: the weights add up to 0", nothing);
assert.ok((await nothing.data()).every((v) => v === 0));

chapter("2. Cross-correlation and convolution");
say("What networks call a convolution slides the filter as it is: a cross-correlation. Mathematics turns it by 180°:");
say("    (I ∗ K)(i, j) = Σ I(i − m, j − n) K(m, n)\n");
const kernel = picture([
  [1, 2, 3],
  [0, 1, 0],
  [0, 0, -1],
]);
const numbers = picture(Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (i * i + 3 * j) % 7)));
const I = ((await numbers.array()) as number[][][][])[0]![0]!;
const K = ((await kernel.array()) as number[][][][])[0]![0]!;
// The middle of K has the index (0, 0), so m and n run from −1 to 1.
const byDefinition = [1, 2, 3].map((i) =>
  [1, 2, 3].map((j) => {
    let sum = 0;
    for (const m of [-1, 0, 1]) for (const n of [-1, 0, 1]) sum += I[i - m]![j - n]! * K[m + 1]![n + 1]!;
    return sum;
  }),
);
await show("the definition, written out with loops", picture(byDefinition));
await show("\nconv2d with the filter turned by flipKernel: the same", conv2d(numbers, flipKernel(kernel)));
await show("\nconv2d with the filter as it is: something else", conv2d(numbers, kernel));
assert.deepEqual(await conv2d(numbers, flipKernel(kernel)).array(), [[byDefinition]]);
assert.notDeepEqual(await conv2d(numbers, kernel).array(), [[byDefinition]]);
say("\nA network learns its filters, so it may learn them turned; only the name is at stake.");

chapter("3. Several filters, several feature maps");
const filters: Record<string, number[][]> = {
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
const bank = tensor(Object.values(filters).map((rows) => [rows]));
const digit = mnist("test").batch([0]).image;
await display(digit, { title: "a digit that somebody wrote", as: "blocks" });
await display(bank, { title: `\nfour filters: ${Object.keys(filters).join(", ")}`, as: "blocks", range: [-1, 1] });
const maps = conv2d(normalise(digit), bank, { padding: "same" });
await display(relu(maps), { title: "\nfour feature maps: where each filter found what it looks for", as: "blocks" });
assert.deepEqual(maps.shape, [1, 4, 28, 28]);
const strength = (await relu(maps)
  .sum({ axis: [0, 2, 3] })
  .array()) as number[];
assert.ok(strength.every((s) => s > 0));
say("\nA layer with O filters makes O maps of one picture; the next layer's filters look at all of them at once.");

chapter("4. Pooling keeps the strongest");
const four = picture([
  [1, 1, 2, 4],
  [5, 6, 7, 8],
  [3, 2, 1, 0],
  [1, 2, 3, 4],
]);
await show("four by four", four);
const pooled = maxPool2d(four, 2);
await show("\nthe maximum of every 2×2 window, stride 2", pooled);
assert.deepEqual(await pooled.array(), [
  [
    [
      [6, 8],
      [3, 4],
    ],
  ],
]);

chapter("5. Few weights, used everywhere");
const dense = nn.init(new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 100, bias: false })), [1, 28, 28]);
const convolution = nn.init(new nn.Conv2d({ out: 100, kernel: 3, padding: "same", bias: false }), [1, 28, 28]);
const counts = [nn.summary(dense, [1, 28, 28]), nn.summary(convolution, [1, 28, 28])] as const;
say("A dense layer from 784 pixels to 100 neurons:");
say(`${counts[0]}`);
say("\nA convolution with 100 filters, which makes 100 maps of 784 pixels each:");
say(`${counts[1]}`);
assert.equal(counts[0].parameters, 784 * 100);
assert.equal(counts[1].parameters, 100 * 3 * 3);
say(
  `\n${counts[0].parameters} weights against ${counts[1].parameters}: a filter's nine weights serve every place of the picture.`,
);

chapter("6. Moving the picture moves the features");
const blank = Array.from({ length: 12 }, () => new Array<number>(12).fill(0));
for (const [y, x] of [
  [2, 2],
  [2, 3],
  [3, 2],
  [4, 2],
  [4, 3],
  [4, 4],
] as const)
  blank[y]![x] = 1;
const glyph = picture(blank);
const here = conv2d(glyph, vertical, { padding: "same" });
const there = conv2d(shift(glyph, 3, 4), vertical, { padding: "same" });
await display(glyph.concat([shift(glyph, 3, 4)], 0), {
  title: "a figure, and the same moved by 3 rows and 4 columns",
  as: "blocks",
});
await display(here.concat([there], 0), { title: "\ntheir feature maps: the same, moved as far", as: "blocks" });
assert.deepEqual(await there.array(), await shift(here, 3, 4).array());
say("\nThat is equivariance. Pooling adds a little invariance: a spot that moves inside its window changes nothing,");
const spot = picture([
  [0, 0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 9, 0],
  [0, 0, 0, 0],
]);
await show("a spot, pooled", maxPool2d(spot, 2));
await show("the spot one pixel further, pooled", maxPool2d(shift(spot, 1, 1), 2));
assert.deepEqual(await maxPool2d(shift(spot, 1, 1), 2).array(), await maxPool2d(spot, 2).array());
say("and the maximum over the whole map does not change however far the figure moves:");
const strongest = [await here.max().item(), await there.max().item()] as const;
say(`    ${strongest[0]} and ${strongest[1]}`);
assert.equal(strongest[0], strongest[1]);

chapter("7. Scores become probabilities");
const scores = tensor([[2, 1, 0.1]]);
const probabilities = softmax(scores);
await display(scores, { title: "scores of three classes" });
await display(probabilities, { title: "softmax: e to each score, divided by their sum" });
const total = await probabilities.sum().item();
say(`together they are ${total}`);
assert.ok(Math.abs(total - 1) < 1e-6);
assert.deepEqual(await probabilities.argmax(1).array(), await scores.argmax(1).array());

chapter("8. One step of learning, in four phases");
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

say("forward   the pictures go through the layers and come out as scores:");
const guess = model.forward(x);
say(`          ${guess.shape.join(" × ")} scores`);
say("loss      one number says how far the scores are from the labels:");
const loss = crossEntropy(guess, label);
const before = await loss.item();
say(`          ${before.toFixed(4)} (guessing blindly gives log 10 = ${Math.log(10).toFixed(4)})`);
say("backward  the gradient says for every weight how the loss changes with it:");
const gradients = grad(loss, model.parameters());
for (const [path, gradient] of Object.entries(gradients)) {
  say(
    `          ${path.padEnd(16)} ${String(gradient.shape.join(" × ")).padEnd(13)} largest ${(await gradient.abs().max().item()).toFixed(4)}`,
  );
}
say("update    every weight takes a small step against its gradient:");
optimizer.step(gradients);
const after = await crossEntropy(model.forward(x), label).item();
say(`          the loss on the same pictures is now ${after.toFixed(4)}`);
assert.ok(after < before);
say("\nTraining is this step, many times: see train-mnist.");

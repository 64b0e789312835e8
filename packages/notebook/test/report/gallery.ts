/** A notebook that shows one thing of every kind. */

export const gallery = `// %% [markdown]
// # A gallery
//
// One thing of *every* kind.

// %% printed
import { seed, tensor } from "@prewitt/core";
import { charts, display, html, markdown, startRun, table } from "@prewitt/notebook";

seed(7);
console.log("printed", 12, process.argv.slice(2).join("+"));
console.log("\\u001b[31mred & <b>\\u001b[0m");

// %% tensors
await display(tensor([[1, 2], [3, 4]]), { title: "a small tensor" });
const picture = tensor(Array.from({ length: 256 }, (_, i) => i), { shape: [1, 16, 16], dtype: "uint8" });
await display(picture, { title: "a picture" });
await display({ left: picture, right: tensor([5, 6]) }, { title: "a record" });

// %% tables and text
await display(table([{ layer: "conv1 <1>", parameters: 320, share: 0.123456 }]));
const many = Array.from({ length: 14 }, (_, i) => ["column " + i, 1000 * i] as const);
await display(table([Object.fromEntries(many)]), { title: "a wide table" });
await display(html("<b class='mine'>bold</b>"));
await display(markdown("## A second heading"));
await display("a plain text", { title: "text" });

// %% charts
await display(charts.line({ training: [3, 2, 1.5], validation: [3, 2.5, 2.4] }, { title: "Loss", y: "nats" }));
await display(charts.histogram([1, 2, 2, 3, 3, 3], { title: "Values", x: "value (m)" }));
await display(charts.images(picture, { title: "Images", captions: ["a ramp"] }));
const x = tensor([1, 2, 3]);
await display(charts.graph(x.mul(2).sum().add(x.mean()), { title: "A graph of five boxes" }));
await display(charts.histograms({ first: [1, 2, 2], second: [5, 6, 7, 7] }, { title: "By module" }));

// %% runs
const run = await startRun("gallery", { config: { rate: 0.1, layers: [1, 2], optimizer: "Adam & co", loss: "cross-entropy" } });
for (let step = 10; step <= 50; step += 10) run.log({ step, loss: 1 / step });
run.log({ accuracy: 0.98765 });
run.end();

// %%
function later(): Promise<void> {
  return new Promise((done) => setTimeout(done, 5));
}
await later();
console.log("after a wait");
`;

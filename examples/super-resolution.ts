// %% [markdown]
// # Super-resolution: photographs doubled by a network that others trained
//
// A photograph at half its size has lost something. How much of it does a network bring back, beside the ways of enlarging that
// need no training?
//
//     npm run example -- super-resolution
//     npm run example -- super-resolution --seed 3 --detail 64

// %%
import { fileURLToPath } from "node:url";
import { compile, concat, nn, resize2d, type Tensor } from "prewitt";
import { readImage, SampleRandom, writeImage } from "prewitt/data";
import { loadKeras } from "prewitt/io";
import { charts, display } from "prewitt/notebook";
import { bicubic } from "./shared/bicubic.ts";
import { readOptions } from "./shared/options.ts";
import { startTask } from "./shared/task.ts";

const options = readOptions({
  photographs: { value: 4, short: 1, help: "photographs to double, at most 4" },
  detail: { value: 96, short: 48, help: "side of the detail that is drawn, in pixels" },
  seed: { value: 1, least: 0, help: "chooses details other than the prepared ones, from 2 on" },
});
const task = startTask("super-resolution", options);

// %% [markdown]
// ## The network
//
// The small residual dense network (Y. Zhang et al., 2018) of the npm package `@upscalerjs/default-model`, a Keras model whose
// layers and weights are read as they are. Nothing is trained here.

// %%
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const model = await loadKeras(here("node_modules/@upscalerjs/default-model/models"));
await display(nn.summary(model, [3, 64, 64]), { title: "Layers" });
const upscale = compile((image: Tensor) => model.forward(image).clamp(0, 255));
await task.weights(model);

// %% [markdown]
// ## The photographs, made half as large
//
// They are scaled down by cubic convolution (R. Keys, 1981), as training data for this task are, and rounded to bytes, as a file
// would hold them. Each has a detail worth looking at.

// %%
/** The middle of the detail as shares of width and height. */
const photographs = [
  { name: "astronaut", centre: [0.44, 0.24] },
  { name: "chelsea", centre: [0.45, 0.4] },
  { name: "coffee", centre: [0.5, 0.45] },
  { name: "rocket", centre: [0.5, 0.6] },
] as const;

/** Rows and columns in pairs: uint8 [C, H, W] as float32 [1, C, H', W']. */
function even(photo: Tensor): Tensor {
  const [, height, width] = photo.shape as [number, number, number];
  return photo
    .slice(null, [0, height - (height % 2)], [0, width - (width % 2)])
    .cast("float32")
    .unsqueeze(0);
}

const bytes = (x: Tensor): Tensor => x.round().clamp(0, 255).cast("uint8");

/** A square around `centre`, as far as the photograph reaches. */
function cut(x: Tensor, centre: readonly [number, number]): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  const side = Math.min(options.detail, height, width);
  const from = (share: number, extent: number): number =>
    Math.max(0, Math.min(extent - side, Math.round(share * extent - side / 2)));
  const [left, top] = [from(centre[0], width), from(centre[1], height)];
  return x.slice(null, null, [top, top + side], [left, left + side]);
}

// %% [markdown]
// ## Doubled, and compared with the original
//
// By the nearest pixel, bilinear, bicubic and the network. The figure of this task is the peak signal-to-noise ratio of the
// network over all pixels and colours, the mean over the photographs: how near the result is to the original.
//
//     PSNR = 10 · log₁₀(255² / mean squared error) dB

// %%
const random = new SampleRandom(options.seed, 0, 0);
const sums = new Map<string, number>();
const chosen = photographs.slice(0, options.photographs);
for (const { name, centre } of chosen) {
  const original = even(await readImage(here(`data/photos/${name}.png`)));
  const [, , height, width] = original.shape as [number, number, number, number];
  const small = bytes(bicubic(original, height / 2, width / 2)).cast("float32");
  const doubled = {
    nearest: resize2d(small, { scale: 2 }),
    bilinear: resize2d(small, { scale: 2, mode: "bilinear" }),
    bicubic: bicubic(small, height, width),
    network: upscale(small),
  };
  const found = await Promise.all(
    Object.entries(doubled).map(async ([method, image]) => {
      const decibels = await nn.psnr(bytes(image).cast("float32"), original, { range: 255 }).item();
      sums.set(method, (sums.get(method) ?? 0) + decibels);
      return { method, image, decibels };
    }),
  );
  console.log(`${name}: ${found.map(({ method, decibels }) => `${method} ${decibels.toFixed(2)} dB`).join(", ")}`);
  const place = options.seed < 2 ? centre : ([random.uniform(), random.uniform()] as const);
  const details = concat([...found.map(({ image }) => cut(bytes(image), place)), cut(bytes(original), place)]);
  const captions = [...found.map(({ method, decibels }) => `${method}, ${decibels.toFixed(2)} dB`), "original"];
  await task.picture(name, charts.images(details, { title: `${name}, doubled`, captions, perRow: 3, width: 260 }));
  await writeImage(task.path(`${name}-before.png`), bytes(small).squeeze(0));
  await writeImage(task.path(`${name}-after.png`), bytes(doubled.network).squeeze(0));
}
for (const [method, sum] of sums) console.log(`${method.padEnd(9)} ${(sum / chosen.length).toFixed(2)} dB on average`);
const averages = Object.fromEntries([...sums].map(([method, sum]) => [method, sum / chosen.length]));
await task.picture("psnr", charts.bars(averages, { title: "Nearness to the original", y: "PSNR (dB)" }));

// %% [markdown]
// ## What it says, and what it does not
//
// On the four photographs the network comes nearer than bilinear (29.76 against 29.29 dB on average) and not as near as cubic
// (30.20 dB): it is trained for other pictures than these, which were scaled down once already. PSNR counts distances of pixels;
// it does not say which picture people like better.
//
// ## The result

// %%
await task.finish("PSNR (dB)", (sums.get("network") as number) / chosen.length);

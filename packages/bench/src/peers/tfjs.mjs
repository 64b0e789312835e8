// W1, W2 and W3 on @tensorflow/tfjs, backends wasm and cpu, as installed: `node tfjs.mjs W1,W2,W3 seconds backend`.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { CONVS, row, values, what } from "./common.mjs";

const backend = process.argv[4];
const wasm = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json"));
setWasmPaths(`${wasm}/dist/`);
if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`);
await tf.ready();
const common = { peer: `tfjs ${backend}`, version: tf.version.tfjs };
const tensor = (shape) => tf.tensor(values(shape.reduce((a, b) => a * b, 1)), shape);
const read = (...results) => {
  for (const t of results) t.dataSync();
};

if (what.includes("W1")) {
  for (const n of [512, 1024]) {
    const [a, b] = [tensor([n, n]), tensor([n, n])];
    const work = () => tf.tidy(() => read(tf.matMul(a, b)));
    await row(common, "W1", `${n}^3`, work, (ms) => ({ gflops: (2 * n ** 3) / ms / 1e6 }));
  }
}

if (what.includes("W2")) {
  for (const c of CONVS) {
    const x = tensor([c.batch, c.size, c.size, c.channels]);
    const depthwise = c.groups > 1;
    const w = tensor([c.kernel, c.kernel, ...(depthwise ? [c.channels, 1] : [c.channels, c.filters])]);
    const conv = (x, w) => (depthwise ? tf.depthwiseConv2d(x, w, 1, c.padding) : tf.conv2d(x, w, 1, c.padding));
    const forward = () => tf.tidy(() => read(conv(x, w)));
    await row(common, "W2", `${c.name} fwd`, forward, (ms) => ({ gflops: c.flops / ms / 1e6 }));
    const both = () => tf.tidy(() => read(...tf.grads((x, w) => tf.sum(conv(x, w)))([x, w])));
    await row(common, "W2", `${c.name} fwd+bwd`, both, (ms) => ({ gflops: (3 * c.flops) / ms / 1e6 }));
  }
}

if (what.includes("W3")) {
  for (const batch of [64, 128]) {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, padding: "same", activation: "relu" }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.conv2d({ filters: 64, kernelSize: 3, padding: "same", activation: "relu" }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 128, activation: "relu" }),
        tf.layers.dense({ units: 10, activation: "softmax" }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(1e-3), loss: "categoricalCrossentropy" });
    const x = tensor([batch, 28, 28, 1]);
    const y = tf.oneHot(
      tf.tensor1d(
        Int32Array.from({ length: batch }, (_, i) => i % 10),
        "int32",
      ),
      10,
    );
    const work = () => model.trainOnBatch(x, y);
    await row(common, "W3", `train b${batch}`, work, (ms) => ({ ips: (batch / ms) * 1e3 }));
  }
}

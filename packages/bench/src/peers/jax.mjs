// W1, W2 and W3 on @jax-js/jax, backend wasm, as installed: `node jax.mjs W1,W2,W3 seconds`.

import { readFileSync } from "node:fs";
import { defaultDevice, grad, init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { CONVS, row, values, what } from "./common.mjs";

await init("wasm");
defaultDevice("wasm");
const manifest = new URL("node_modules/@jax-js/jax/package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8"));
const common = { peer: "jax-js wasm", version };
const array = (shape, scale) =>
  np
    .array(
      values(
        shape.reduce((a, b) => a * b, 1),
        scale,
      ),
    )
    .reshape(shape);

if (what.includes("W1")) {
  for (const n of [512, 1024]) {
    const [a, b] = [array([n, n]), array([n, n])];
    const f = jit((a, b) => np.matmul(a, b));
    const work = () => f(a.ref, b.ref).data();
    await row(common, "W1", `${n}^3`, work, (ms) => ({ gflops: (2 * n ** 3) / ms / 1e6 }));
  }
}

if (what.includes("W2")) {
  for (const c of CONVS) {
    const x = array([c.batch, c.channels, c.size, c.size]);
    const w = array([c.filters, c.channels / c.groups, c.kernel, c.kernel]);
    const pad = [c.padding, c.padding];
    const conv = (x, w) => lax.convGeneralDilated(x, w, [1, 1], [pad, pad], { featureGroupCount: c.groups });
    const forward = jit(conv);
    await row(
      common,
      "W2",
      `${c.name} fwd`,
      () => forward(x.ref, w.ref).data(),
      (ms) => ({
        gflops: c.flops / ms / 1e6,
      }),
    );
    const both = jit(grad((x, w) => conv(x, w).sum(), { argnums: [0, 1] }));
    const work = async () => {
      for (const g of both(x.ref, w.ref)) await g.data();
    };
    await row(common, "W2", `${c.name} fwd+bwd`, work, (ms) => ({ gflops: (3 * c.flops) / ms / 1e6 }));
  }
}

/** The network of W3; `p` holds weights and biases in order. Arrays are used up unless `.ref` is taken. */
function logits(p, x) {
  const [w1, b1, w2, b2, w3, b3, w4, b4] = p;
  const same = [
    [1, 1],
    [1, 1],
  ];
  const block = (x, w, b) => {
    const y = nn.relu(lax.convGeneralDilated(x, w, [1, 1], same).add(b.reshape([1, -1, 1, 1])));
    const [n, c, h, k] = y.shape;
    return np.max(y.reshape([n, c, h / 2, 2, k / 2, 2]), [3, 5]);
  };
  const features = block(block(x, w1, b1), w2, b2);
  const hidden = nn.relu(np.matmul(features.reshape([features.shape[0], 3136]), w3).add(b3));
  return np.matmul(hidden, w4).add(b4);
}

if (what.includes("W3")) {
  for (const batch of [64, 128]) {
    const shapes = [[32, 1, 3, 3], [32], [64, 32, 3, 3], [64], [3136, 128], [128], [128, 10], [10]];
    const loss = (p, x, y) =>
      nn
        .logSoftmax(logits(p, x))
        .mul(y)
        .sum()
        .mul(-1 / batch);
    // Adam, written out: moments m and v, bias corrections folded into the rate.
    const step = jit((p, m, v, rate, x, y) => {
      const [value, g] = valueAndGrad(loss)(
        p.map((a) => a.ref),
        x,
        y,
      );
      const nextM = m.map((a, i) => a.mul(0.9).add(g[i].ref.mul(0.1)));
      const nextV = v.map((a, i) => a.mul(0.999).add(np.square(g[i]).mul(0.001)));
      const next = p.map((a, i) => a.sub(nextM[i].ref.mul(rate.ref).div(np.sqrt(nextV[i].ref).add(1e-8))));
      rate.dispose();
      return [value, next, nextM, nextV];
    });
    let p = shapes.map((shape) => array(shape, 0.05));
    let m = shapes.map((shape) => np.zeros(shape));
    let v = shapes.map((shape) => np.zeros(shape));
    const x = array([batch, 1, 28, 28], 1);
    const y = np.eye(10).ref.slice(
      np.array(
        Array.from({ length: batch }, (_, i) => i % 10),
        { dtype: np.int32 },
      ),
    );
    let n = 0;
    const work = async () => {
      n++;
      const rate = (1e-3 * Math.sqrt(1 - 0.999 ** n)) / (1 - 0.9 ** n);
      let value;
      [value, p, m, v] = step(p, m, v, np.array(rate), x.ref, y.ref);
      await value.data();
    };
    await row(common, "W3", `train b${batch}`, work, (ms) => ({ ips: (batch / ms) * 1e3 }));
  }
}

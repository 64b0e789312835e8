/**
 * Trains on the wasm executor. `timer`: until a 10 ms timer has fired ten times, or ten seconds have passed, in which a slow
 * machine gives it far more turns; prints how often it fired. `interrupt`: trains with `fit` until Ctrl-C and prints the
 * number of steps.
 */

import { crossEntropy, nn, seed, type Tensor, tensor } from "prewitt";
import { onInterrupt } from "prewitt/notebook";

seed(1);
const model = nn.init(
  new nn.Sequential(new nn.Conv2d({ out: 8, kernel: 3 }), new nn.ReLU(), new nn.Flatten(), new nn.Linear({ out: 10 })),
  [1, 12, 12],
);
const optimizer = new nn.SGD(model.parameters(), { learningRate: 1e-3 });
const image = tensor(
  Float32Array.from({ length: 16 * 144 }, (_, i) => Math.sin(i)),
  { shape: [16, 1, 12, 12] },
);
const label = tensor(
  Int32Array.from({ length: 16 }, (_, i) => i % 10),
  { shape: [16] },
);
function* batches(): Generator<{ image: Tensor; label: Tensor }> {
  for (;;) yield { image, label };
}

if (process.argv[2] === "timer") {
  let fired = 0;
  const timer = setInterval(() => {
    fired++;
  }, 10);
  const start = performance.now();
  const { losses } = await nn.fit(model, {
    data: batches(),
    loss: crossEntropy,
    optimizer,
    onStep: () => fired < 10 && performance.now() - start < 10_000,
  });
  clearInterval(timer);
  console.log(JSON.stringify({ fired, steps: losses.length }));
} else {
  using interruption = onInterrupt("stopping");
  const { losses } = await nn.fit(model, {
    data: batches(),
    loss: crossEntropy,
    optimizer,
    onStep: ({ step }) => {
      if (step === 5) console.log("training");
      return !interruption.requested;
    },
  });
  console.log(JSON.stringify({ steps: losses.length }));
}

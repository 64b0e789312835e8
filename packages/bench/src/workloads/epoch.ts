/** One epoch of training the MNIST CNN on all 60,000 images, batch 64, shuffled, as `npm start` does it. */

import { nn, seed } from "prewitt";
import { loader, mnist, normalise } from "prewitt/data";
import { emit, peakMemory, say } from "../row.ts";
import { mnistCnn, trainStep } from "./mnist-cnn.ts";

export async function epoch(common: Readonly<Record<string, unknown>>): Promise<void> {
  seed(1);
  const model = mnistCnn();
  const step = trainStep(model, new nn.Adam(model.parameters(), { learningRate: 1e-3 }), (image) =>
    normalise(image, { mean: 0.1307, std: 0.3081 }),
  );
  const batches = loader(mnist("train"), { batch: 64, shuffle: true });
  const start = performance.now();
  let images = 0;
  let steps = 0;
  for await (const { image, label } of batches) {
    await step(image, label).item();
    images += image.shape[0] as number;
    if (++steps % 100 === 0) say(`${images} images`);
  }
  const ms = performance.now() - start;
  emit(
    { what: "epoch", case: "MNIST b64", ms, p10: ms, p90: ms, n: 1, ips: (images / ms) * 1e3, rss_mb: peakMemory() },
    common,
  );
}

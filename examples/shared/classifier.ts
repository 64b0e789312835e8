/**
 * Training and judging a classifier of 28 × 28 pictures, once for each seed: what the MNIST and the Fashion-MNIST examples
 * share. The network, the changes of the pictures and the numbers are theirs.
 */

import { compile, crossEntropy, grad, nn, seed, softmax, type Tensor } from "prewitt";
import { type Dataset, type LabelledImage, loader, type SampleTransform } from "prewitt/data";
import { charts, onInterrupt, progress } from "prewitt/notebook";
import type { Task } from "./task.ts";

export interface Classification {
  readonly task: Task;
  readonly network: () => nn.Module & { forward(image: Tensor): Tensor };
  readonly training: Dataset<LabelledImage>;
  readonly testing: Dataset<LabelledImage>;
  readonly transform: SampleTransform<LabelledImage>;
  readonly epochs: number;
  readonly batch: number;
  /** Peak of the one-cycle schedule. */
  readonly learningRate: number;
  /** Test pictures are judged by the mean of what the network says of them and of their mirror images. */
  readonly mirrored?: boolean;
  readonly seeds: readonly number[];
}

/** Test accuracies in percent, one a seed; pictures and weights are those of the last seed. */
export async function classify(options: Classification): Promise<number[]> {
  const accuracies: number[] = [];
  const curves: Record<string, number[]> = {};
  for (const number of options.seeds) {
    const { model, losses, interrupted } = await trainOnce(options, number);
    curves[`seed ${number}`] = losses;
    const matrix = await judge(options, model, number === options.seeds.at(-1) || interrupted);
    accuracies.push(100 * matrix.accuracy);
    console.log(`seed ${number}: test accuracy ${(100 * matrix.accuracy).toFixed(2)} %`);
    if (!interrupted && number !== options.seeds.at(-1)) continue;
    await options.task.picture(
      "loss",
      charts.line(curves, { title: "Training loss", y: "cross-entropy (nats)", smooth: 0.98 }),
    );
    await options.task.weights(model);
    if (!interrupted) continue;
    process.exitCode = 130;
    break;
  }
  return accuracies;
}

async function trainOnce(options: Classification, number: number) {
  const { training, transform, batch, epochs, network } = options;
  seed(number);
  const model = nn.init(network(), [1, 28, 28], { dtype: "uint8" });
  const batches = loader(training, { batch, shuffle: true, transform });
  const optimizer = new nn.AdamW(model.parameters(), {
    learningRate: nn.oneCycleSchedule({
      peak: options.learningRate,
      steps: epochs * Math.ceil(training.length / batch),
    }),
    weightDecay: 0.05,
  });
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = crossEntropy(model.forward(image), label, { labelSmoothing: 0.05 });
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const losses: number[] = [];
  using interruption = onInterrupt();
  for (let epoch = 1; epoch <= epochs && !interruption.requested; epoch++) {
    const bar = progress(batches, { label: `seed ${number}, epoch ${epoch}/${epochs}` });
    for await (const { image, label } of bar) {
      losses.push(await step(image, label).item());
      bar.set({ loss: losses.at(-1) as number });
      if (interruption.requested) break;
    }
  }
  return { model, losses, interrupted: interruption.requested };
}

async function judge(
  { task, testing, mirrored }: Classification,
  model: nn.Module & { forward(image: Tensor): Tensor },
  draw: boolean,
) {
  const classes = testing.classes as readonly string[];
  const matrix = new nn.ConfusionMatrix(classes);
  const mistakes: { index: number; label: number; predicted: number; score: number }[] = [];
  model.eval();
  const probabilities = (image: Tensor): Tensor => softmax(model.forward(image), { axis: 1 });
  const predict = compile((image: Tensor) =>
    mirrored
      ? probabilities(image)
          .add(probabilities(image.flip(3)))
          .div(2)
      : probabilities(image),
  );
  let at = 0;
  for await (const { image, label } of loader(testing, { batch: 250 })) {
    const probability = predict(image);
    const [scores, labels] = [await probability.data(), await label.data()];
    const predicted = Array.from(labels, (_, i) =>
      bestOf(scores.subarray(i * classes.length, (i + 1) * classes.length) as Float32Array),
    );
    matrix.add(predicted, labels as Int32Array);
    predicted.forEach((p, i) => {
      const truth = labels[i] as number;
      if (p !== truth)
        mistakes.push({ index: at + i, label: truth, predicted: p, score: scores[i * classes.length + p] as number });
    });
    at += labels.length;
  }
  if (draw) {
    await task.picture("confusion", charts.confusion(matrix, { title: "Test pictures" }));
    const worst = mistakes.sort((a, b) => b.score - a.score).slice(0, 24);
    if (worst.length > 0) {
      const { image } = testing.batch(worst.map(({ index }) => index));
      const captions = worst.map(({ label, predicted }) => `${classes[label]}, not ${classes[predicted]}`);
      await task.picture(
        "mistakes",
        charts.images(image, { title: "Surest mistakes", captions, perRow: 6, width: 112 }),
      );
    }
  }
  return matrix;
}

function bestOf(scores: Float32Array): number {
  return scores.reduce((best, score, i) => (score > (scores[best] as number) ? i : best), 0);
}

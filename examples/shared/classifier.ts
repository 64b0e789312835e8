/**
 * Training and judging a classifier of 28 × 28 pictures, once for each seed: what the MNIST and the Fashion-MNIST examples
 * share. The changes of the pictures and the numbers are theirs.
 */

import { compile, crossEntropy, grad, nn, seed, softmax, type Tensor } from "prewitt";
import { type Dataset, type LabelledImage, loader, type SampleTransform } from "prewitt/data";
import { charts, onInterrupt, type Picture, progress } from "prewitt/notebook";
import { type PixelStatistics, SmallCnn } from "./small-cnn.ts";

export interface Classification {
  readonly pixels: PixelStatistics;
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

interface Mistake {
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly score: number;
}

export interface Classified {
  /** Test accuracies in percent, one a seed. */
  readonly accuracies: readonly number[];
  /** Loss of each step, by seed. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
  /** Of the last seed. */
  readonly model: SmallCnn;
  readonly matrix: nn.ConfusionMatrix;
  readonly mistakes: readonly Mistake[];
}

/** Trains and judges once for each seed; Ctrl-C ends with the seed that is being trained. */
export async function classify(options: Classification): Promise<Classified> {
  const accuracies: number[] = [];
  const losses: Record<string, readonly number[]> = {};
  for (const [i, number] of options.seeds.entries()) {
    const trained = await trainOnce(options, number);
    losses[`seed ${number}`] = trained.losses;
    const judged = await judge(trained.model, options);
    accuracies.push(100 * judged.matrix.accuracy);
    console.log(`seed ${number}: test accuracy ${(100 * judged.matrix.accuracy).toFixed(2)} %`);
    if (trained.interrupted) process.exitCode = 130;
    if (trained.interrupted || i === options.seeds.length - 1) {
      return { accuracies, losses, model: trained.model, ...judged };
    }
  }
  throw new Error("There is no seed to train with.");
}

async function trainOnce({ training, transform, batch, epochs, pixels, learningRate }: Classification, number: number) {
  seed(number);
  const model = nn.init(new SmallCnn(pixels), [1, 28, 28], { dtype: "uint8" });
  const batches = loader(training, { batch, shuffle: true, transform });
  const steps = epochs * Math.ceil(training.length / batch);
  const optimizer = new nn.AdamW(model.parameters(), {
    learningRate: nn.oneCycleSchedule({ peak: learningRate, steps }),
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

async function judge(model: SmallCnn, { testing, mirrored }: Classification) {
  const classes = testing.classes as readonly string[];
  const matrix = new nn.ConfusionMatrix(classes);
  const mistakes: Mistake[] = [];
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
    const [scores, labels] = [await predict(image).data(), await label.data()];
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
  return { matrix, mistakes };
}

function bestOf(scores: Float32Array): number {
  return scores.reduce((best, score, i) => (score > (scores[best] as number) ? i : best), 0);
}

/** The test pictures about which the network was surest, and wrong; `undefined` where it never was. */
export function surestMistakes({ mistakes }: Classified, testing: Dataset<LabelledImage>): Picture | undefined {
  const classes = testing.classes as readonly string[];
  const worst = mistakes.toSorted((a, b) => b.score - a.score).slice(0, 20);
  if (worst.length === 0) return undefined;
  const { image } = testing.batch(worst.map(({ index }) => index));
  const captions = worst.map(({ label, predicted }) => `${classes[label]}, not ${classes[predicted]}`);
  return charts.images(image, { title: "Surest mistakes", captions, perRow: 5, width: 144 });
}

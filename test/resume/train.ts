// Trains a small network with dropout, batch norm, shuffling and augmentation, saves after every step to the folder that
// it is given, and prints each loss. Started again, it goes on. The second argument is the number of epochs.

import { crossEntropy, nn, seed, tensor, zeros } from "prewitt";
import { augment, dataset, loader, ndArray, randomShift } from "prewitt/data";
import { checkpoints } from "prewitt/io";
import { onInterrupt } from "prewitt/notebook";

const [folder = "runs", epochs = "1"] = process.argv.slice(2);

seed(11);
const model = nn.init(
  new nn.Sequential(
    new nn.Conv2d({ out: 8, kernel: 3, padding: "same" }),
    new nn.BatchNorm2d(),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout(0.25),
    new nn.Flatten(),
    new nn.Linear({ out: 2 }),
  ),
  [1, 12, 12],
);
const optimizer = new nn.Adam(model.parameters(), { learningRate: 0.01 });
const samples = dataset({
  length: 50,
  get: (i: number) => ({
    image: ndArray(
      Float32Array.from({ length: 144 }, (_, k) => Math.sin(i * 144 + k) + (i % 2) * Math.cos(k)),
      [1, 12, 12],
    ),
    label: i % 2,
  }),
});
const data = loader(samples, { batch: 8, shuffle: true, transform: augment(randomShift({ by: 2 })) });
// Weight that makes a save take a while, so that some are killed in the middle.
const ballast = { stateDict: () => ({ weight: zeros([1 << 21]).add(tensor(1)) }), loadStateDict: () => {} };

const run = checkpoints({ model, optimizer, data, ballast }, folder, { best: { lowest: "validation.loss" } });
using interruption = onInterrupt();
const validation = loader(samples, { batch: 25 });
const history = await nn.fit(model, {
  data,
  loss: crossEntropy,
  optimizer,
  epochs: Number(epochs),
  schedule: nn.cosineSchedule({ start: 0.01, steps: 100 }),
  validation,
  checkpoint: run,
  checkpointEvery: 1,
  onStep: ({ step, loss }) => {
    console.log(`step ${step} ${loss}`);
    return !interruption.requested;
  },
});
if (interruption.requested) {
  console.log(`saved to ${run.last} after ${history.losses.length} steps`);
  process.exitCode = 130;
} else console.log(`done ${JSON.stringify(history)}`);

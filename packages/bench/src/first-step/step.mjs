// The first training step of the MNIST CNN, batch 64, as a script of a user's: prints the milliseconds from the start of
// the process (BENCH_START, from outside) to the end of the step, and of its parts.

const started = Number(process.env.BENCH_START);
const since = () => Date.now() - started;
const booted = since();
const { compile, crossEntropy, grad, nn, seed, tensor } = await import("prewitt");
const imported = since();

seed(1);
const model = nn.init(
  new nn.Sequential(
    new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 64, kernel: 3, padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear({ out: 128 }),
    new nn.ReLU(),
    new nn.Linear({ out: 10 }),
  ),
  [1, 28, 28],
);
const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
const step = compile((x, y) => {
  const loss = crossEntropy(model.forward(x), y);
  optimizer.step(grad(loss, model.parameters()));
  return loss;
});
const image = tensor(
  Float32Array.from({ length: 64 * 784 }, (_, i) => Math.sin(i)),
  { shape: [64, 1, 28, 28] },
);
const label = tensor(
  Int32Array.from({ length: 64 }, (_, i) => i % 10),
  { shape: [64] },
);
const built = since();
const loss = await step(image, label).item();
const first = since();
await step(image, label).item();
console.log(JSON.stringify({ booted, imported, built, first, second: since() - first, loss }));

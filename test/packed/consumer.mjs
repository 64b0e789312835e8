// Run by scripts/pack-install.mjs beside the installed tarballs: every entry of the umbrella package loads, and a small
// CNN trains three steps, twice with the same seed to the same bits.

import { compile, crossEntropy, grad, nn, seed, tensor } from "prewitt";

const entries = ["/data", "/notebook", "/models", "/io", "/testing", "/nn", "/reference"];
for (const entry of entries) await import(`prewitt${entry}`);

async function train() {
  seed(7);
  const model = nn.init(
    new nn.Sequential(
      new nn.Conv2d({ out: 4, kernel: 3, padding: "same" }),
      new nn.BatchNorm2d(),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear({ out: 3 }),
    ),
    [1, 6, 6],
  );
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 0.01 });
  const step = compile((x, y) => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const x = tensor(
    Float32Array.from({ length: 6 * 36 }, (_, i) => Math.sin(i)),
    { shape: [6, 1, 6, 6] },
  );
  const y = tensor([0, 1, 2, 0, 1, 2], { dtype: "int32" });
  const losses = [];
  for (let i = 0; i < 3; i++) losses.push(await step(x, y).item());
  return losses;
}

const losses = await train();
if (!(losses[2] < losses[0])) throw new Error(`the loss does not fall: ${losses}`);
if (`${await train()}` !== `${losses}`) throw new Error("two runs with one seed differ");
console.log(
  `${entries.length + 1} entries loaded; losses ${losses.map((l) => l.toFixed(4)).join(", ")} on ${process.version}`,
);

import { compile, grad, nn, seed, type Tensor } from "prewitt";
import { fashionMnist, loader, mnist, scenes } from "prewitt/data";
import { clusterAnchors, Yolo, type YoloTargets } from "prewitt/models";
import { photographs } from "./shared/photographs.ts";

seed(1);
const S = 96,
  EPOCHS = Number(process.argv[2] ?? 3),
  N = 6000;
const [trainItems, testItems] = [mnist("train"), mnist("test")];
await Promise.all([trainItems.ready(), testItems.ready()]);
const train = scenes({ items: trainItems, backgrounds: await photographs("train"), samples: N, size: S, seed: 1 });
const test = scenes({ items: testItems, backgrounds: await photographs("test"), samples: 300, size: S, seed: 2 });
const sizes: [number, number][] = [];
for (let i = 0; i < 300; i++) {
  const { boxes, labels } = train.get(i);
  labels.data.forEach((l, k) => {
    if (l >= 0) {
      const [a, b, c, d] = boxes.data.subarray(4 * k, 4 * k + 4) as unknown as number[];
      sizes.push([c! - a!, d! - b!]);
    }
  });
}
const anchors = clusterAnchors(sizes, 3);
console.log(anchors);
const model = nn.init(new Yolo({ classes: 10, anchors }), [3, S, S]);
const optimizer = new nn.AdamW(model.parameters(), { learningRate: 1e-3 });
const prepare = (x: Tensor) => x.cast("float32").div(127.5).sub(1);
const step = compile((x: Tensor, t: YoloTargets) => {
  const l = model.loss(model.forward(prepare(x)), t);
  optimizer.step(grad(l, model.parameters()));
  return l;
});
const infer = compile((x: Tensor) => model.forward(prepare(x)));
const batches = loader(train, { batch: 32, shuffle: true, seed: 1, dropLast: true } as never);
const total = EPOCHS * Math.floor(N / 32);
let i = 0;
let assignMs = 0,
  un = 0;
const t0 = performance.now();
for (let e = 0; e < EPOCHS; e++) {
  let sum = 0,
    n = 0;
  const te = performance.now();
  for await (const b of batches as AsyncIterable<Record<string, Tensor>>) {
    const ta = performance.now();
    const t = model.assign(b.boxes!, b.labels!, [S, S]);
    assignMs += performance.now() - ta;
    un += t.unassigned;
    optimizer.learningRate.assign(2e-3 * 0.5 * (1 + Math.cos((Math.PI * i) / total)) * Math.min(1, (i + 1) / 50));
    i++;
    sum += await step(b.image!, t).item();
    n++;
  }
  model.eval();
  const map = new nn.MeanAveragePrecision(10, { iouThresholds: [0.5] } as never);
  const tt = loader(test, { batch: 50 });
  for await (const b of tt as unknown as AsyncIterable<Record<string, Tensor>>) {
    const found = await model.decode(infer(b.image!), { scoreThreshold: 0.01 });
    const [bx, lb] = [b.boxes!.dataSync(), b.labels!.dataSync()];
    const M = b.labels!.shape[1]!;
    found.forEach((f, k) => {
      const rows = Array.from({ length: M }, (_, r) => k * M + r).filter((r) => lb[r]! >= 0);
      map.add(f, { boxes: rows.flatMap((r) => [...bx.subarray(4 * r, 4 * r + 4)]), classes: rows.map((r) => lb[r]!) });
    });
  }
  model.train();
  console.log(
    e,
    (sum / n).toFixed(3),
    "mAP50",
    map.value.toFixed(4),
    ((performance.now() - te) / 1000).toFixed(1),
    "s",
    "assign",
    (assignMs / i).toFixed(2),
    "ms",
    un,
  );
}
console.log(((performance.now() - t0) / 1000).toFixed(1));

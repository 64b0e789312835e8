/** Pictures of graphs: what the boxes say, how they are collapsed, that none overlap, and the other languages. */

import { grad, type Tensor, tensor, zeros } from "@prewitt/core";
import * as nn from "@prewitt/nn";
import { charts, type GraphPicture } from "@prewitt/notebook";
import { describe, expect, it } from "vitest";

class Block extends nn.Module {
  conv1 = new nn.Conv2d({ out: 4, kernel: 3, padding: "same" });
  bn = new nn.BatchNorm2d();
  relu = new nn.ReLU();
  forward(x: Tensor): Tensor {
    return this.relu.forward(this.bn.forward(this.conv1.forward(x)).add(x));
  }
}

class Net extends nn.Module {
  stem = new nn.Conv2d({ out: 4, kernel: 3, padding: "same" });
  blocks: Block[];
  head = new nn.Sequential(new nn.GlobalAvgPool2d(), new nn.Flatten(), new nn.Linear({ out: 2 }));
  constructor(depth: number) {
    super();
    this.blocks = Array.from({ length: depth }, () => new Block());
  }
  forward(x: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((y, block) => block.forward(y), this.stem.forward(x)));
  }
}

const input = [3, 8, 8];
const net = (depth: number) => nn.init(new Net(depth), input);

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The boxes of a drawing. */
function rectsOf(svg: string): Rect[] {
  const pattern = /<\/title><rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"/g;
  return [...svg.matchAll(pattern)].map(([, x, y, width, height]) => ({
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

async function expectApart(picture: GraphPicture): Promise<void> {
  const svg = await picture.svg();
  const rects = rectsOf(svg);
  expect(rects).toHaveLength(picture.lines().length - (picture.title === undefined ? 0 : 1));
  const [, width = "0", height = "0"] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const curves = [...svg.matchAll(/<path d="(M[^"]*)" fill="none"/g)].flatMap(([, d = ""]) =>
    (d.match(/-?[\d.]+ -?[\d.]+/g) ?? []).map((p) => Number(p.split(" ")[0])),
  );
  expect(Math.min(0, ...curves)).toBe(0);
  expect(Math.max(0, ...curves)).toBeLessThan(Number(width));
  rects.forEach((a, i) => {
    expect(a.x).toBeGreaterThanOrEqual(-1);
    expect(a.x + a.width).toBeLessThan(Number(width));
    expect(a.y + a.height).toBeLessThan(Number(height));
    for (const b of rects.slice(i + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
  });
}

describe("charts.graph of a model", () => {
  const model = net(2);

  it("has a box for each layer, with its class and shape, and the way around a block", () => {
    const lines = charts
      .graph(model, { input })
      .lines()
      .map((line) => line.replace(/ {2,}/g, "  "));
    expect(lines).toEqual([
      "input  float32 [1, 3, 8, 8]",
      "stem  Conv2d  [1, 4, 8, 8]",
      "blocks.0.conv1  Conv2d  [1, 4, 8, 8]",
      "blocks.0.bn  BatchNorm2d  [1, 4, 8, 8]",
      "add  [1, 4, 8, 8]  ← blocks.0.bn, stem",
      "blocks.0.relu  ReLU  [1, 4, 8, 8]",
      "blocks.1.conv1  Conv2d  [1, 4, 8, 8]",
      "blocks.1.bn  BatchNorm2d  [1, 4, 8, 8]",
      "add  [1, 4, 8, 8]  ← blocks.1.bn, blocks.0.relu",
      "blocks.1.relu  ReLU  [1, 4, 8, 8]",
      "head.0  GlobalAvgPool2d  [1, 4]",
      "head.2  Linear  [1, 2]",
    ]);
  });

  it("is collapsed to a depth; a model too large to read is collapsed by itself", () => {
    const names = (picture: GraphPicture) => picture.lines().map((line) => line.split(" ")[0]);
    expect(names(charts.graph(model, { input, depth: 1 }))).toEqual(["input", "stem", "blocks", "head"]);
    expect(names(charts.graph(model, { input, depth: 2 }))).toEqual([
      "input",
      "stem",
      "blocks.0",
      "blocks.1",
      "head.0",
      "head.2",
    ]);
    expect(names(charts.graph(model, { input, depth: 0 })).length).toBeGreaterThan(12);
    expect(names(charts.graph(net(30), { input }))).toHaveLength(34);
  });

  it("says shape, work, bytes, parameters and the user's line on hover", async () => {
    const svg = await charts.graph(model, { input, title: "A net" }).svg();
    const [, hover = ""] = /<title>(stem [^<]*)<\/title>/.exec(svg) ?? [];
    expect(hover.split("\n").slice(0, -1)).toEqual([
      "stem  Conv2d",
      "ops: conv2d, reshape, add",
      "shape: [1, 4, 8, 8]",
      "14.1 kFLOP",
      "2.00 KiB",
      "reads stem.weight [4, 3, 3, 3], stem.bias [4]",
    ]);
    expect(hover.split("\n").at(-1)).toMatch(/graph\.test\.ts:\d+:\d+$/);
    expect(svg).toContain(">A net</text>");
    expect(svg).toContain(">blocks.0  Block</text>");
  });

  it("no two boxes overlap and none leaves the drawing, at any depth and in both directions", async () => {
    for (const depth of [0, 1, 2, 3]) await expectApart(charts.graph(model, { input, depth }));
    await expectApart(charts.graph(model, { input, title: "To the right", direction: "right" }));
    await expectApart(charts.graph(net(10), { input }));
  });

  it("is the same bytes each time, and follows the theme", async () => {
    const [a, b, dark, page] = await Promise.all([
      charts.graph(model, { input }).svg(),
      charts.graph(model, { input }).svg(),
      charts.graph(model, { input }).svg({ theme: "dark" }),
      charts.graph(model, { input }).svg({ theme: "page" }),
    ]);
    expect(a).toBe(b);
    expect(dark).toContain("#15181c");
    expect(page).toContain("var(--prewitt-ink");
  });
});

describe("charts.graph of a training step", () => {
  const model = nn.init(new nn.Sequential(new nn.Linear({ out: 3 }), new nn.ReLU(), new nn.Linear({ out: 1 })), [4]);
  const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.1 });
  const step = (x: Tensor): Tensor => {
    const loss = model.forward(x).square().mean();
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  };
  const args = [zeros([2, 4])];

  it("tells forward, backward and update apart", async () => {
    const picture = charts.graph(step, { args });
    const lines = picture.lines().map((line) => line.replace(/ {2,}/g, "  "));
    expect(lines.slice(0, 4)).toEqual([
      "input  float32 [2, 4]",
      "0  matmul  [2, 3]",
      "1  relu  [2, 3]",
      "2  matmul  [2, 1]",
    ]);
    const backward = lines.filter((line) => line.startsWith("backward")).map((line) => line.split("  ")[1]);
    expect(backward.slice(-3)).toEqual(["2", "1", "0"]);
    expect(lines.at(-1)).toMatch(/^update {2}SGD {2}\d+ operations {2}← /);
    const svg = await picture.svg();
    for (const phase of ["forward", "backward", "update"]) expect(svg).toContain(`>${phase}</text>`);
    await expectApart(picture);
  });

  it("the plan: kernels with the ops that they compute, and where they write", async () => {
    const picture = charts.graph(step, { args, stage: "plan", depth: 0 });
    const lines = picture.lines();
    expect(lines.some((line) => line.startsWith("contract: matmul"))).toBe(true);
    expect(lines.every((line) => !line.startsWith("backward"))).toBe(true);
    const svg = await picture.svg();
    expect(svg).toMatch(/at \d[\d.]* (?:B|KiB) of the arena/);
    expect(svg).toContain("writes 0.weight");
    await expectApart(picture);
  });
});

describe("charts.graph of tensors", () => {
  it("begins at the data, and is written in the languages of Mermaid and Graphviz", () => {
    const x = tensor([1, 2, 3]);
    const picture = charts.graph({ y: x.mul(2).sum().add(x.mean()) }, { direction: "right" });
    expect(picture.mermaid()).toBe(
      [
        "flowchart LR",
        '  b0["constant<br/>float32 #91;3#93;"]',
        '  b1["mul<br/>#91;3#93;"]',
        '  b2["sum<br/>#91;#93;"]',
        '  b3["mean<br/>#91;#93;"]',
        '  b4["add<br/>#91;#93;"]',
        "  b0 --> b1",
        "  b1 --> b2",
        "  b0 --> b3",
        "  b2 --> b4",
        "  b3 --> b4",
      ].join("\n"),
    );
    expect(picture.dot()).toMatch(
      /^digraph \{\n {2}rankdir=LR;\n[\s\S]*b1 \[label="mul\\n\[3\]", tooltip="mul\\nops: mul/,
    );
    expect(charts.graph(net(1), { input }).dot()).toContain('label="blocks.0";');
    expect(charts.graph(net(1), { input }).mermaid()).toContain('subgraph f0["blocks.0"]');
    expect(`${picture}`).toBe("Graph (5 boxes, 5 arrows, 10 FLOP)");
  });

  it("mistakes are explained", () => {
    const x = tensor([1, 2]).sum();
    expect(() => charts.graph(net(1))).toThrow("[charts.graph] the shape of the model's input is not known");
    expect(() => charts.graph(x, { stage: "plan" })).toThrow("[charts.graph] tensors have no plan of their own");
    expect(() => charts.graph(x, { depth: -1 })).toThrow("[charts.graph] depth -1 is not possible");
    expect(() => charts.graph([])).toThrow("[charts.graph] there is no tensor to draw");
    expect(() => charts.graph(x, { stage: "fused" as "plan" })).toThrow('[charts.graph] stage "fused" is unknown');
    expect(() => charts.graph(x, { size: 3 } as object)).toThrow("size");
  });
});

/** Charts and pictures: what they draw, how they are saved, and what they refuse. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { OptionError, ShapeError, tensor, Variable, zeros } from "@prewitt/core";
import { ConfusionMatrix } from "@prewitt/nn";
import { Chart, charts, type Drawing, display, Picture } from "@prewitt/notebook";
import fc from "fast-check";
import { decode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";
import { Pipe, Terminal } from "./output.ts";

const folder = mkdtempSync(join(tmpdir(), "prewitt-charts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const matrix = new ConfusionMatrix(["cat", "dog"]).add([0, 0, 1, 1], [0, 0, 0, 1]);
const digits = tensor(
  Uint8Array.from({ length: 2 * 64 }, (_, i) => i),
  { shape: [2, 1, 8, 8] },
);
const every: Readonly<Record<string, () => Drawing>> = {
  line: () => charts.line({ training: [3, 2, 1], validation: [4, 3, 2] }, { title: "Loss", y: "nats" }),
  bands: () =>
    charts.bands(
      {
        small: [
          [1, 2],
          [2, 3],
        ],
        large: [
          [3, 4],
          [3, 5],
        ],
      },
      { y: "accuracy (%)" },
    ),
  histogram: () => charts.histogram([1, 2, 2, 3, Number.NaN], { bins: 2, x: "weight" }),
  confusion: () => charts.confusion(matrix),
  roc: () => charts.roc({ network: { x: [0, 0.5, 1], y: [0, 0.9, 1] } }),
  precisionRecall: () => charts.precisionRecall({ network: { x: [0, 1], y: [1, 0.5] } }),
  schedule: () => charts.schedule((step) => 1 / (1 + step), { steps: 5 }),
  scatter: () =>
    charts.scatter(
      [
        [0, 1],
        [2, 3],
      ],
      { labels: ["a", "b"] },
    ),
  bars: () => charts.bars({ scratch: [84, 86], frozen: 88 }, { y: "accuracy (%)" }),
  images: () => charts.images(digits, { captions: ["a <b>", "c"], title: "Digits" }),
  filters: () => charts.filters(zeros([2, 3, 3, 3])),
  featureMaps: () => charts.featureMaps(digits.reshape([2, 8, 8])),
  boxes: () => charts.boxes(digits, [[{ box: [1, 1, 5, 6], label: 1, score: 0.5 }], []], { classes: ["cat", "dog"] }),
  masks: () => charts.masks(digits, zeros([2, 8, 8], { dtype: "int32" }).add(1), { classes: ["background", "cat"] }),
  heat: () => charts.heat(digits, digits.cast("float32").reshape([2, 8, 8])),
};

describe("every drawing", () => {
  it.each(Object.keys(every))("%s becomes SVG, PNG, text and a MIME bundle", async (name) => {
    const drawing = (every[name] as () => Drawing)();
    const svg = await drawing.svg();
    expect(/^<svg [\s\S]*<\/svg>$/.test(svg)).toBe(true);
    expect(/NaN/.test(svg.replace(/base64,[^"]*/g, ""))).toBe(false);
    const page = await drawing.svg({ theme: "page" });
    expect(/#ffffff|#57606b(?!\))/.test(page.replaceAll('fill="#ffffff">', ""))).toBe(false);
    const { width, height } = decode(await drawing.png({ scale: 1 }));
    const [, w, h] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) as RegExpExecArray;
    expect([width, height]).toEqual([Math.round(Number(w)), Math.round(Number(h))]);
    expect(drawing.lines(60).every((line) => [...line].length <= 100)).toBe(true);
    expect(inspect(drawing)).toMatch(/^(Chart|Picture) /);
    const bundle = await drawing.mimeBundle();
    expect(bundle["image/svg+xml"] === svg).toBe(true);
    const show = (drawing as unknown as Record<symbol, () => Promise<unknown>>)[Symbol.for("Jupyter.display")];
    expect(JSON.stringify(await show?.call(drawing)) === JSON.stringify(bundle)).toBe(true);
  });

  it("axes and titles stand in the picture", async () => {
    const svg = await (every.line as () => Drawing)().svg();
    for (const text of ["Loss", "nats", "step", "training", "validation"]) expect(svg).toContain(`>${text}<`);
    expect(await (every.images as () => Drawing)().svg()).toContain("a &lt;b&gt;");
    expect(await (every.boxes as () => Drawing)().svg()).toContain(">dog 0.50<");
    expect(await (every.masks as () => Drawing)().svg()).toContain(">cat<");
  });

  it("is saved by its ending", async () => {
    const chart = charts.line([1, 2]);
    const [png, svg, json] = await Promise.all(
      ["png", "svg", "json"].map((ending) => chart.save(join(folder, "new", `loss.${ending}`))),
    );
    expect(decode(readFileSync(png as string)).width).toBeGreaterThan(500);
    expect(readFileSync(svg as string, "utf8")).toContain("<svg");
    expect(JSON.parse(readFileSync(json as string, "utf8")).layer).toHaveLength(1);
    await expect(chart.save(join(folder, "loss.gif"))).rejects.toThrow(/the ending \.gif is unknown[\s\S]*loss\.png/);
    expect(existsSync(join(folder, "loss.gif"))).toBe(false);
  });
});

describe("what charts draw", () => {
  const rows = (chart: Chart, layer: number) =>
    (chart.spec as unknown as { layer: { data: { values: Record<string, number>[] } }[] }).layer[layer]?.data.values;

  it("smoothing is a running mean without the pull to its start", () => {
    const [a, b, c] = rows(charts.line([4, 2, 0], { smooth: 0.5 }), 1) ?? [];
    expect([a?.y, b?.y, c?.y]).toEqual([4, (2 + 0.5 * 4) / 1.5, (0 + 0.5 * 2 + 0.25 * 4) / 1.75]);
  });

  it("long series keep their spikes", () => {
    const values = new Float32Array(100_000);
    values[54_321] = 9;
    const kept = rows(charts.line(values), 0) ?? [];
    expect(kept.length).toBeLessThanOrEqual(1000);
    expect(kept).toContainEqual({ x: 54_322, y: 9, series: "" });
  });

  it("tensors are read, other positions taken, gaps left out", () => {
    const chart = charts.line(tensor([1, Number.POSITIVE_INFINITY, 3]), { at: [10, 20, 30] });
    expect(rows(chart, 0)).toEqual([
      { x: 10, y: 1, series: "" },
      { x: 30, y: 3, series: "" },
    ]);
    expect(rows(charts.line(new Variable(tensor([5]))), 0)).toEqual([{ x: 1, y: 5, series: "" }]);
    expect(charts.filters(new Variable(zeros([2, 1, 3, 3]))).tiles).toHaveLength(2);
  });

  it("bands are the mean and the standard deviation, or the range", () => {
    const values = (band: "deviation" | "range") =>
      (charts.bands({ a: [[1], [3], [5]] }, { band }).spec as unknown as { data: { values: unknown[] } }).data.values;
    expect(values("deviation")).toEqual([{ x: 1, y: 3, low: 1, high: 5, series: "a" }]);
    expect(values("range")).toEqual([{ x: 1, y: 3, low: 1, high: 5, series: "a" }]);
  });

  it("counts of a confusion matrix are shortened where they do not fit their cell", () => {
    const matrix = new ConfusionMatrix(2);
    const [labels, predicted] = [new Int32Array(123456), new Int32Array(123456)];
    labels.fill(1, 120000);
    matrix.add(predicted, labels);
    const labelsOf = (cell?: number) => {
      const { values } = charts.confusion(matrix, { cell }).spec.data as { values: { label: string }[] };
      return values.map(({ label }) => label);
    };
    expect(labelsOf()).toEqual(["120k", "0", "3456", "0"]);
    expect(labelsOf(56)).toEqual(["120000", "0", "3456", "0"]);
  });

  it("histograms count every finite value once and say what is left out", () => {
    const chart = charts.histogram([0, 1, 1, 4, Number.NaN], { bins: 4 });
    const { values } = (chart.spec as unknown as { data: { values: { count: number }[] } }).data;
    expect(values.map(({ count }) => count)).toEqual([1, 2, 0, 1]);
    expect(chart.summary()).toContain("5 values, 1 of them not finite");
  });

  it("a changed specification is drawn", async () => {
    const chart = charts.line([1, 2]).with((spec) => ({ ...spec, title: "Renamed" }) as typeof spec);
    expect(await chart.svg()).toContain(">Renamed<");
  });

  it("masks colour what is not background, heat maps go from dark to bright", () => {
    const image = tensor(new Uint8Array(4), { shape: [1, 1, 2, 2] });
    const [tile] = charts.masks(image, tensor([0, 1, 1, 2], { dtype: "int32" }).reshape([1, 2, 2])).tiles;
    const colours = Array.from({ length: 4 }, (_, i) =>
      [...(tile?.raster.pixels.subarray(3 * i, 3 * i + 3) ?? [])].join(),
    );
    expect(colours[0]).toBe("0,0,0");
    expect(colours[1]).toBe(colours[2]);
    expect(new Set(colours).size).toBe(3);
    const [heated] = charts.heat(image, tensor([0, 1, 2, 3]).reshape([1, 2, 2])).tiles;
    const green = Array.from({ length: 4 }, (_, i) => heated?.raster.pixels[3 * i + 1] as number);
    expect(green).toEqual([...green].sort((a, b) => a - b));
  });

  it("terminals get lines and blocks, pipes a file", async () => {
    const terminal = new Terminal();
    await display(charts.line([1, 5, 2], { title: "Loss" }), { out: terminal });
    expect(terminal.text).toMatch(/Loss\n.*5 │[⠀-⣿]+\n[\s\S]*└─+/);
    const here = process.cwd();
    process.chdir(folder);
    try {
      const pipe = new Pipe();
      await display(charts.line([1, 5, 2], { title: "Loss" }), { out: pipe });
      const [, file] = /^Loss: (runs\S+\.png) \(Chart "Loss" \(3 points\)\)\n$/.exec(pipe.text) as RegExpExecArray;
      expect(decode(readFileSync(file as string)).height).toBeGreaterThan(100);
    } finally {
      process.chdir(here);
    }
  });
});

describe("wrong use", () => {
  it("is explained", () => {
    expect(() => charts.line([1, 2], { at: [1] })).toThrow("at has 1 positions, the series 2 values");
    expect(() => charts.line({})).toThrow("there is no series to draw");
    expect(() => charts.line(["a"] as unknown as number[])).toThrow("value 0 is a, and must be a number");
    expect(() => charts.line([1], { colour: 1 } as object)).toThrow('unknown option "colour"');
    expect(() => charts.line([1], { smooth: 1 })).toThrow(OptionError);
    expect(() => charts.bands({ a: [[1, 2], [1]] })).toThrow(/differ in length[\s\S]*lengths 2, 1/);
    expect(() => charts.histogram([Number.NaN])).toThrow("no finite value");
    expect(() => charts.images(zeros([2, 5, 8, 8]))).toThrow(ShapeError);
    expect(() => charts.images(digits, { captions: ["one"] })).toThrow("1 captions for 2 images");
    expect(() => charts.boxes(digits, [[]])).toThrow("1 lists of boxes for 2 images");
    expect(() => charts.masks(digits, zeros([2, 4, 4]))).toThrow(/maps do not cover[\s\S]*\[2, 8, 8\]/);
    expect(() => charts.scatter(zeros([3, 3]))).toThrow("pass [N, 2]");
    expect(new Chart({ spec: {} as never, summary: "x" })).not.toBeInstanceOf(Picture);
  });
});

describe("learning curves of a history", () => {
  const epochs = [0, 1, 2].map((epoch) => ({
    epoch,
    loss: 2 - epoch / 2,
    samples: 10,
    validation: { samples: 4, loss: 2.1 - epoch / 3, accuracy: 0.5 + epoch / 10 },
  }));
  const losses = [2.5, 2, 1.8, 1.5, 1.2, 1];
  const rowsOf = (chart: Chart) =>
    ((chart.spec.layer as { data: { values: unknown } }[]).at(-1) ?? { data: { values: 0 } }).data.values;

  it("by epoch, training beside validation, or a metric", () => {
    expect(rowsOf(charts.history({ losses, epochs }))).toEqual([
      { x: 1, y: 2, series: "training" },
      { x: 2, y: 1.5, series: "training" },
      { x: 3, y: 1, series: "training" },
      { x: 1, y: 2.1, series: "validation" },
      { x: 2, y: 2.1 - 1 / 3, series: "validation" },
      { x: 3, y: 2.1 - 2 / 3, series: "validation" },
    ]);
    const accuracy = charts.history({ losses, epochs }, { metric: "accuracy" });
    expect(accuracy.title).toBe("accuracy of the validation data");
    expect(rowsOf(accuracy)).toEqual([0.5, 0.6, 0.7].map((y, i) => ({ x: i + 1, y, series: "validation" })));
  });

  it("one epoch by its steps; a metric that is not there is an error", () => {
    const once = charts.history({ losses, epochs: epochs.slice(0, 1) });
    expect(rowsOf(once)).toEqual(losses.map((y, i) => ({ x: i + 1, y, series: "" })));
    expect(() => charts.history({ losses, epochs }, { metric: "recall" })).toThrow(
      /the history has no "recall"[\s\S]*it has loss, accuracy/,
    );
    expect(() => charts.history({ losses: [], epochs: [] })).toThrow("there is no step to draw");
  });
});

describe("histograms by module", () => {
  it("has axes of its own for each, and its name", async () => {
    const chart = charts.histograms(
      { "features.0": [0, 1, 1, 2], "head.3": tensor([100, 200]) },
      { bins: 2, x: "weight" },
    );
    const parts = chart.spec.concat as {
      title: { text: string };
      data: { values: { from: number; count: number }[] };
    }[];
    expect(parts.map(({ title }) => title.text)).toEqual(["features.0", "head.3"]);
    expect(parts.map(({ data }) => data.values.map(({ from, count }) => [from, count]))).toEqual([
      [
        [0, 1],
        [1, 3],
      ],
      [
        [100, 1],
        [150, 1],
      ],
    ]);
    const svg = await chart.svg();
    for (const text of ["features.0", "head.3", "weight"]) expect(svg).toContain(`>${text}</text>`);
    expect(() => charts.histograms({ a: [1] }, { perRow: 0 })).toThrow("perRow 0 is not possible");
  });
});

describe("embeddings", () => {
  const pointsOf = (chart: Chart) => (chart.spec.data as { values: { x: number; y: number }[] }).values;

  it("are shown on their principal components, which keep distances of points in a plane", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -3, max: 3 })), { minLength: 3 }),
        (flat) => {
          // Two orthonormal directions in four dimensions, away from the origin.
          const points = flat.map(([a, b]) => [0.6 * a + 5, 0.8 * a - 1, 0.8 * b, -0.6 * b + 2]);
          const shown = pointsOf(charts.embedding(points));
          for (const i of [1, 2]) {
            const [p, q] = [flat[0]!, flat[i]!];
            const far = Math.hypot(p[0] - q[0], p[1] - q[1]);
            expect(Math.hypot(shown[0]!.x - shown[i]!.x, shown[0]!.y - shown[i]!.y)).toBeCloseTo(far, 5);
          }
        },
      ),
    );
  });

  it("say how much of the variance is seen", () => {
    const chart = charts.embedding(tensor([-3, 0, 0, 3, 0, 0, 0, 1, 0, 0, -1, 0], { shape: [4, 3] }), {
      labels: [0, 0, 1, 1],
    });
    const { x, y } = chart.spec.encoding as Record<"x" | "y", { title: string }>;
    expect([x.title, y.title]).toEqual(["component 1 (90 % of the variance)", "component 2 (10 % of the variance)"]);
    expect(pointsOf(chart).map((p) => [Math.round(p.x), Math.round(p.y)])).toEqual(
      [
        [-3, 0],
        [3, 0],
        [0, 1],
        [0, -1],
      ].map(([a, b]) => [a === 0 ? expect.closeTo(0) : a, b === 0 ? expect.closeTo(0) : b]),
    );
    expect(() => charts.embedding(tensor([1, 2]))).toThrow("[2] is no list of points");
    expect(() =>
      charts.embedding([
        [1, 2],
        [Number.NaN, 1],
      ]),
    ).toThrow("a point is not finite");
  });
});

/** TensorFlow.js models: every layer kind by hand, element types, shards, and files that are damaged or hostile. */

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrewittError, type Tensor, tensor } from "@prewitt/core";
import { loadKeras, loadTfjs } from "@prewitt/io";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let root: string;
let next = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "prewitt-keras-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Weight {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Layer {
  readonly kind: string;
  readonly config?: object;
  readonly inputs?: readonly string[];
  readonly weights?: Readonly<Record<string, Weight>>;
}

const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof PrewittError ? error.message : Promise.reject(error)),
  );

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = join(root, `${next++}`);
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** A functional model whose layers read what is named, or the one before them. */
function modelOf(layers: Readonly<Record<string, Layer>>): Promise<string> {
  const names = Object.keys(layers);
  const listed = Object.entries(layers).map(([name, { kind, config = {}, inputs }], i) => ({
    class_name: kind,
    name,
    config: { name, ...config },
    inbound_nodes: [
      (inputs ?? ["input", ...names][i] ?? "")
        .toString()
        .split(",")
        .map((id) => [id, 0, 0, {}]),
    ],
  }));
  const input = { class_name: "InputLayer", name: "input", config: {}, inbound_nodes: [] };
  const config = {
    layers: [input, ...listed],
    input_layers: [["input", 0, 0]],
    output_layers: [[names.at(-1), 0, 0]],
  };
  const all = Object.entries(layers).flatMap(([layer, { weights = {} }]) =>
    Object.entries(weights).map(([name, weight]) => ({ name: `${layer}/${name}`, ...weight })),
  );
  const manifest = [{ paths: ["w.bin"], weights: all.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) }];
  const topology = { model_config: { class_name: "Functional", config } };
  return folderOf({
    "model.json": JSON.stringify({ modelTopology: topology, weightsManifest: manifest }),
    "w.bin": new Uint8Array(Float32Array.from(all.flatMap(({ values }) => values)).buffer),
  });
}

const run = async (layers: Readonly<Record<string, Layer>>, x: Tensor) =>
  (await loadKeras(await modelOf(layers))).forward(x).array();

/** [1, 1, 2, 3] */
const image = tensor([
  [
    [
      [1, -2, 3],
      [4, 5, -6],
    ],
  ],
]);
const range = (n: number, from = 1) => Array.from({ length: n }, (_, i) => from + i);

describe("layers", () => {
  it("Conv2D: HWIO kernels, bias, activation, stride and TensorFlow's same padding", async () => {
    const weights = { kernel: { shape: [1, 2, 1, 2], values: [1, 10, 2, 20] }, bias: { shape: [2], values: [0, 100] } };
    const valid = { c: { kind: "Conv2D", config: { kernel_size: [1, 2], use_bias: true }, weights } };
    expect(await run(valid, image)).toEqual([
      [
        [
          [-3, 4],
          [14, -7],
        ],
        [
          [70, 140],
          [240, 30],
        ],
      ],
    ]);
    const same = {
      c: { kind: "Conv2D", config: { kernel_size: [1, 2], padding: "same", strides: 2, activation: "relu" }, weights },
    };
    expect(await run(same, image)).toEqual([[[[0, 3]], [[70, 130]]]]);
  });

  it("DepthwiseConv2D: channel multiplier, no bias", async () => {
    const x = tensor([[[[1]], [[2]]]]);
    const weights = { depthwise_kernel: { shape: [1, 1, 2, 2], values: [1, 10, 100, 1000] } };
    const layer = { kind: "DepthwiseConv2D", config: { kernel_size: 1, use_bias: false }, weights };
    expect(await run({ d: layer }, x)).toEqual([[[[1]], [[10]], [[200]], [[2000]]]]);
  });

  it("Flatten in Keras' order, then Dense with softmax", async () => {
    const x = tensor([[[[1, 2]], [[3, 4]]]]);
    expect(await run({ f: { kind: "Flatten" } }, x)).toEqual([[1, 3, 2, 4]]);
    const weights = { kernel: { shape: [4, 2], values: range(8) }, bias: { shape: [2], values: [0.5, 0] } };
    const dense = { f: { kind: "Flatten" }, d: { kind: "Dense", weights } };
    expect(await run(dense, x)).toEqual([[1 + 9 + 10 + 28 + 0.5, 2 + 12 + 12 + 32]]);
    const soft = await run({ ...dense, s: { kind: "Activation", config: { activation: "softmax" } } }, x);
    expect((soft as number[][])[0]?.reduce((a, b) => a + b)).toBeCloseTo(1);
  });

  it("BatchNormalization with its moving statistics", async () => {
    const of = (values: number[]) => ({ shape: [1], values });
    const weights = { gamma: of([2]), beta: of([1]), moving_mean: of([3]), moving_variance: of([4 - 1e-3]) };
    expect(await run({ b: { kind: "BatchNormalization", config: { axis: 3 }, weights } }, tensor([[[[5]]]]))).toEqual([
      [[[3]]],
    ]);
  });

  it("pooling, upsampling, activations, dropout", async () => {
    expect(await run({ p: { kind: "MaxPooling2D", config: { pool_size: 2 } } }, image)).toEqual([[[[5]]]]);
    expect(await run({ p: { kind: "AveragePooling2D", config: { pool_size: 2, padding: "same" } } }, image)).toEqual([
      [[[2, -1.5]]],
    ]);
    expect(await run({ p: { kind: "GlobalAveragePooling2D" } }, image)).toEqual([[expect.closeTo(5 / 6)]]);
    expect(await run({ u: { kind: "UpSampling2D", config: { size: [1, 2] } } }, tensor([[[[1, 2]]]]))).toEqual([
      [[[1, 1, 2, 2]]],
    ]);
    expect(await run({ r: { kind: "ReLU" }, d: { kind: "Dropout", config: { rate: 0.5 } } }, image)).toEqual([
      [
        [
          [1, 0, 3],
          [4, 5, 0],
        ],
      ],
    ]);
    expect(await run({ l: { kind: "LeakyReLU", config: { alpha: 0.5 } } }, image)).toEqual([
      [
        [
          [1, -1, 3],
          [4, 5, -3],
        ],
      ],
    ]);
  });

  it("Add, Multiply and Concatenate along channels and rows, in any order of the list", async () => {
    const twice = { kind: "Add", inputs: ["input", "input"] };
    const square = { kind: "Multiply", inputs: ["input", "input"] };
    const joined = (axis: number) => ({ kind: "Concatenate", config: { axis }, inputs: ["twice", "square"] });
    const x = tensor([[[[1, 3]]]]);
    expect(await run({ twice, square, out: joined(-1) }, x)).toEqual([[[[2, 6]], [[1, 9]]]]);
    expect(await run({ square, twice, out: joined(1) }, x)).toEqual([
      [
        [
          [2, 6],
          [1, 9],
        ],
      ],
    ]);
    expect(await run({ square, twice, out: joined(2) }, x)).toEqual([[[[2, 6, 1, 9]]]]);
  });

  it("Sequential", async () => {
    const topology = { class_name: "Sequential", config: { layers: [{ class_name: "ReLU", config: { name: "r" } }] } };
    const folder = await folderOf({ "model.json": JSON.stringify({ modelTopology: topology, weightsManifest: [] }) });
    expect(await (await loadKeras(folder)).forward(tensor([[[[-1, 1]]]])).array()).toEqual([[[[0, 1]]]]);
  });
});

describe("what is not supported is named", () => {
  it("kinds, options and activations", async () => {
    const text = await message(
      modelOf({ a: { kind: "LSTM" }, b: { kind: "GRU" }, c: { kind: "GRU" } }).then(loadKeras),
    );
    expect(text).toMatch(
      /layers that are not supported\n {2}- "LSTM": "a"\n {2}- "GRU": "b", "c"\n {2}- supported: Conv2D/,
    );
    const of = (kind: string, config: object) =>
      modelOf({ layer: { kind, config } })
        .then(loadKeras)
        .then(() => {});
    expect(await message(of("Activation", { activation: "mish" }))).toContain(
      'the layer "layer" (Activation) is not supported\n  - activation is "mish"; "linear", "relu"',
    );
    expect(await message(of("ReLU", { max_value: 6 }))).toContain("max_value is 6");
    expect(await message(of("MaxPooling2D", { data_format: "channels_first" }))).toContain(
      'data_format is "channels_first"',
    );
    expect(await message(of("UpSampling2D", { size: [0, 2] }))).toContain("size is [0,2]");
    expect(await message(of("Conv2D", {}))).toContain('"layer" has no kernel');
  });

  it("circles, unknown inputs, several inputs", async () => {
    const circle = { a: { kind: "ReLU", inputs: ["b"] }, b: { kind: "ReLU", inputs: ["a"] } };
    expect(await message(modelOf(circle).then(loadKeras))).toContain("depends on itself");
    expect(await message(modelOf({ a: { kind: "ReLU", inputs: ["x"] } }).then(loadKeras))).toContain(
      'no call 0 of "x"',
    );
    const kernel = { shape: [3], values: [1, 2, 3] };
    const flat = { c: { kind: "Conv2D", weights: { kernel } } };
    expect(await message(modelOf(flat).then(loadKeras))).toContain(
      'the kernel of "c" is damaged\n  - its shape is [3]',
    );
  });
});

describe("weights", () => {
  const read = async (weights: readonly object[], bytes: Uint8Array, paths = ["a.bin"]) => {
    const folder = await folderOf({ "manifest.json": JSON.stringify([{ paths, weights }]), "a.bin": bytes });
    const found = await loadTfjs(join(folder, "manifest.json"));
    return Promise.all(Object.values(found).map(async (t) => [t.dtype, t.shape, Array.from(await t.data())]));
  };

  it("float16, and uint8 and uint16 by scale and min", async () => {
    const of = (dtype: string, size: number) => ({
      name: dtype,
      shape: [size],
      dtype: "float32",
      quantization: { dtype, ...(dtype !== "float16" && { scale: 0.5, min: -1 }) },
    });
    expect(
      await read(
        [of("uint8", 2), of("uint16", 2), of("float16", 2)],
        Uint8Array.of(0, 255, 1, 0, 255, 255, 0x00, 0x3c, 0x00, 0xc0),
      ),
    ).toEqual([
      ["float32", [2], [-1, 126.5]],
      ["float32", [2], [-0.5, 32766.5]],
      ["float32", [2], [1, -2]],
    ]);
    const rounded = { ...of("uint8", 2), dtype: "int32" };
    expect(await read([rounded], Uint8Array.of(3, 4))).toEqual([["int32", [2], [1, 1]]]);
    expect(await read([{ name: "i", shape: [], dtype: "int32" }], Uint8Array.of(2, 1, 0, 0))).toEqual([
      ["int32", [], [258]],
    ]);
  });

  it("over several shards, cut anywhere", async () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const manifest = [{ paths: ["a", "b"], weights: [{ name: "w", shape: [3], dtype: "float32" }] }];
    const folder = await folderOf({
      "model.json": JSON.stringify({ weightsManifest: manifest }),
      a: bytes.subarray(0, 5),
      b: bytes.subarray(5),
    });
    expect(await (await loadTfjs(folder)).w?.array()).toEqual([1, 2, 3]);
  });

  const one = { name: "w", shape: [1], dtype: "float32" };
  it("missing, cut off, too long, of other types", async () => {
    expect(await message(read([one], new Uint8Array(3)))).toContain(
      'the shards are cut off\n  - "a.bin": 3 bytes, the weights need 4',
    );
    expect(await message(read([one], new Uint8Array(5)))).toContain("longer than the manifest says");
    expect(await message(read([one, one], new Uint8Array(8)))).toContain('"w" comes twice');
    expect(await message(read([{ ...one, dtype: "complex64" }], new Uint8Array(8)))).toContain(
      '"w" has element type "complex64"',
    );
    expect(await message(read([{ ...one, shape: [2 ** 40, 2 ** 20] }], new Uint8Array(4)))).toContain('"w" would have');
    expect(await message(read([{ ...one, shape: [1e9, 1e3] }], new Uint8Array(4)))).toContain(
      "the weights need 4,000,000,000,000",
    );
    expect(
      await message(read([{ ...one, quantization: { dtype: "uint8", scale: null, min: 0 } }], new Uint8Array(1))),
    ).toContain('"w" has scale null');
    expect(await message(loadTfjs(join(root, "absent.json")))).toMatch(
      /absent\.json: cannot be read[\s\S]*keras\.test\.ts/,
    );
    const folder = await folderOf({ "model.json": "[".repeat(200_000) });
    expect(await message(loadTfjs(folder))).toContain("model.json: no JSON");
  });

  it("shards outside the folder are refused, also behind a link", async () => {
    await writeFile(join(root, "secret"), new Uint8Array(4));
    for (const path of ["../secret", "/etc/passwd", "a/../../secret", "c:\\secret", "file:secret", "", "."])
      expect(await message(read([one], new Uint8Array(4), [path]))).toContain("is refused");
    const folder = await folderOf({
      "model.json": JSON.stringify({ weightsManifest: [{ paths: ["link"], weights: [one] }] }),
    });
    await symlink(join(root, "secret"), join(folder, "link"));
    expect(await message(loadTfjs(folder))).toContain("it is a link that leads out of the folder");
  });
});

it("any change of a valid model is read or refused with an error of ours", async () => {
  const layers = {
    c: {
      kind: "Conv2D",
      config: { kernel_size: [1, 1], padding: "same", activation: "relu" },
      weights: { kernel: { shape: [1, 1, 1, 2], values: [1, 2] }, bias: { shape: [2], values: [0, 0] } },
    },
    d: { kind: "Concatenate", config: { axis: -1 }, inputs: ["c", "input"] },
  };
  const folder = await modelOf(layers);
  const file = join(folder, "model.json");
  const valid = JSON.parse(await readFile(file, "utf8")) as object;
  const odd = fc.constantFrom(null, -1, 0, 1, 2 ** 53, 1e308, "", "c", "d", "../x", [], {}, [[]], [1, 2], true);
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), odd, async (which, deeper, value) => {
      const changed = structuredClone(valid) as Record<string, unknown>;
      // Every place that holds something, by the path to it.
      const places: [Record<string, unknown>, string][] = [];
      const visit = (at: Record<string, unknown>): void => {
        for (const [key, child] of Object.entries(at)) {
          places.push([at, key]);
          if (typeof child === "object" && child !== null) visit(child as Record<string, unknown>);
        }
      };
      visit(changed);
      const [target, key] = places[(which * 31 + deeper) % places.length] as [Record<string, unknown>, string];
      target[key] = value;
      await writeFile(file, JSON.stringify(changed));
      await loadKeras(folder).catch((error) => {
        if (!(error instanceof PrewittError)) throw error;
      });
    }),
    { numRuns: 120 },
  );
});

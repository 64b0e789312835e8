// Damaged and hostile ONNX files: a DataError that says what is wrong, in bounded time and memory. And what cannot be
// exported says why, word for word.

import { DataError, PrewittError, type Tensor, tensor, Variable, zeros } from "@prewitt/core";
import { ExportError, exportOnnx, importOnnx } from "@prewitt/io";
import { BatchNorm2d, Conv2d, Dropout, Flatten, init, Linear, MaxPool2d, Module, ReLU, Sequential } from "@prewitt/nn";
import { maxPoolTake, relu } from "@prewitt/ops";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadCodec, type OnnxCodec } from "../src/onnx/protobuf.ts";
import type { Draft, OnnxModel, OnnxNode } from "../src/onnx/schema.ts";

let codec: OnnxCodec;
let bytes: Uint8Array;

class Net extends Module {
  features = new Sequential(new Conv2d({ out: 2, kernel: 3 }), new BatchNorm2d(), new ReLU(), new MaxPool2d(2));
  head = new Sequential(new Flatten(), new Dropout({ rate: 0.5 }), new Linear({ out: 3 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

beforeAll(async () => {
  codec = await loadCodec();
  bytes = await exportOnnx(init(new Net(), [1, 6, 6]), [1, 6, 6]);
});

const float = (...dims: number[]) => ({
  tensorType: { elemType: 1, shape: { dim: dims.map((n) => ({ dimValue: BigInt(n) })) } },
});

/** A file with these nodes, from `x` [1, 1, 4, 4] to `y`. */
function fileOf(node: Draft<OnnxNode>[], more: Draft<OnnxModel["graph"] & object> = {}): Uint8Array {
  return codec.encode({
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: { name: "g", node, input: [{ name: "x", type: float(1, 1, 4, 4) }], output: [{ name: "y" }], ...more },
  });
}

async function messageOf(file: Uint8Array): Promise<string> {
  const error = await importOnnx(file).then(
    () => expect.unreachable("it was imported"),
    (e: Error) => e,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message.replace(/\n {2}at .*/s, "");
}

const relay = (from: string, to: string): Draft<OnnxNode> => ({
  opType: "Relu",
  input: [from],
  output: [to],
  name: to,
});

describe("files that are damaged", () => {
  test("the file that the others are made of is good", async () => {
    const model = await importOnnx(bytes);
    expect((await model.forward(zeros([2, 1, 6, 6])).data()).length).toBe(6);
    expect((await importOnnx(fileOf([relay("x", "y")]))).inputNames).toEqual(["x"]);
  });

  test("cut anywhere", async () => {
    for (let n = 0; n < bytes.length; n += 7) {
      await expect(importOnnx(bytes.slice(0, n))).rejects.toThrow(DataError);
    }
  });

  test("a missing file", async () => {
    await expect(importOnnx("no/such.onnx")).rejects.toThrow(/no\/such\.onnx: cannot be read/);
  });

  test("nodes in a circle", async () => {
    expect(await messageOf(fileOf([relay("b", "a"), relay("a", "b"), relay("b", "y")]))).toBe(
      [
        "[onnx] the bytes: the graph is damaged",
        '  - "b", an input of "Relu" "a": it is read before it is made: the nodes are out of order, or run in a circle',
        "  fix: get or write the file again",
      ].join("\n"),
    );
  });

  test("operators that are not supported, all at once", async () => {
    const nodes = ["Loop", "Loop", "NonZero", "Relu"].map((opType, i) => ({ opType, input: ["x"], output: [`v${i}`] }));
    const own = { opType: "Fancy", domain: "com.example", input: ["x"], output: ["y"] };
    expect(await messageOf(fileOf([...nodes, own]))).toBe(
      [
        "[onnx] the bytes: the model has operators that are not supported",
        '  - "Loop": 2 nodes',
        '  - "NonZero": 1 node',
        '  - "com.example.Fancy": 1 node',
        "  fix: write the model as an nn.Module and load its weights, or export it without these operators",
      ].join("\n"),
    );
  });

  test("elements in another file, wherever that is", async () => {
    const externalData = [{ key: "location", value: "../../etc/passwd" }];
    const w = { name: "w", dims: [1n], dataType: 1, dataLocation: 1, externalData };
    expect(await messageOf(fileOf([relay("x", "y")], { initializer: [w] }))).toMatch(
      /elements of the initialiser "w" lie in another file\n {2}- its location is "\.\.\/\.\.\/etc\/passwd"/,
    );
  });

  test("sizes that do not fit the bytes, and absurd ones", async () => {
    const file = (dims: bigint[], rawData = new Uint8Array(16)): Uint8Array =>
      fileOf([relay("x", "y")], { initializer: [{ name: "w", dims, dataType: 1, rawData }] });
    expect(await messageOf(file([5n]))).toContain("its shape [5] needs 5 elements, the file has 16 bytes");
    expect(await messageOf(file([2n ** 40n, 2n ** 40n]))).toContain("needs");
    expect(await messageOf(file([-4n]))).toContain("its shape has the extent -4");
    expect(await messageOf(file([2n ** 60n]))).toContain("its shape has the extent 1152921504606846976");
    const huge = { input: [{ name: "x", type: float(1, 1, 2 ** 50, 4) }] };
    expect(await messageOf(fileOf([relay("x", "y")], huge))).toContain("has the extent 1,125,899,906,842,624");
  });

  test("attributes beyond reason", async () => {
    const pool = (name: string, ints: bigint[]): Draft<OnnxNode> => ({
      opType: "MaxPool",
      name: "pool",
      input: ["x"],
      output: ["y"],
      attribute: [
        { name: "kernel_shape", type: 7, ints: [1n, 1n] },
        { name, type: 7, ints },
      ],
    });
    expect(await messageOf(fileOf([pool("pads", [0n, 0n, 2n ** 40n, 0n])]))).toContain("pads is 1099511627776");
    expect(await messageOf(fileOf([pool("dilations", [0n, 1n])]))).toContain("dilations is 0, outside 1 … 65536");
    const shape = { name: "s", dims: [4n], dataType: 7, int64Data: [1n, 1n, 2n ** 31n - 1n, 4n] };
    const expand = { opType: "Expand", name: "e", input: ["z", "s"], output: ["y"] };
    const z = { name: "z", dims: [1n], dataType: 1, floatData: [0] };
    expect(await messageOf(fileOf([expand], { initializer: [shape, z] }))).toContain(
      "an axis of 2,147,483,647 elements",
    );
  });

  test("graphs that do not fit their inputs", async () => {
    const w = { name: "w", dims: [1n, 3n, 1n, 1n], dataType: 1, floatData: [1, 2, 3] };
    const conv = { opType: "Conv", name: "c", input: ["x", "w"], output: ["y"] };
    expect(await messageOf(fileOf([conv], { initializer: [w] }))).toMatch(
      /the graph does not fit the shapes of its inputs\n {2}- \[conv2d\] the input has 1 channel, the weight reads 3/,
    );
  });

  test("any bytes changed: imported, or a DataError", { timeout: 60_000 }, async () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
    const cut = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 8 }), drop: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(cut, async ({ changes, drop }) => {
        const copy = bytes.slice(0, bytes.length - (drop < 8 ? drop : 0));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        const error = await importOnnx(copy).then(
          () => undefined,
          (e: unknown) => e,
        );
        if (error !== undefined && !(error instanceof DataError)) throw error;
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  test("inputs that are missing or not known", async () => {
    const model = await importOnnx(bytes);
    expect(() => model.run({ image: zeros([1, 1, 6, 6]) })).toThrow(/missing: "input"\n {2}- not known: "image"/);
    expect(() => model.forward()).toThrow(PrewittError);
  });
});

describe("what cannot be exported", () => {
  const refusal = async (fn: (x: Tensor) => unknown, dynamicBatch = true): Promise<string> => {
    const error = await exportOnnx(fn, zeros([2, 4]), { dynamicBatch }).then(
      () => expect.unreachable("it was exported"),
      (e: Error) => e,
    );
    expect(error).toBeInstanceOf(ExportError);
    return (error as Error).message;
  };

  test("a model that does not stay in evaluation mode", async () => {
    class Noise extends Module {
      drop = new Dropout({ rate: 0.5 });
      forward(x: Tensor): Tensor {
        this.drop.train();
        return this.drop.forward(x).sub(1);
      }
    }
    const error = await exportOnnx(init(new Noise(), [4]), [4]).catch((e: Error) => e);
    expect(error).toBeInstanceOf(ExportError);
    expect((error as Error).message).toContain("the function assigns variables");
  });

  test("names op, operands, module and line", async () => {
    class Unpool extends Module {
      forward(x: Tensor): Tensor {
        return maxPoolTake(x, zeros(x.shape, { dtype: "int32" }), { kernel: 1, inputSize: 2 });
      }
    }
    class Outer extends Module {
      inner = new Unpool();
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    const error = await exportOnnx(init(new Outer(), [1, 2, 2]), [1, 2, 2]).catch((e: Error) => e);
    expect(error).toBeInstanceOf(ExportError);
    expect((error as Error).message).toMatch(
      /^\[maxPoolTake\] ONNX has no operator for the gradient of pooling\n {2}module: inner\n {2}x: float32 \[2, 1, 2, 2\]/,
    );
    expect((error as Error).message).toMatch(/at .*onnx-files\.test\.ts:\d+:\d+$/);
  });

  test("numbers and shapes that depend on the batch otherwise", async () => {
    expect(await refusal((x) => x.mul(x.shape[0] as number))).toContain("the value of a constant depends on the batch");
    expect(await refusal((x) => x.matmul(x.transpose()).reshape([-1]))).toMatch(/the shape depends on the batch/);
    expect(await refusal((x) => x.slice([1, null]))).toMatch(/the range along axis 0 depends on the batch/);
    expect(await refusal((x) => x.mul(x.shape[0] as number))).toContain("{ dynamicBatch: false }");
    await exportOnnx((x) => x.mul(x.shape[0] as number), zeros([2, 4]), { dynamicBatch: false });
  });

  test("state", async () => {
    const seen = new Variable(tensor(0), { name: "seen" });
    const message = await refusal((x) => {
      seen.assign(seen.read().add(1));
      return relu(x);
    });
    expect(message).toContain("assigned: seen");
  });

  test("options", async () => {
    const x = zeros([2, 4]);
    await expect(exportOnnx(relu, x, { opset: 9 })).rejects.toThrow(/opset is 9\n {2}fix: use 13 … 21/);
    await expect(exportOnnx(relu, x, { names: { inputs: ["a", "b"] } })).rejects.toThrow(/must be 1 different names/);
    await expect(exportOnnx(relu, x, { opsets: 9 } as object)).rejects.toThrow(/opset/);
  });
});

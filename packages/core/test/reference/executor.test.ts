import { describe, expect, it } from "vitest";
import { ProgramError } from "../../src/errors/errors.ts";
import { identityExpression, ScalarBuilder, type ScalarExpression } from "../../src/program/scalar.ts";
import { formatProgram } from "../../src/program/text.ts";
import { referenceExecutor } from "../../src/reference/executor.ts";
import { ProgramBuilder } from "./program-builder.ts";

function plus(value: number): ScalarExpression {
  const s = new ScalarBuilder();
  return s.build([s.binary("add", s.read(0, "float32"), s.const(value, "float32"))]);
}

const content = (storages: readonly { readSync?(): ArrayLike<number> }[]): number[][] =>
  storages.map((s) => Array.from(s.readSync!()));

describe("assignments", () => {
  it("swap variables", () => {
    const b = new ProgramBuilder();
    const [x, y] = [b.variable("float32", [2], [1, 2]), b.variable("float32", [2], [3, 4])];
    b.assign(0, y).assign(1, x);
    const executor = referenceExecutor();
    const storages = b.storages(executor);
    b.run(executor, storages);
    expect(content(storages)).toEqual([
      [3, 4],
      [1, 2],
    ]); // prettier-ignore
    b.run(executor, storages);
    expect(content(storages)).toEqual([
      [1, 2],
      [3, 4],
    ]); // prettier-ignore
  });

  it("take temporaries, inputs and strided views; outputs show the state before them", () => {
    const b = new ProgramBuilder();
    const x = b.variable("float32", [2, 2], [1, 2, 3, 4]);
    const y = b.variable("float32", [2], [0, 0]);
    b.variable("float32", [1], [0]);
    const t = b.temporary("float32", [2]);
    const row = { ...x, shape: [2], strides: [1] };
    b.kernel({ kind: "map", shape: [2], reads: [row], writes: [t], expression: plus(10) });
    b.assign(0, { ...x, strides: [1, 2] })
      .assign(1, t)
      .assign(2, b.input("float32", [1], [7]))
      .output(x)
      .output(y)
      .output(t);
    const executor = referenceExecutor();
    const storages = b.storages(executor);
    expect(b.run(executor, storages)).toEqual([
      [1, 2, 3, 4],
      [0, 0],
      [11, 12],
    ]); // prettier-ignore
    expect(content(storages)).toEqual([[1, 3, 2, 4], [11, 12], [7]]); // prettier-ignore
  });

  it("do not happen when a check fails", () => {
    const b = new ProgramBuilder();
    b.variable("float32", [1], [1]);
    const bad = b.input("float32", [1], [Number.NaN]);
    b.kernel({ kind: "check", reads: [bad], writes: [] }).assign(0, bad);
    const executor = referenceExecutor();
    const storages = b.storages(executor);
    expect(() => b.run(executor, storages)).toThrow("element [0] is NaN");
    expect(content(storages)).toEqual([[1]]);
  });

  it("are not needed where a kernel writes the variable itself", () => {
    const b = new ProgramBuilder();
    const x = b.variable("float32", [2], [1, 2]);
    b.kernel({ kind: "map", shape: [2], reads: [x], writes: [x], expression: plus(1) }).output(x);
    const executor = referenceExecutor();
    const storages = b.storages(executor);
    expect(b.run(executor, storages)).toEqual([[2, 3]]);
    expect(b.run(executor, storages)).toEqual([[3, 4]]);
    expect(content(storages)).toEqual([[3, 4]]);
  });
});

describe("memory", () => {
  it("overlaps temporaries where the plan says so, and outputs outlive it", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [4], [1, 2, 3, 4]);
    const [first, second] = [b.temporary("float32", [4]), b.temporary("float32", [4])];
    b.kernel({ kind: "map", shape: [4], reads: [x], writes: [first], expression: plus(1) });
    b.kernel({ kind: "map", shape: [4], reads: [first], writes: [second], expression: plus(1) });
    b.output(second);
    const program = b.build();
    const overlapped = { ...program, arena: 16, buffers: program.buffers.map((buffer) => ({ ...buffer, offset: 0 })) };
    const executor = referenceExecutor();
    const prepared = executor.prepare(overlapped);
    const inputs = [Float32Array.of(1, 2, 3, 4)];
    const [before] = prepared.run({ inputs, variables: [] });
    const [after] = prepared.run({ inputs: [Float32Array.of(5, 6, 7, 8)], variables: [] });
    expect([before!, after!].map((v) => Array.from(v.readSync!()))).toEqual([
      [3, 4, 5, 6],
      [7, 8, 9, 10],
    ]); // prettier-ignore
    expect(before!.dtype).toBe("float32");
  });

  it("is shared by programs of an executor, whichever runs", () => {
    const executor = referenceExecutor();
    const chain = (n: number): ProgramBuilder => {
      const b = new ProgramBuilder();
      let x = b.input("float32", [n], Array(n).fill(1));
      for (let k = 0; k < 3; k++) {
        const y = b.temporary("float32", [n]);
        b.kernel({ kind: "map", shape: [n], reads: [x], writes: [y], expression: plus(1) });
        x = y;
      }
      return b.output(x);
    };
    const [small, large] = [chain(2), chain(2000)];
    for (let i = 0; i < 3; i++) {
      expect(small.run(executor)).toEqual([[4, 4]]);
      expect(large.run(executor)).toEqual([Array(2000).fill(4)]);
    }
  });

  it("is not disturbed by a run inside a host kernel", () => {
    const executor = referenceExecutor();
    const inner = new ProgramBuilder();
    const t = inner.temporary("float32", [4]);
    const five = { instructions: [{ op: "const", value: 5, dtype: "float32" }], results: [0] } as const;
    inner.kernel({ kind: "map", shape: [4], reads: [], writes: [t], expression: five }).output(t);
    const b = new ProgramBuilder();
    const x = b.input("float32", [4], [1, 2, 3, 4]);
    const [y, z] = [b.temporary("float32", [4]), b.temporary("float32", [1])];
    b.kernel({ kind: "map", shape: [4], reads: [x], writes: [y], expression: plus(1) });
    b.kernel({
      kind: "host",
      reads: [],
      writes: [z],
      call: (_, [w]) => {
        w!.data[0] = inner.run(executor)[0]![3]!;
      },
    });
    b.output(y).output(z);
    expect(b.run(executor)).toEqual([[2, 3, 4, 5], [5]]); // prettier-ignore
  });
});

describe("storage", () => {
  it("copies in, hands the live array out, and refuses what does not fit", async () => {
    const executor = referenceExecutor();
    const storage = executor.createStorage("float32", 2);
    const data = Float32Array.of(1, 2);
    storage.write(data);
    data[0] = 9;
    expect(Array.from(await storage.read())).toEqual([1, 2]);
    expect(storage.owner).toBe(executor);
    expect([storage.dtype, storage.length]).toEqual(["float32", 2]);
    expect(() => storage.write(Float32Array.of(1))).toThrow(ProgramError);
    expect(() => storage.write(Int32Array.of(1, 2))).toThrow("Int32Array of 2 for 2 elements of float32");
  });
});

describe("what does not fit", () => {
  it("is named before anything runs", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2], [1, 2]);
    b.variable("int32", [1], [1]);
    const y = b.temporary("float32", [2]);
    b.kernel({ kind: "map", shape: [2], reads: [x], writes: [y], expression: identityExpression("float32") }).output(y);
    const executor = referenceExecutor();
    const prepared = executor.prepare(b.build());
    expect(() => prepared.run({ inputs: [], variables: [] })).toThrow("input 0 is missing\n  - variable 0 is missing");
    expect(() => prepared.run({ inputs: [new Float32Array(3)], variables: b.storages(executor) })).toThrow(
      "input 0 has 3 of 2 elements",
    );
    expect(() => prepared.run({ inputs: [new Int32Array(2)], variables: b.storages(executor) })).toThrow(
      "input 0 is no array of float32",
    );
    expect(() => prepared.run({ inputs: [new Float32Array(2)], variables: b.storages(referenceExecutor()) })).toThrow(
      "not of this executor",
    );
  });

  it("is an operand outside its buffer", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2], [1, 2]);
    const y = b.temporary("float32", [3]);
    const reads = [{ ...x, shape: [3], strides: [-1], offset: 1 }];
    b.kernel({ kind: "map", shape: [3], reads, writes: [y], expression: identityExpression("float32") });
    expect(() => b.run()).toThrow("kernel 0 (map), read 0: elements -1 … 1 of buffer 0, which has 2");
  });
});

describe("a temporary without a place", () => {
  const build = (used: boolean): ProgramBuilder => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2], [1, 2]);
    const [y, z] = [b.temporary("float32", [2]), b.temporary("float32", [2])];
    b.kernel({ kind: "map", shape: [2], reads: [x], writes: [used ? z : y], expression: plus(1) }).output(used ? z : y);
    return b;
  };
  const unplaced = (used: boolean) => {
    const program = build(used).build();
    return { ...program, buffers: program.buffers.map((b) => (b.id === 2 ? { ...b, offset: -1 } : b)) };
  };
  it("may be there, but not be used", () => {
    const executor = referenceExecutor();
    const [value] = executor.prepare(unplaced(false)).run({ inputs: [Float32Array.of(1, 2)], variables: [] });
    expect(Array.from(value!.readSync!())).toEqual([2, 3]);
    expect(() => executor.prepare(unplaced(true))).toThrow("write 0: buffer 2 has no place in the arena");
  });
});

describe("traits", () => {
  it("take fused programs only when asked", () => {
    const [plain, fused] = [referenceExecutor().traits, referenceExecutor({ fuse: true }).traits];
    expect([plain.epilogues.size, plain.prologues.size, plain.fuseMaps]).toEqual([0, 0, false]);
    expect([...fused.epilogues].sort()).toEqual(["contract", "conv", "reduce"]);
    expect([...fused.prologues]).toEqual(["reduce"]);
    expect(fused.fuseMaps).toBe(true);
  });
});

describe("text", () => {
  it("shows buffers, kernels, outputs and assignments", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const w = b.variable("float32", [2, 3], [0, 0, 0, 0, 0, 0]);
    const [y, z] = [b.temporary("float32", [3, 2]), b.temporary("float32", [2, 2])];
    const origins = [{ op: "add", scope: "head.0", at: () => "a.ts:1:1" }];
    b.kernel({
      kind: "map",
      shape: [3, 2],
      reads: [{ ...x, shape: [3, 2], strides: [1, 3] }],
      writes: [y],
      expression: plus(1),
      origins,
    });
    const s = new ScalarBuilder();
    const relu = s.build([s.binary("max", s.read(0, "float32"), s.const(0, "float32"))]);
    b.kernel({ kind: "contract", batch: [], m: 2, n: 2, k: 3, reads: [w, y], writes: [z], epilogue: relu });
    b.output(z).assign(0, x);
    expect(formatProgram(b.build()).split("\n")).toEqual([
      "program: 4 buffers, 2 kernels, arena of 48 bytes",
      "input 0 %0: float32 [2, 3], argument, kernels 0 … 0",
      "variable 0 %1: float32 [2, 3], kernels 0 … 0",
      "temporary %2: float32 [3, 2], bytes 0 … 24, kernels 0 … 0",
      "temporary %3: float32 [2, 2], bytes 32 … 48, kernels 0 … 0",
      "0 map %2[3, 2] ← %0[3, 2](1, 3)   add, head.0",
      "    (r0 + 1)",
      "1 contract %3[2, 2] ← %1[2, 3], %2[3, 2]",
      "    m 2, n 2, k 3",
      "    epilogue max(y0, 0)",
      "output 0 ← %3[2, 2]",
      "variable 0 ← %0[2, 3]",
    ]);
  });
});

import {
  type Buffer,
  collect,
  type Graph,
  type Kernel,
  type MapKernel,
  type Program,
  ProgramError,
  plan,
  referenceExecutor,
  type Tensor,
  tensor,
  Variable,
  validateGraph,
  validateProgram,
} from "@prewitt/core";
import { describe, expect, test } from "vitest";

const { traits } = referenceExecutor();
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]); // prettier-ignore

/** contract, map, reduce over [2, 3]. */
function program(): Program {
  const y = x.matmul(x.transpose()).add(0.3).sum({ axis: 1 });
  const valid = plan(collect([y]), traits);
  validateProgram(valid);
  return valid;
}

function expectProblem(broken: Program, problem: string | RegExp): void {
  expect(() => validateProgram(broken)).toThrow(ProgramError);
  expect(() => validateProgram(broken)).toThrow(problem);
}

/** The program with one kernel changed. */
function withKernel(at: number, change: (kernel: never) => object): Program {
  const p = program();
  return { ...p, kernels: p.kernels.map((k, i) => (i === at ? ({ ...k, ...change(k as never) } as Kernel) : k)) };
}

function withBuffer(id: number, change: Partial<Buffer>): Program {
  const p = program();
  return { ...p, buffers: p.buffers.map((b) => (b.id === id ? { ...b, ...change } : b)) };
}

const writeOf = (at: number): number => program().kernels[at]?.writes[0]?.buffer as number;

describe("programs", () => {
  test("an operand that leaves its buffer, at either end", () => {
    const grow = (k: MapKernel) => ({ reads: [{ ...k.reads[0]!, offset: 1 }, ...k.reads.slice(1)] });
    expectProblem(
      withKernel(1, grow),
      /kernel 1 \(map add\): read 0 reaches elements 1 … 4 of buffer \d+, which has 4/,
    );
    const back = (k: MapKernel) => ({ reads: [{ ...k.reads[0]!, strides: [2, -1] }, ...k.reads.slice(1)] });
    expectProblem(withKernel(1, back), "read 0 reaches elements -1 … 2");
  });

  test("strides that are too few or no integers", () => {
    expectProblem(
      withKernel(1, (k: MapKernel) => ({ reads: [{ ...k.reads[0]!, strides: [1] }] })),
      "has 1 strides for 2 axes",
    );
    expectProblem(
      withKernel(1, (k: MapKernel) => ({ reads: [{ ...k.reads[0]!, strides: [0.5, 1] }] })),
      "that is no integer",
    );
  });

  test("reads of what nothing has written, and of buffers that do not exist", () => {
    const p = program();
    expectProblem({ ...p, kernels: p.kernels.slice(1) }, /read 0 is of buffer \d+, which nothing has written/);
    expectProblem({ ...p, kernels: [p.kernels[1]!, p.kernels[0]!, p.kernels[2]!] }, "which nothing has written");
    expectProblem(
      { ...p, outputs: [{ ...p.outputs[0]!, buffer: 99 }] },
      "output 0 is of buffer 99, which does not exist",
    );
  });

  test("buffers written twice, by halves, or to an input", () => {
    const p = program();
    expectProblem(
      { ...p, kernels: [...p.kernels, p.kernels[2]!] },
      /write 0 is to buffer \d+, which kernel 2 has written already/,
    );
    const half = (k: MapKernel) => ({ shape: [1, 2], writes: [{ ...k.writes[0]!, shape: [1, 2] }] });
    expectProblem(withKernel(1, half), /write 0 covers 2 of 4 elements/);
    const input = p.inputs[0]!.buffer;
    expectProblem(
      withKernel(1, (k: MapKernel) => ({ writes: [{ ...k.writes[0]!, buffer: input }] })),
      `is to input buffer ${input}`,
    );
    expectProblem(
      withKernel(1, (k: MapKernel) => ({ writes: [{ ...k.writes[0]!, strides: [0, 1] }] })),
      "several indices of one element",
    );
  });

  test("shapes that are not the kernel's", () => {
    expectProblem(
      withKernel(0, () => ({ k: 4 })),
      /kernel 0 \(contract matmul\): a has the shape \[2, 3\], not \[2, 4\]/,
    );
    expectProblem(
      withKernel(1, () => ({ shape: [4] })),
      "read 0 has the shape [2, 2], not [4]",
    );
    expectProblem(
      withKernel(2, () => ({ axes: [0] })),
      "write 0 has the shape [2, 1], not [1, 2]",
    );
  });

  test("expressions: operands, dtypes, order, results", () => {
    const instructions = (list: readonly object[]) => () => ({
      expression: { instructions: list, results: [list.length - 1] },
    });
    const read = { op: "read", operand: 0, dtype: "float32" };
    expectProblem(
      withKernel(1, instructions([{ ...read, operand: 5 }])),
      "instruction 0 (read): operand 5 does not exist",
    );
    expectProblem(withKernel(1, instructions([{ ...read, dtype: "int32" }])), "reads int32, operand 0 is float32");
    expectProblem(
      withKernel(1, instructions([{ op: "neg", a: 1, dtype: "float32" }, read])),
      "uses a value that comes later",
    );
    expectProblem(
      withKernel(1, instructions([read, { op: "cast", a: 0, dtype: "int32" }])),
      "result 0 is int32, the buffer float32",
    );
    expectProblem(
      withKernel(1, instructions([read, { op: "lt", a: 0, b: 0, dtype: "float32" }])),
      "gives float32 from float32",
    );
    expectProblem(
      withKernel(
        1,
        instructions([read, { op: "index", axis: 2, dtype: "int32" }, { op: "cast", a: 1, dtype: "float32" }]),
      ),
      "axis 2 does not exist",
    );
    expectProblem(
      withKernel(
        1,
        instructions([read, { op: "index", axis: 0, dtype: "int32" }, { op: "add", a: 0, b: 1, dtype: "float32" }]),
      ),
      "joins float32 and int32",
    );
    expectProblem(
      withKernel(1, () => ({ expression: { instructions: [read], results: [0, 0] } })),
      "has 2 results for 1 writes",
    );
    expectProblem(
      withKernel(2, () => ({ accumulators: [{ kind: "sum", value: 3 }] })),
      "accumulator 0 takes value 3, which the prologue does not give",
    );
  });

  test("tables: ids, inputs, literal data, variables bound twice", () => {
    expectProblem(withBuffer(0, { id: 3 }), "buffer 0 has the id 3");
    expectProblem(withBuffer(0, { index: 1 }), "buffer 0 is not the buffer of input 1");
    const p = program();
    expectProblem(
      { ...p, inputs: p.inputs.map((i) => ({ ...i, data: new Float32Array(9) })) },
      "input 0 holds 9 elements",
    );
  });

  test("memory: live buffers that overlap, lie outside the arena, or unaligned", () => {
    const [a, b] = [writeOf(0), writeOf(1)];
    const p = program();
    const at = p.buffers[a]!.offset;
    // The map may overwrite its operand element for element, but no more than that.
    const inPlace = withBuffer(b, { offset: at });
    const apart = inPlace.buffers.map((x) => (x.id === writeOf(2) ? { ...x, offset: p.arena } : x));
    validateProgram({ ...inPlace, buffers: apart, arena: p.arena + 16 });
    expectProblem(
      withBuffer(writeOf(2), { offset: p.buffers[b]!.offset }),
      /buffers \d+ and \d+ share bytes, and both live at kernel 2/,
    );
    expectProblem(withBuffer(b, { offset: at + 4 }), "share bytes, and both live at kernel 1");
    expectProblem(withBuffer(a, { offset: p.arena }), `lies at ${p.arena}, outside the arena of ${p.arena} bytes`);
    expectProblem(withBuffer(a, { offset: 2 }), `buffer ${a} of float32 lies at 2`);
    expectProblem(withBuffer(a, { last: 0 }), `buffer ${a} is said to live over 0 … 0, it does over 0 … 1`);
  });

  test("assignments: of values that are computed, of the variable's size, once each", () => {
    const v = new Variable(tensor([1, 2]));
    const p = program();
    const variable = { id: v.id, name: "v", buffer: p.buffers.length, dtype: "float32", shape: [2] } as const;
    const buffer: Buffer = {
      id: variable.buffer,
      role: "variable",
      index: 0,
      dtype: "float32",
      shape: [2],
      offset: -1,
      first: -1,
      last: -1,
    };
    const value = p.outputs[0]!;
    const assigned = (assigns: Program["assigns"]): Program => ({
      ...p,
      buffers: [...p.buffers, buffer],
      variables: [variable],
      assigns,
    });
    validateProgram(assigned([{ variable: 0, value }]));
    expectProblem(
      assigned([
        { variable: 0, value },
        { variable: 0, value },
      ]),
      "v is assigned twice",
    ); // prettier-ignore
    expectProblem(assigned([{ variable: 1, value }]), "assignment 0 is to variable 1, which does not exist");
    expectProblem(
      assigned([{ variable: 0, value: { ...value, buffer: variable.buffer } }]),
      "which no kernel has computed",
    );
    const wide = p.kernels[1]!.writes[0]!;
    expectProblem(assigned([{ variable: 0, value: wide }]), "the value of v does not fit it");
    // Overwritten in place, and then a kernel that may still stop the run.
    const write = { buffer: variable.buffer, shape: [2], strides: [1], offset: 0 };
    const store: Kernel = {
      kind: "map",
      shape: [2],
      reads: [value],
      writes: [write],
      expression: { instructions: [{ op: "read", operand: 0, dtype: "float32" }], results: [0] },
    };
    const check: Kernel = { kind: "check", reads: [value], writes: [] };
    const planned = (kernels: readonly Kernel[]): Program => {
      const unplanned = (b: Buffer): Buffer => ({ ...b, offset: -1, first: -1, last: -1 });
      return {
        ...p,
        buffers: [...p.buffers, buffer].map(unplanned),
        variables: [variable],
        kernels: [...p.kernels, ...kernels],
      };
    };
    validateProgram(planned([check, store]));
    expectProblem(planned([store, check]), "may stop the run after a variable was overwritten");
  });

  test("all violations are listed at once", () => {
    const p = program();
    expectProblem(
      { ...p, kernels: p.kernels.slice(2), outputs: [...p.outputs, { ...p.outputs[0]!, strides: [2] }] },
      /nothing has written\n(.|\n)*- output 1 reaches/,
    );
  });
});

describe("graphs", () => {
  const graph = (): Graph => collect([x.mul(2).tanh().add(x)]);
  const expectGraphProblem = (broken: Graph, problem: string): void => {
    expect(() => validateGraph(broken)).toThrow(ProgramError);
    expect(() => validateGraph(broken)).toThrow(problem);
  };

  test("a valid one passes", () => {
    validateGraph(graph());
    validateGraph(collect([x]));
  });

  test("order, and nodes that are missing or there twice", () => {
    const g = graph();
    const [a, b, c] = g.nodes as [Graph["nodes"][0], Graph["nodes"][0], Graph["nodes"][0]];
    expectGraphProblem({ ...g, nodes: [b, a, c] }, "node 0 [tanh] reads input 0 [mul] before it is computed");
    expectGraphProblem({ ...g, nodes: [a, c] }, "node 1 [add] reads input 0 [tanh] before it is computed");
    expectGraphProblem({ ...g, nodes: [a, b] }, "output 0 [add] is not computed");
    expectGraphProblem({ ...g, nodes: [a, a, b, c] }, "node 1 [mul] is listed twice");
    expectGraphProblem({ ...g, leaves: g.leaves.slice(1) }, "before it is computed");
    expectGraphProblem({ ...g, leaves: [...g.leaves, ...g.leaves] }, "a leaf is listed twice");
    expectGraphProblem({ ...g, leaves: [...g.leaves, a.tensors[0]!] }, "[mul] is listed as a leaf but has no value");
  });

  test("outputs that are not what the shape rule says", () => {
    const y: Tensor = x.mul(2);
    const g = collect([y]);
    const forged = Object.assign(Object.create(Object.getPrototypeOf(y.node)), y.node, {
      outputs: [{ shape: [6], dtype: "float32" }],
    });
    forged.tensors = [Object.assign(Object.create(Object.getPrototypeOf(y)), { node: forged, output: 0 })];
    expectGraphProblem(
      { ...g, nodes: [forged], outputs: forged.tensors },
      "its outputs are float32 [6], its shape rule says float32 [2, 3]",
    );
  });

  test("assignments and checks", () => {
    const v = new Variable(tensor([1, 2]), { name: "v" });
    const y = x.mul(2);
    expectGraphProblem(collect([y], [{ variable: v, value: y }]), "v is float32 [2], its value float32 [2, 3]");
    const value = v.read().mul(2);
    expectGraphProblem(
      collect(
        [],
        [
          { variable: v, value },
          { variable: v, value },
        ],
      ),
      "v is assigned twice",
    ); // prettier-ignore
    expectGraphProblem(collect([], [], [x.cast("int32").sum()]), "check 0 looks at int32, which is always finite");
  });
});

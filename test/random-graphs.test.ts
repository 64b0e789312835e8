/**
 * Random graphs of many ops: what must hold for any graph, whatever is in it.
 */

import {
  compile,
  type Executor,
  type ExecutorTraits,
  evaluate,
  formatGraph,
  formatProgram,
  type Program,
  referenceExecutor,
  settle,
  sizeOf,
  stridesOf,
  type Tensor,
  type TypedArray,
  useExecutor,
  Variable,
  validateProgram,
} from "@prewitt/core";
import * as ops from "@prewitt/ops";
import { checkedStages, expectSameBits, inputsOf, type RandomGraph, randomGraphs, runOn } from "@prewitt/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { opsTemplates } from "./graph-templates.ts";

const options = { templates: opsTemplates, scope: ops };
const graphs = randomGraphs(options);
const plain = referenceExecutor();
const fused = referenceExecutor({ fuse: true });

/** The reference's kernels under other traits. */
function withTraits(name: string, traits: Partial<ExecutorTraits>): Executor {
  return {
    name,
    traits: { ...fused.traits, ...traits },
    prepare: (program) => fused.prepare(program),
    createStorage: (dtype, length) => fused.createStorage(dtype, length),
  };
}

function expectEqualValues(actual: readonly TypedArray[], expected: readonly TypedArray[], what: string): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, data] of actual.entries()) expectSameBits(data, expected[i] as TypedArray, `output ${i}, ${what}`);
}

function holds(arbitrary: fc.Arbitrary<RandomGraph>, numRuns: number, law: (graph: RandomGraph) => void): void {
  fc.assert(fc.property(arbitrary, law), { numRuns });
}

test.each([
  ["fused", fused, 200],
  ["fused with short expressions", withTraits("short", { maxExpression: 6 }), 60],
  ["fused, channels-last", withTraits("channels-last", { layout: "channels-last" }), 150],
  ["contiguous operands only", withTraits("contiguous", { stridedReads: new Set(["map", "reduce"]) }), 60],
] as const)("%s is unfused, bit for bit, and every pass keeps the rules", (_, executor, numRuns) => {
  holds(graphs, numRuns, ({ fn, inputs }) => {
    const outputs = fn(...inputs);
    const expected = runOn(plain, outputs).values;
    expectEqualValues(runOn(executor, outputs).values, expected, executor.name);
  });
});

test("in float64 too", () => {
  holds(randomGraphs({ ...options, dtype: "float64" }), 60, ({ fn, inputs }) => {
    const outputs = fn(...inputs);
    expectEqualValues(runOn(fused, outputs).values, runOn(plain, outputs).values, "fused");
  });
});

test("compiled is evaluated, bit for bit, and a second call repeats the first", () => {
  using _ = useExecutor(fused);
  holds(graphs, 100, ({ fn, inputs }) => {
    const outputs = fn(...inputs);
    evaluate(...outputs);
    const expected = outputs.map((t) => t.dataSync());
    const compiled = compile((...xs: Tensor[]) => fn(...xs));
    const [first, second] = [compiled(...inputs), compiled(...inputs)];
    expectEqualValues(
      first.map((t) => t.dataSync()),
      expected,
      "compiled",
    ); // prettier-ignore
    expectEqualValues(
      second.map((t) => t.dataSync()),
      expected,
      "second call",
    ); // prettier-ignore
    expect(compiled.traces).toBe(1);
  });
});

/** Variables that a step replaces by values of their shape, or by a multiple of themselves. */
function stepOf({ fn }: RandomGraph, variables: readonly Variable[]): () => Tensor[] {
  return () => {
    const outputs = fn(...variables.map((v) => v.read()));
    const left = [...outputs];
    const next = variables.map((v) => {
      const at = left.findIndex((t) => t.shape.join() === v.shape.join() && t.dtype === v.dtype);
      return at < 0 ? v.read().mul(0.75) : (left.splice(at, 1)[0] as Tensor);
    });
    for (const [i, v] of variables.entries()) v.assign(next[i] as Tensor);
    return outputs;
  };
}

test.each([plain, fused])("variables updated in place are variables assigned anew, bit for bit (%#)", (executor) => {
  const programs: Program[] = [];
  const watched: Executor = {
    ...withTraits("watched", executor.traits),
    prepare: (program) => {
      programs.push(program);
      return executor.prepare(program);
    },
    createStorage: (dtype, length) => executor.createStorage(dtype, length),
  };
  let inPlace = 0;
  holds(graphs, 50, (graph) => {
    const run = (compiled: boolean): TypedArray[] => {
      using _ = useExecutor(watched);
      const variables = graph.inputs.map((t) => new Variable(t));
      const step = compiled ? compile(stepOf(graph, variables), { checkFinite: false }) : stepOf(graph, variables);
      const handles: Tensor[] = [];
      for (let n = 0; n < 3; n++) {
        handles.push(...variables.map((v) => v.read()), ...step());
        settle(...variables);
      }
      return [...handles, ...variables.map((v) => v.read())].map((t) => t.dataSync());
    };
    const expected = run(false);
    programs.length = 0;
    expectEqualValues(run(true), expected, "compiled");
    for (const program of programs) {
      validateProgram(program);
      inPlace += program.variables.length - program.assigns.length;
    }
  });
  expect(inPlace).toBeGreaterThan(20);
});

test("values do not depend on what else is evaluated, or in which order", () => {
  using _ = useExecutor(plain);
  holds(graphs, 60, ({ fn, inputs }) => {
    const together = runOn(plain, fn(...inputs)).values;
    const alone = fn(...inputs)
      .reverse()
      .map((t) => t.dataSync())
      .reverse(); // prettier-ignore
    expectEqualValues(alone, together, "one by one");
  });
});

/** The program with memory of its own for every buffer. */
function withoutSharing(program: Program): Program {
  let arena = 0;
  const buffers = program.buffers.map((b) => {
    if (b.role !== "temporary") return b;
    const offset = arena;
    arena += Math.ceil((sizeOf(b.shape) * 8) / 16) * 16 + 16;
    return { ...b, offset };
  });
  return { ...program, buffers, arena };
}

/** Leaves NaN all over the arena of `executor`. */
function poison(executor: Executor, bytes: number): void {
  const shape = [Math.ceil(bytes / 4) + 64];
  const operand = { buffer: 0, shape, strides: stridesOf(shape), offset: 0 };
  const expression = { instructions: [{ op: "const", value: Number.NaN, dtype: "float32" }], results: [0] } as const;
  const program: Program = {
    buffers: [{ id: 0, role: "temporary", index: -1, dtype: "float32", shape, offset: 0, first: 0, last: 1 }],
    kernels: [{ kind: "map", shape, reads: [], writes: [operand], expression }],
    inputs: [],
    variables: [],
    outputs: [{ ...operand, shape: [1], strides: [1] }],
    assigns: [],
    arena: shape[0]! * 4,
  };
  expect(executor.prepare(program).run({ inputs: [], variables: [] })[0]?.readSync?.()[0]).toBeNaN();
}

test("planned memory is never shared by two live buffers, and nothing is read before it is written", () => {
  for (const executor of [plain, fused]) {
    holds(graphs, 80, ({ fn, inputs }) => {
      const { program, collected } = checkedStages(fn(...inputs), executor);
      const bindings = { inputs: inputsOf(program, collected.leaves), variables: [] };
      const run = (p: Program): TypedArray[] => {
        poison(executor, p.arena);
        return executor
          .prepare(p)
          .run(bindings)
          .map((v) => v.readSync?.() as TypedArray); // prettier-ignore
      };
      expectEqualValues(run(program), run(withoutSharing(program)), "shared memory");
    });
  }
});

test("graphs and programs print, and the same graph prints the same", () => {
  holds(graphs, 30, ({ fn, inputs }) => {
    const texts = [0, 1].map(() => {
      const { collected, program } = checkedStages(fn(...inputs), fused);
      const lines = formatGraph(collected).split("\n");
      expect(lines).toHaveLength(collected.leaves.length + collected.nodes.length + 1);
      return [...lines.map((line) => line.replace(/ {2}#.*/, "")), formatProgram(program)].join("\n");
    });
    expect(texts[1]).toBe(texts[0]);
  });
});

test("a failing graph is printed as code", () => {
  const [graph] = fc.sample(graphs, { numRuns: 1, seed: 5 });
  expect(fc.stringify(graph)).toMatch(/^\nconst v0 = tensor\(\[.*\n(.*\n)*\/\/ outputs: v\d+/);
});

/**
 * Arbitrary of valid programs: shared subgraphs, views, reductions, gradients of all of it. On failure it shrinks to few
 * lines and prints itself as code.
 */

import * as core from "@prewitt/core";
import { type DType, type Shape, sizeOf, Tensor } from "@prewitt/core";
import fc from "fast-check";
import { tensorCode } from "../arbitraries/tensors.ts";
import { randomFrom } from "../random.ts";
import { baseTemplates } from "./base-templates.ts";
import { Choices, type GraphTemplate, type GraphValue } from "./template.ts";

export interface RandomGraphOptions {
  /** Templates besides those of the base ops. */
  readonly templates?: readonly GraphTemplate[] | undefined;
  /** What the templates' code may name, besides core. */
  readonly scope?: Readonly<Record<string, unknown>> | undefined;
  /** Default 16. */
  readonly maxSteps?: number | undefined;
  /** Default float32. */
  readonly dtype?: "float32" | "float64" | undefined;
  /** Shapes of the inputs. Default: small ones of ranks 0 to 4. */
  readonly inputs?: readonly (readonly Shape[])[] | undefined;
}

export interface RandomGraph {
  readonly inputs: readonly Tensor[];
  /** Builds the graph anew and gives the values that nothing else uses. */
  fn(...inputs: Tensor[]): Tensor[];
  /** TypeScript that does the same. */
  readonly code: string;
}

/** Largest value, in elements. */
const LARGEST = 4096;

/** Nodes that gradients of gradients may add up to. */
const MOST_NODES = 3000;

// biome-ignore format: one program a line
const shapeSets: readonly (readonly Shape[])[] = [
  [[2, 3]],
  [[2, 3], [2, 1], []],
  [[4], [4]],
  [[2, 2, 5, 4], [1, 2, 1, 1], [3, 2, 2, 2]],
  [[1, 3, 6, 6], [2, 3, 3, 1]],
  [[3, 1, 4, 7], [4, 1, 3, 2], [1, 4, 1, 1]],
  [[3, 4], [4, 3], [1, 4]],
  [[2, 1, 3], [2, 4, 1]],
  [[1, 1], [5, 1]],
];

interface Step {
  readonly template: GraphTemplate;
  readonly choices: readonly number[];
}

/** Random graphs over core's base ops and the given templates. */
export function randomGraphs(options: RandomGraphOptions = {}): fc.Arbitrary<RandomGraph> {
  const { templates = [], scope = {}, maxSteps = 16, dtype = "float32", inputs = shapeSets } = options;
  const weighted = [...baseTemplates, ...templates].flatMap((t) => new Array<GraphTemplate>(t.weight ?? 1).fill(t));
  const step: fc.Arbitrary<Step> = fc.record({
    template: fc.constantFrom(...weighted),
    choices: fc.array(fc.nat(23), { minLength: 6, maxLength: 6 }),
  });
  return fc
    .record({
      shapes: fc.constantFrom(...inputs),
      seed: fc.nat(1000),
      steps: fc.array(step, { minLength: 1, maxLength: maxSteps, size: "max" }),
    })
    .map(({ shapes, seed, steps }) => writeGraph(shapes, seed, steps, dtype, { ...core, ...scope }));
}

/** Small values, different from one another, exact in a few digits. */
function inputOf(shape: Shape, seed: number, number: number, dtype: DType): { tensor: Tensor; code: string } {
  const random = randomFrom(`${seed} ${number}`);
  const data = core.allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = Math.round((random() * 4 - 2) * 256) / 256;
  return { tensor: core.tensor(data, { shape, dtype }), code: tensorCode(data, shape, dtype) };
}

function writeGraph(
  shapes: readonly Shape[],
  seed: number,
  steps: readonly Step[],
  dtype: DType,
  scope: Readonly<Record<string, unknown>>,
): RandomGraph {
  const inputs = shapes.map((shape, i) => inputOf(shape, seed, i, dtype));
  const values: GraphValue[] = [];
  const tensors: Tensor[] = [];
  const add = (tensor: Tensor, sources: readonly GraphValue[] = []): string => {
    const name = `v${values.length}`;
    const from = new Set([name, ...sources.flatMap((v) => [...v.from])]);
    values.push({ name, shape: tensor.shape, dtype: tensor.dtype, from });
    tensors.push(tensor);
    return name;
  };
  for (const input of inputs) add(input.tensor);
  const lines: string[] = [];
  const used = new Set<string>();
  const first = core.session.nextNode;
  for (const { template, choices } of steps) {
    if (core.session.nextNode - first > MOST_NODES) break;
    const expression = template.write(new Choices(values, choices, dtype));
    if (expression === undefined) continue;
    const names = values.map((v) => v.name);
    const result = compileCode(scope, names, `return ${expression};`)(...tensors) as
      | Tensor
      | readonly Tensor[]
      | Readonly<Record<string, Tensor>>;
    const results = result instanceof Tensor ? [result] : Object.values(result);
    if (results.some((t) => t.size > LARGEST || t.rank > 6)) continue;
    const sources = values.filter((v) => new RegExp(`\\b${v.name}\\b`).test(expression));
    for (const v of sources) used.add(v.name);
    lines.push(`const ${targetOf(result, (t) => add(t, sources))} = ${expression};`);
  }
  const inputNames = inputs.map((_, i) => `v${i}`);
  const computed = values.slice(lines.length > 0 ? inputs.length : 0);
  const sinks = computed.map((v) => v.name).filter((name) => !used.has(name));
  const body = [...lines, `return [${sinks.join(", ")}];`].join("\n");
  const fn = compileCode(scope, inputNames, body) as (...xs: Tensor[]) => Tensor[];
  const declarations = inputs.map((input, i) => `const v${i} = ${input.code};`);
  const code = [...declarations, ...lines, `// outputs: ${sinks.join(", ")}`].join("\n");
  const graph: RandomGraph = { inputs: inputs.map((input) => input.tensor), fn, code };
  return Object.defineProperty(graph, fc.toStringMethod, { value: () => `\n${code}\n` });
}

/** `v3`, `[v3, v4]` or `{ mean: v3, variance: v4 }` */
function targetOf(
  result: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>,
  add: (t: Tensor) => string,
): string {
  if (result instanceof Tensor) return add(result);
  if (Array.isArray(result)) return `[${result.map(add).join(", ")}]`;
  return `{ ${Object.entries(result)
    .map(([key, t]) => `${key}: ${add(t)}`)
    .join(", ")} }`;
}

function compileCode(
  scope: Readonly<Record<string, unknown>>,
  names: readonly string[],
  body: string,
): (...values: readonly unknown[]) => unknown {
  const known = Object.keys(scope).filter((key) => new RegExp(`\\b${key}\\b`).test(body));
  const make = new Function(...known, ...names, `"use strict";\n${body}`);
  return (...values) => make(...known.map((key) => scope[key]), ...values);
}

/**
 * `charts.graph`: pictures of forward, backward and plan, from tensors, functions and models.
 */

import {
  checkOptions,
  collect,
  type DType,
  flatten,
  inspect,
  isTensor,
  OptionError,
  type Shape,
  type Tensor,
  zeros,
} from "@prewitt/core";
import { type AnyModule, Module } from "@prewitt/nn";
import { collapse } from "./collapse.ts";
import { GraphPicture } from "./graph-picture.ts";
import { graphItems, type Item, programItems } from "./items.ts";

export interface GraphOptions {
  readonly title?: string | undefined;
  /** Parts of module paths that are told apart, 0 for every operation; default: as many as give a readable picture. */
  readonly depth?: number | undefined;
  /** "written" (default): the graph as it was built; "plan": the kernels that run. Plans need a function or a model. */
  readonly stage?: "written" | "plan" | undefined;
  /** Arguments of a function; only shapes and dtypes of tensors matter, nothing runs. */
  readonly args?: readonly unknown[] | undefined;
  /** Shape of a model's input without the batch axis, [1, 28, 28], or several. */
  readonly input?: Shape | readonly Shape[] | undefined;
  /** Dtype of a model's inputs (default float32). */
  readonly dtype?: DType | undefined;
  /** Where arrows lead (default "down"). */
  readonly direction?: "down" | "right" | undefined;
}

/** A tensor, a tree of tensors (gradients by path), a function, or a model. */
export type GraphSource =
  | Tensor
  | Readonly<Record<string, Tensor>>
  | readonly Tensor[]
  | AnyModule
  // biome-ignore lint/suspicious/noExplicitAny: a function of any arguments; they are given in `args`
  | ((...args: any[]) => unknown);

const KNOWN = ["title", "depth", "stage", "args", "input", "dtype", "direction"];

/**
 * A graph collapsed by module. Boxes of the forward pass, of gradients and of updates have a colour each; shape, FLOPs,
 * bytes and source line are said on hover.
 *
 * Throws `OptionError` for unknown options, a model without `input`, and a plan of tensors; what the function or the model
 * throws otherwise.
 *
 * @example
 * await display(charts.graph(model, { input: [3, 32, 32], depth: 2 }));
 * await display(charts.graph(step, { args: [image, label], stage: "plan" }));
 * console.log(charts.graph(loss).mermaid());
 */
export function graph(source: GraphSource, options: GraphOptions = {}): GraphPicture {
  checkOptions("charts.graph", options, KNOWN);
  const { title, depth, stage = "written", direction = "down" } = options;
  if (depth !== undefined && !(Number.isInteger(depth) && depth >= 0)) {
    throw new OptionError({ op: "charts.graph", summary: `depth ${depth} is not possible`, fix: "pass 0, 1, 2 …" });
  }
  if (stage !== "written" && stage !== "plan") {
    throw new OptionError({
      op: "charts.graph",
      summary: `stage "${String(stage)}" is unknown`,
      fix: 'pass "written" or "plan"',
    });
  }
  const types = source instanceof Module ? typesOf(source) : new Map<string, string>();
  const boxes = collapse(itemsOf(source, stage, options), types, depth);
  return new GraphPicture({ title, boxes, right: direction === "right" });
}

function itemsOf(source: GraphSource, stage: "written" | "plan", options: GraphOptions): Item[] {
  const traced = functionOf(source, options);
  if (traced !== undefined) {
    const { stages } = inspect(traced.fn, ...traced.args);
    return stage === "plan" ? programItems(stages.program) : graphItems(stages.collected);
  }
  if (stage === "plan") {
    throw new OptionError({
      op: "charts.graph",
      summary: "tensors have no plan of their own",
      fix: 'pass the function that makes them: charts.graph(() => loss, { stage: "plan" })',
    });
  }
  const { leaves } = flatten(source as Tensor, isTensor, "graph");
  if (leaves.length === 0) throw new OptionError({ op: "charts.graph", summary: "there is no tensor to draw" });
  return graphItems(collect(leaves as Tensor[]));
}

function functionOf(
  source: GraphSource,
  { args = [], input, dtype = "float32" }: GraphOptions,
): { fn: (...args: readonly unknown[]) => unknown; args: readonly unknown[] } | undefined {
  if (source instanceof Module) {
    if (input === undefined) {
      throw new OptionError({
        op: "charts.graph",
        summary: "the shape of the model's input is not known",
        fix: "input: [1, 28, 28], without the batch axis",
      });
    }
    const shapes = (typeof input[0] === "number" || input.length === 0 ? [input] : input) as readonly Shape[];
    const forward = (source as unknown as { forward(...inputs: readonly unknown[]): unknown }).forward;
    return {
      fn: (...inputs) => forward.apply(source, [...inputs]),
      args: shapes.map((shape) => zeros([1, ...shape], { dtype })),
    };
  }
  if (typeof source !== "function") return undefined;
  return { fn: (...inputs) => (source as (...inputs: readonly unknown[]) => unknown)(...inputs), args };
}

/** Classes of the modules by path. */
function typesOf(model: AnyModule): Map<string, string> {
  return new Map(Object.entries(model.modules()).map(([path, module]) => [path, module.constructor.name]));
}

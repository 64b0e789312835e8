/**
 * `compile`: traces a function once per signature, plans the whole step, and replays it.
 *
 * A call runs the plan: no graph is built, and variables are updated in place. Arguments that are tensors or numbers are
 * inputs of the program; strings and booleans are part of the signature. Library state read while tracing is guarded.
 */

import { NonFiniteError, OptionError, TraceError } from "../errors/errors.ts";
import { valueNode } from "../graph/leaves.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import { collect, type Graph } from "../plan/graph.ts";
import { plan } from "../plan/plan.ts";
import { session } from "../session.ts";
import { allocate, isFloat, type TypedArray } from "../tensor/dtype.ts";
import { isTensor, Tensor } from "../tensor/tensor.ts";
import { type FlatTree, flatten, type Tree } from "../tree/tree.ts";
import { evaluate, hostArray, refuseTraced, settle } from "./evaluate.ts";
import type { Executor, PreparedProgram, Storage, Value } from "./executor.ts";
import { currentExecutor } from "./executors.ts";
import { nonFiniteOrigin } from "./non-finite.ts";
import { type Guard, Trace } from "./trace.ts";
import { Variable, versionCell } from "./variable.ts";

export interface CompileOptions {
  /** Stop with `NonFiniteError` before anything is assigned when a float scalar result is NaN or infinite (default true). */
  readonly checkFinite?: boolean | undefined;
}

/** What a compiled function takes: tensors, numbers, strings, booleans, and trees of them. */
export type Argument =
  | Tensor
  | number
  | string
  | boolean
  | undefined
  | readonly Argument[]
  | { readonly [key: string]: Argument };

export type Compiled<F> = F & {
  /** How many signatures have been traced so far. */
  readonly traces: number;
};

/** What one trace became. */
interface Plan {
  readonly graph: Graph;
  readonly prepared: PreparedProgram;
  readonly executor: Executor;
  readonly guards: readonly Guard[];
  readonly result: FlatTree<Tensor>;
  readonly variables: readonly Variable[];
  readonly assigned: readonly Variable[];
  /** For each input of the program: the number of the argument leaf, a captured tensor, or the array itself. */
  readonly bindings: readonly (number | Tensor | TypedArray)[];
}

interface Leaves {
  readonly signature: string;
  readonly values: readonly (Tensor | number)[];
}

/**
 * Compiles `fn`, a function of tensors, numbers, strings, booleans and trees of them that returns a tensor, a tree of
 * tensors, or nothing. Assignments to variables inside happen at every call, whether or not a result is read.
 *
 * Throws `TraceError` when `fn` reads a value or makes a Variable, `NonFiniteError` when a float scalar result is NaN or
 * infinite (nothing is assigned then).
 *
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   const loss = crossEntropy(model.forward(x), y);
 *   optimizer.step(grad(loss, model.parameters()));
 *   return loss;
 * });
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that only assigns returns nothing
export function compile<Args extends readonly Argument[], R extends Tree<Tensor> | void>(
  fn: (...args: Args) => R,
  options: CompileOptions = {},
): Compiled<(...args: Args) => R> {
  const plans = new Map<string, Plan[]>();
  let traces = 0;
  const compiled = (...args: Args): R => {
    if (session.trace !== undefined) return fn(...args);
    const leaves = readArguments(args);
    const executor = currentExecutor();
    const known = plans.get(leaves.signature) ?? [];
    plans.set(leaves.signature, known);
    let found = known.find((p) => p.executor === executor && p.guards.every((g) => Object.is(g.read(), g.value)));
    if (found === undefined) {
      found = tracePlan(fn, args, executor, options);
      traces++;
      known.push(found);
    }
    return runPlan(found, leaves, executor) as R;
  };
  Object.defineProperty(compiled, "traces", { get: () => traces });
  return compiled as Compiled<(...args: Args) => R>;
}

function isArgumentLeaf(value: unknown): value is Tensor | number | string | boolean | undefined {
  return (
    value instanceof Tensor ||
    value === undefined ||
    typeof value === "number" ||
    typeof value === "string" ||
    typeof value === "boolean"
  );
}

/** Tensors and numbers of the arguments, in order, and the signature that everything else makes. */
function readArguments(args: readonly unknown[]): Leaves {
  const values: (Tensor | number)[] = [];
  let signature = "";
  const visit = (value: unknown): void => {
    if (value instanceof Tensor) {
      values.push(value);
      signature += `${value.dtype}[${value.shape.join()}];`;
    } else if (typeof value === "number") {
      values.push(value);
      signature += "number;";
    } else if (Array.isArray(value)) {
      signature += "[";
      value.forEach(visit);
      signature += "]";
    } else if (isArgumentLeaf(value)) {
      signature += `${JSON.stringify(value)};`;
    } else if (
      typeof value === "object" &&
      value !== null &&
      !(value instanceof Variable) &&
      [Object.prototype, null].includes(Object.getPrototypeOf(value))
    ) {
      signature += "{";
      for (const [key, child] of Object.entries(value)) {
        signature += `${JSON.stringify(key)}:`;
        visit(child);
      }
      signature += "}";
    } else {
      throw new OptionError({
        op: "compile",
        summary: `an argument is ${value === null ? "null" : typeof value === "function" ? "a function" : `a ${(value as object).constructor.name}`}`,
        fix: "pass tensors, numbers, strings, booleans and trees of them; capture everything else from outside",
        at: formatSite(captureSite()),
      });
    }
  };
  args.forEach(visit);
  return { signature: `${session.precision};${signature}`, values };
}

/** The arguments with tensors and numbers replaced by inputs of the trace. */
function traceArguments(args: readonly unknown[], trace: Trace): unknown[] {
  const visit = (value: unknown): unknown => {
    if (value instanceof Tensor) return trace.input({ shape: value.shape, dtype: value.dtype });
    if (typeof value === "number") return trace.input({ shape: [], dtype: "float32" });
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, visit(v)]));
    return value;
  };
  return args.map(visit);
}

function traceGraph(
  fn: (...args: never) => unknown,
  args: readonly unknown[],
  checkFinite: boolean,
): { graph: Graph; trace: Trace; result: FlatTree<Tensor> } {
  const trace = new Trace();
  session.trace = trace;
  let returned: unknown;
  try {
    returned = fn(...(traceArguments(args, trace) as never));
  } finally {
    session.trace = undefined;
  }
  if (returned instanceof Promise) {
    throw new TraceError({
      summary: "the compiled function is async",
      fix: "make it synchronous; read values outside of it",
    });
  }
  const result =
    returned === undefined
      ? flatten<Tensor>([], isTensor)
      : flatten(returned, isTensor, "result of the compiled function");
  const assigns = [...trace.assigned].map(([variable, value]) => ({ variable, value }));
  const scalars = result.leaves.filter((t) => isFloat(t.dtype) && t.size === 1);
  const checks = checkFinite && assigns.length > 0 ? scalars : [];
  return {
    graph: collect(result.leaves, assigns, checks),
    trace,
    result: returned === undefined ? { ...result, rebuild: () => undefined as never } : result,
  };
}

function tracePlan(
  fn: (...args: never) => unknown,
  args: readonly unknown[],
  executor: Executor,
  options: CompileOptions,
): Plan {
  const { graph, trace, result } = traceGraph(fn, args, options.checkFinite !== false);
  const own = new Set(trace.inputs);
  for (const leaf of graph.leaves) if (!own.has(leaf) && !isOwnRead(trace, leaf)) refuseTraced(leaf);
  const program = plan(graph, executor.traits);
  const byId = new Map<number, Variable>();
  for (const v of [...trace.reads.keys(), ...trace.assigned.keys()]) byId.set(v.id, v);
  const argument = new Map(trace.inputs.map((t, i) => [t, i]));
  const bindings = program.inputs.map((input) => {
    if (input.data !== undefined) return input.data;
    const leaf = graph.leaves[input.leaf] as Tensor;
    return argument.get(leaf) ?? leaf;
  });
  return {
    graph,
    prepared: executor.prepare(program),
    executor,
    guards: trace.guards,
    result,
    variables: program.variables.map((v) => byId.get(v.id) as Variable),
    assigned: [...trace.assigned.keys()],
    bindings,
  };
}

function isOwnRead(trace: Trace, leaf: Tensor): boolean {
  const cell = versionCell(leaf);
  return cell !== undefined && trace.reads.get(cell) === leaf;
}

function runPlan(p: Plan, leaves: Leaves, executor: Executor): unknown {
  const pending = p.variables.filter((v) => v.pending !== undefined);
  if (pending.length > 0) settle(...pending);
  const variables = p.variables.map((v) => v.resident(executor));
  for (const v of p.assigned) v.beforeOverwrite();
  // Only now: an argument may be the version that is about to be overwritten, and has its copy by now.
  const inputs = p.bindings.map((b) =>
    typeof b === "number" ? argumentArray(leaves.values[b] as Tensor | number) : b instanceof Tensor ? hostArray(b) : b,
  );
  let values: readonly Value[];
  try {
    values = p.prepared.run({ inputs, variables });
  } catch (error) {
    if (error instanceof NonFiniteError) throw whereNonFinite(p, inputs, variables);
    throw error;
  }
  for (const v of p.assigned) v.afterOverwrite();
  return p.result.rebuild(p.result.leaves.map((t, i) => valueNode(values[i] as Value, t.shape)));
}

function whereNonFinite(p: Plan, inputs: readonly TypedArray[], storages: readonly Storage[]): NonFiniteError {
  const byLeaf = new Map(p.prepared.program.inputs.map((input, i) => [input.leaf, inputs[i] as TypedArray]));
  const arrayOf = (leaf: number): TypedArray | undefined =>
    byLeaf.get(leaf) ?? knownValue(p.graph.leaves[leaf] as Tensor);
  return nonFiniteOrigin(p.graph, arrayOf, new Map(p.variables.map((v, i) => [v, storages[i] as Storage])));
}

function knownValue(t: Tensor): TypedArray | undefined {
  return t.node.values[t.output] === undefined ? undefined : hostArray(t);
}

function argumentArray(value: Tensor | number): TypedArray {
  if (typeof value === "number") {
    const array = allocate("float32", 1);
    array[0] = value;
    return array;
  }
  evaluate(value);
  return hostArray(value);
}

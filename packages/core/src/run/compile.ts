/**
 * `compile`: traces a function once per signature, plans the whole step, and replays it.
 *
 * A call runs the plan: no graph is built, and variables are updated in place. Arguments that are tensors or numbers are
 * inputs of the program; strings and booleans are part of the signature. Library state read while tracing is guarded.
 */

import { TraceError } from "../errors/errors.ts";
import { collect, type Graph } from "../plan/graph.ts";
import { plan } from "../plan/plan.ts";
import { type Session, session } from "../session.ts";
import { isFloat } from "../tensor/dtype.ts";
import { isTensor, type Tensor } from "../tensor/tensor.ts";
import { type FlatTree, flatten, type Tree } from "../tree/tree.ts";
import {
  type ArgumentLeaf,
  type ArgumentPattern,
  argumentPattern,
  matchArguments,
  traceArguments,
} from "./arguments.ts";
import { refuseTraced } from "./evaluate.ts";
import type { Executor } from "./executor.ts";
import { currentExecutor } from "./executors.ts";
import { Replay } from "./replay.ts";
import { type Guard, Trace } from "./trace.ts";
import { type Variable, versionCell } from "./variable.ts";

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

/** A trace, and the calls that it serves. */
interface Entry {
  readonly pattern: ArgumentPattern;
  readonly precision: Session["precision"];
  readonly guards: readonly Guard[];
  readonly plan: Replay;
}

/** Signatures that a compiled function keeps plans for; that used longest ago is traced again when it comes back. */
const MOST_ENTRIES = 128;

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
  const entries: Entry[] = [];
  let traces = 0;
  const compiled = (...args: Args): R => {
    if (session.trace !== undefined) return fn(...args);
    const executor = currentExecutor();
    const leaves: ArgumentLeaf[] = [];
    let entry = find(entries, args, executor, leaves);
    if (entry === undefined) {
      const pattern = argumentPattern(args);
      entry = traceEntry(fn, args, pattern, executor, options);
      entries.unshift(entry);
      if (entries.length > MOST_ENTRIES) entries.pop();
      traces++;
      matchArguments(pattern, args, leaves);
    }
    return entry.plan.run(leaves) as R;
  };
  Object.defineProperty(compiled, "traces", { get: () => traces });
  return compiled as Compiled<(...args: Args) => R>;
}

/** The entry that serves these arguments, which is moved to the front; their leaves go into `leaves`. */
function find(
  entries: Entry[],
  args: readonly unknown[],
  executor: Executor,
  leaves: ArgumentLeaf[],
): Entry | undefined {
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry;
    leaves.length = 0;
    if (!serves(entry, executor) || !matchArguments(entry.pattern, args, leaves)) continue;
    if (i > 0) {
      entries.splice(i, 1);
      entries.unshift(entry);
    }
    return entry;
  }
  leaves.length = 0;
  return undefined;
}

function serves(entry: Entry, executor: Executor): boolean {
  if (entry.plan.executor !== executor || entry.precision !== session.precision) return false;
  for (const guard of entry.guards) if (!Object.is(guard.read(), guard.value)) return false;
  return true;
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
    returned = fn(...(traceArguments(args, (spec) => trace.input(spec)) as never));
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

function traceEntry(
  fn: (...args: never) => unknown,
  args: readonly unknown[],
  pattern: ArgumentPattern,
  executor: Executor,
  options: CompileOptions,
): Entry {
  const precision = session.precision;
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
  const replay = new Replay({
    graph,
    prepared: executor.prepare(program),
    executor,
    result,
    variables: program.variables.map((v) => byId.get(v.id) as Variable),
    assigned: [...trace.assigned.keys()],
    bindings,
  });
  return { pattern, precision, guards: trace.guards, plan: replay };
}

function isOwnRead(trace: Trace, leaf: Tensor): boolean {
  const cell = versionCell(leaf);
  return cell !== undefined && trace.reads.get(cell) === leaf;
}

/**
 * What is exported: a model in evaluation mode or a function, traced once for each of two batch sizes, or once where
 * the batch is fixed.
 */

import { flatten, isTensor, session, type Tensor, type TensorSpec, Trace, type Variable } from "@prewitt/core";
import { Module } from "@prewitt/nn";
import { ExportError } from "./export-error.ts";
import { BATCHES, type Twin, twins } from "./twin.ts";

/** A module, or a function of tensors that gives tensors, or arrays and plain objects of them. */
export type ExportTarget = Module<never[], unknown> | ((...inputs: Tensor[]) => unknown);

export interface Traced {
  readonly inputs: readonly Twin[];
  readonly results: readonly Twin[];
  /** Where each result lies in what the function gave, "" for the whole. */
  readonly paths: readonly string[];
}

interface OneTrace {
  readonly inputs: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly paths: readonly string[];
}

function traceOnce(fn: (...inputs: Tensor[]) => unknown, specs: readonly TensorSpec[]): OneTrace {
  const trace = new Trace();
  const outer = session.trace;
  session.trace = trace;
  try {
    const inputs = specs.map((spec) => trace.input(spec));
    const { leaves, paths } = flatten(fn(...inputs), isTensor, "the result");
    refuseAssignments(trace);
    return { inputs, results: leaves, paths };
  } finally {
    session.trace = outer;
  }
}

function refuseAssignments(trace: Trace): void {
  const names = [...trace.assigned.keys()].map((variable) => variable.name);
  if (names.length === 0) return;
  throw new ExportError({
    op: "exportOnnx",
    summary: "the function assigns variables, and the file has no state",
    problems: names.map((name) => `assigned: ${name}`),
    fix: "export the model itself, which is then in evaluation mode, or return the new values",
  });
}

/** `batched[i]`: axis 0 of input i is the batch, and stays open. */
export function traceTwice(target: ExportTarget, specs: readonly TensorSpec[], batched: readonly boolean[]): Traced {
  const fn =
    target instanceof Module ? (target.forward as unknown as (...inputs: Tensor[]) => unknown).bind(target) : target;
  return evaluating(target, () => {
    if (!batched.includes(true)) {
      const { inputs, results, paths } = traceOnce(fn, specs);
      return { inputs: twins(inputs, inputs), results: twins(results, results), paths };
    }
    const [a, b] = BATCHES.map((n) =>
      traceOnce(
        fn,
        specs.map((spec, i) => (batched[i] ? { ...spec, shape: [n, ...spec.shape.slice(1)] } : spec)),
      ),
    ) as [OneTrace, OneTrace];
    if (a.paths.join() !== b.paths.join()) {
      throw new ExportError({
        op: "exportOnnx",
        summary: "what the function gives depends on the batch",
        problems: [`a batch of ${BATCHES[0]} gives ${a.paths.length} tensors, one of ${BATCHES[1]} ${b.paths.length}`],
        fix: "pass { dynamicBatch: false } to export for one batch size",
      });
    }
    return { inputs: twins(a.inputs, b.inputs), results: twins(a.results, b.results), paths: a.paths };
  });
}

/** Runs `work` with the model in evaluation mode, and puts every module back into its own. */
function evaluating<T>(target: ExportTarget, work: () => T): T {
  if (!(target instanceof Module)) return work();
  const modes = Object.values(target.modules()).map((module) => [module, module.training] as const);
  target.eval();
  try {
    return work();
  } finally {
    for (const [module, training] of [...modes].reverse()) if (training !== module.training) setMode(module, training);
  }
}

/** The mode of one module alone: those below it are put back after it. */
function setMode(module: Module<never[], unknown>, training: boolean): void {
  const below = Object.values(module.modules()).filter((m) => m !== module);
  const modes = below.map((m) => m.training);
  module.train(training);
  below.forEach((m, i) => {
    m.train(modes[i] as boolean);
  });
}

/** Paths of the model's variables, for the names of initialisers; empty for a function. */
export function variablePaths(target: ExportTarget): ReadonlyMap<Variable, string> {
  if (!(target instanceof Module)) return new Map();
  const buffers = Object.entries(target.buffers()).map(([path, variable]) => [variable, path] as const);
  return new Map([...target.namedParameters().map(([path, variable]) => [variable, path] as const), ...buffers]);
}

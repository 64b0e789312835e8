/**
 * The op battery: everything that must hold for any op, over the samples that lie beside it.
 *
 * It gives named test cases, so that any test runner can register them. An op without samples is a failing case.
 */

import { type Executor, type Op, type OpSamples, PrewittError, referenceExecutor } from "@prewitt/core";
import { casesOf } from "./cases.ts";
import { errorCases } from "./errors.ts";

export interface BatteryOptions {
  /** Executors that are compared with the reference, within a tolerance a kernel kind. */
  readonly executors?: readonly Executor[] | undefined;
  /** Picks the values of inputs without stated ones. Default 0. */
  readonly seed?: number | undefined;
}

/** One test. */
export interface BatteryCase {
  readonly name: string;
  readonly op: string;
  /** Throws when the test fails. */
  run(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export type AnyOp = Op<any>;

/**
 * Test cases for `ops` over `samples`. For every op and sample: shapes as inferred, known values and gradients, every
 * pass of the planner, fused like unfused bit for bit, the same bits twice, other executors like the reference, first and
 * second derivatives in float64, and errors word for word.
 *
 * @example
 * for (const { name, run } of battery([cubeOp], [cubeSamples])) test(name, run);
 */
export function battery(
  ops: readonly AnyOp[],
  samples: readonly OpSamples[],
  options: BatteryOptions = {},
): BatteryCase[] {
  const reference = referenceExecutor();
  const fused = referenceExecutor({ fuse: true });
  const cases: BatteryCase[] = [];
  for (const op of ops) {
    if ("leaf" in op) continue;
    const own = samples.filter((s) => s.op === op.name);
    if (own.every((s) => s.cases.length === 0)) {
      cases.push({ name: `${op.name}: has samples`, op: op.name, run: () => refuse(op.name) });
    }
  }
  for (const sample of samples) {
    const op = ops.find((o) => o.name === sample.op);
    cases.push(...casesOf(sample, op, { reference, fused, others: options.executors ?? [], seed: options.seed ?? 0 }));
    cases.push(...errorCases(sample));
  }
  return cases;
}

function refuse(name: string): never {
  throw new PrewittError({
    op: name,
    summary: "has no samples",
    fix: `write ${name}.samples.ts beside the op and add it to the list`,
  });
}

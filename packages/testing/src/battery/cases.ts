/**
 * The tests of one sample case, in float32 and float64.
 */

import { collect, type Executor, grad, isFloat, type OpCase, type OpSamples, Tensor, useExecutor } from "@prewitt/core";
import { expectClose, expectSameBits, type Tolerance } from "../bits.ts";
import { checkGradients } from "../gradients/check-gradients.ts";
import { runOn } from "../run-on.ts";
import type { AnyOp, BatteryCase } from "./battery.ts";
import { type FloatType, floatTypesOf, makeInputs } from "./inputs.ts";
import { toleranceOf } from "./tolerance.ts";

export interface BatteryContext {
  readonly reference: Executor;
  readonly fused: Executor;
  readonly others: readonly Executor[];
  readonly seed: number;
}

/** One case in one float type, with its inputs. */
interface Run {
  readonly sample: OpCase;
  readonly float: FloatType;
  /** Fresh tensors with the same values each time. */
  inputs(): Tensor[];
  /** Numbers of the inputs that gradients are checked in. */
  readonly differentiable: readonly number[];
  readonly context: BatteryContext;
}

export function casesOf(samples: OpSamples, op: AnyOp | undefined, context: BatteryContext): BatteryCase[] {
  const cases: BatteryCase[] = [];
  const add = (name: string, run: () => void): void =>
    void cases.push({ name: `${samples.op}: ${name}`, op: samples.op, run });
  if (op !== undefined && samples.cases.length > 0) add("is reached by its samples", () => expectReached(samples, op));
  for (const sample of samples.cases) {
    for (const float of floatTypesOf(sample)) {
      const key = `${context.seed} ${samples.op} ${sample.name}`;
      const run: Run = {
        sample,
        float,
        context,
        inputs: () => makeInputs(sample, float, key),
        differentiable: differentiableOf(sample, op),
      };
      const title = `${sample.name}, ${float}`;
      add(`${title}: values`, () => checkValues(run));
      add(`${title}: fused is unfused, bit for bit`, () => checkFused(run));
      add(`${title}: the same bits twice`, () => checkRepeats(run));
      for (const executor of context.others)
        add(`${title}: ${executor.name} is the reference`, () => checkExecutor(run, executor));
      if (sample.gradients !== undefined) add(`${title}: known gradients`, () => checkKnownGradients(run));
    }
    add(`${sample.name}: derivatives`, () => checkDerivatives(samples, sample, op, context));
  }
  return cases;
}

function isDifferentiable(op: AnyOp | undefined): boolean {
  return op === undefined || !("vjp" in op) || typeof op.vjp !== "object";
}

function differentiableOf(sample: OpCase, op: AnyOp | undefined): readonly number[] {
  if (sample.differentiable !== undefined) return sample.differentiable;
  if (!isDifferentiable(op)) return [];
  return sample.inputs.flatMap((input, i) => (["float", "float32"].includes(input.dtype ?? "float") ? [i] : []));
}

function outputsOf(sample: OpCase, inputs: readonly Tensor[]): readonly Tensor[] {
  const result = sample.call(...inputs);
  return result instanceof Tensor ? [result] : result;
}

function expectReached(samples: OpSamples, op: AnyOp): void {
  const reached = samples.cases.some((sample) => {
    const { nodes } = collect(outputsOf(sample, makeInputs(sample, "float32", "reach")));
    return nodes.some((node) => node.op === op);
  });
  if (!reached) throw new Error(`no sample of ${samples.op} builds a node of that op`);
}

/** Outputs, then gradients of the float outputs' sum of squares: what a training step would compute. */
function outputsAndGradients(run: Run, inputs: readonly Tensor[]): readonly Tensor[] {
  const outputs = outputsOf(run.sample, inputs);
  const xs = run.differentiable.map((i) => inputs[i] as Tensor);
  const floats = outputs.filter((y) => isFloat(y.dtype));
  if (xs.length === 0 || floats.length === 0) return outputs;
  const loss = floats.map((y) => y.mul(y).sum()).reduce((a, b) => a.add(b));
  return [...outputs, ...grad(loss, xs, { unused: "zeros" })];
}

/** Known numbers are as good as the float type they are compared in. */
function knownTo(float: FloatType): Tolerance {
  return float === "float32" ? { relative: 1e-6 } : { relative: 1e-12 };
}

function checkValues(run: Run): void {
  const outputs = outputsOf(run.sample, run.inputs());
  const { values } = runOn(run.context.reference, outputs);
  const { expected } = run.sample;
  if (expected === undefined) return;
  if (expected.length !== outputs.length) throw new Error(`${outputs.length} outputs, ${expected.length} expected`);
  expected.forEach((numbers, i) => {
    if (numbers === null) return;
    const float = isFloat((outputs[i] as Tensor).dtype);
    expectClose(values[i] as ArrayLike<number>, numbers, float ? knownTo(run.float) : { relative: 0 }, `output ${i}`);
  });
}

/** The same graph between maps that fusion takes in: doubling and halving keeps every value. */
function checkFused(run: Run): void {
  const inputs = run.inputs().map((t) => (isFloat(t.dtype) ? t.mul(2).mul(0.5) : t));
  const outputs = outputsAndGradients(run, inputs).map((y) => (isFloat(y.dtype) ? y.neg().mul(3).add(1) : y));
  const expected = runOn(run.context.reference, outputs).values;
  const actual = runOn(run.context.fused, outputs).values;
  for (const [i, data] of actual.entries()) expectSameBits(data, expected[i] as typeof data, `output ${i}, fused`);
}

function checkRepeats(run: Run): void {
  const once = (): ReturnType<typeof runOn> => runOn(run.context.reference, outputsAndGradients(run, run.inputs()));
  const first = once().values.map((data) => data.slice());
  for (const [i, data] of once().values.entries())
    expectSameBits(data, first[i] as typeof data, `output ${i}, second run`);
}

/** The largest finite magnitude. */
function largestOf(arrays: readonly ArrayLike<number>[]): number {
  let largest = 0;
  for (const data of arrays)
    for (let i = 0; i < data.length; i++)
      if (Number.isFinite(data[i])) largest = Math.max(largest, Math.abs(data[i] as number));
  return largest;
}

function checkExecutor(run: Run, executor: Executor): void {
  const outputs = outputsAndGradients(run, run.inputs());
  const expected = runOn(run.context.reference, outputs).values;
  const { values, kernels, variants } = runOn(executor, outputs);
  const bounds = toleranceOf(kernels, run.float, variants);
  // Where large terms cancel, the error is that of the terms: those are as large as what goes in and comes out.
  const inputs = run.inputs().map((t) => t.dataSync());
  const tolerance = { ...bounds, absolute: (bounds.ofLargest ?? 0) * largestOf([...inputs, ...expected]) };
  values.forEach((data, i) => {
    const what = `output ${i} on ${executor.name}`;
    if (isFloat((outputs[i] as Tensor).dtype)) expectClose(data, expected[i] as typeof data, tolerance, what);
    else expectSameBits(data, expected[i] as typeof data, what);
  });
}

function checkKnownGradients(run: Run): void {
  const inputs = run.inputs();
  const y = outputsOf(run.sample, inputs)[0] as Tensor;
  const known = run.sample.gradients ?? [];
  const at = known.flatMap((numbers, i) => (numbers === null ? [] : [i]));
  const xs = at.map((i) => inputs[i] as Tensor);
  const { values } = runOn(run.context.reference, grad(y.sum(), xs, { unused: "zeros" }));
  for (const [k, i] of at.entries()) {
    const numbers = known[i] as readonly number[];
    expectClose(values[k] as ArrayLike<number>, numbers, knownTo(run.float), `gradient of input ${i}`);
  }
}

/** Differences in float64, first and second order; or, for an op without a gradient, that it says why. */
function checkDerivatives(samples: OpSamples, sample: OpCase, op: AnyOp | undefined, context: BatteryContext): void {
  using _ = useExecutor(context.reference);
  const inputs = makeInputs(sample, "float64", `${context.seed} ${samples.op} ${sample.name}`);
  const wrt = differentiableOf(sample, op).filter(
    (i) => isFloat((inputs[i] as Tensor).dtype) && (inputs[i] as Tensor).size > 0,
  );
  const outputs = outputsOf(sample, inputs);
  if (op !== undefined && !isDifferentiable(op)) {
    expectBlocked(op, inputs, outputs);
    return;
  }
  if (wrt.length === 0 || !outputs.some((y) => isFloat(y.dtype) && y.size > 0)) return;
  checkGradients(sample.call, inputs, {
    order: sample.secondOrder === false ? 1 : 2,
    wrt,
    names: op?.inputNames,
    seed: context.seed,
    executor: context.reference,
  });
}

function expectBlocked(op: AnyOp, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
  const x = inputs.find((t) => isFloat(t.dtype));
  const y = outputs.find((t) => isFloat(t.dtype) && t.node.op === op);
  if (x === undefined || y === undefined || !("vjp" in op) || typeof op.vjp !== "object") return;
  let message = "";
  try {
    grad(y.sum(), x);
  } catch (error) {
    message = String(error);
  }
  if (!message.includes(op.vjp.reason))
    throw new Error(`grad through ${op.name} does not say why it stops: ${message}`);
}

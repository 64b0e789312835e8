/** Operators that move elements, and shapes as values. */

import {
  cumsum,
  gather,
  concat as join,
  type SliceRange,
  scalarNode,
  scatterAdd,
  sizeOf,
  sort,
  split as splitTensor,
  type Tensor,
  tensor,
} from "@prewitt/core";
import { asTensor, type Call, HostFloats, Integers, LONGEST, type Operator, type Value } from "./call.ts";

/** On the host, another shape over the same list. */
function reshaped(value: Value, shape: readonly number[]): Value {
  if (value instanceof HostFloats) return new HostFloats(shape, value.values);
  return value instanceof Integers ? new Integers(shape, value.values) : value.reshape(shape);
}

const reshape: Operator = (call) => {
  const value = call.value(0);
  const given = call.numbers(1);
  const keep = call.int("allowzero", 0) === 0;
  const shape = given.map((n, i) => (n === 0 && keep ? (value.shape[i] ?? call.fail("0 stands for no axis")) : n));
  return reshaped(value, resolved(call, shape, sizeOf(value.shape)));
};

/** A shape with −1 filled in. */
function resolved(call: Call, shape: readonly number[], size: number): number[] {
  const known = shape.reduce((n, e) => (e === -1 ? n : n * e), 1);
  const filled = shape.map((n) => (n === -1 ? size / known : n));
  return sizeOf(filled) === size && filled.every((n) => Number.isInteger(n) && n >= 0)
    ? filled
    : call.fail(`${size} elements do not fill [${shape.join(", ")}]`);
}

const flatten: Operator = (call) => {
  const x = call.tensor(0);
  const given = call.int("axis", 1);
  const axis = given < 0 ? given + x.rank : given;
  return x.reshape([sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
};

const squeeze: Operator = (call) => {
  const value = call.value(0);
  const axes = call.axes(1, value.shape.length) ?? value.shape.flatMap((n, i) => (n === 1 ? [i] : []));
  const odd = axes.find((axis) => value.shape[axis] !== 1);
  if (odd !== undefined) call.fail(`axis ${odd} has ${value.shape[odd]} elements`);
  return reshaped(
    value,
    value.shape.filter((_, i) => !axes.includes(i)),
  );
};

const unsqueeze: Operator = (call) => {
  const value = call.value(0);
  const count = (call.ints("axes") ?? call.numbers(1)).length;
  const rank = value.shape.length + count;
  const axes = call.axes(1, rank) ?? [];
  if (new Set(axes).size !== count) call.fail("an axis is named twice");
  const rest = [...value.shape];
  return reshaped(
    value,
    Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() as number))),
  );
};

const transpose: Operator = (call) => call.tensor(0).transpose(call.ints("perm"));

const concat: Operator = (call) => {
  const values = call.inputs.map((_, i) => call.value(i));
  const [first] = values;
  if (first === undefined) return call.fail("it has no inputs");
  if (values.every((v) => v instanceof Integers && v.shape.length === 1)) {
    const all = values.flatMap((v) => (v as Integers).values);
    return first instanceof HostFloats ? new HostFloats([all.length], all) : new Integers([all.length], all);
  }
  const axis = call.axis(call.int("axis", 1), first.shape.length);
  const tensors = values.map(asTensor);
  return join(tensors, axis);
};

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Ranges are cut to the extent, as the format has it. */
function rangesOf(call: Call, shape: readonly number[]): Range[] {
  const inputs = call.opset >= 10;
  const starts = inputs ? call.numbers(1) : (call.ints("starts") ?? []);
  const ends = inputs ? call.numbers(2) : (call.ints("ends") ?? []);
  const given = inputs ? (call.has(3) ? call.numbers(3) : undefined) : call.ints("axes");
  const axes = (given ?? starts.map((_, i) => i)).map((axis) => call.axis(axis, shape.length));
  const steps = inputs && call.has(4) ? call.numbers(4) : starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length)) call.fail("lists of different length");
  return axes.map((axis, i) => {
    const n = shape[axis] as number;
    const step = steps[i] as number;
    if (step === 0) call.fail("a step is 0");
    const wrap = (v: number): number => (v < 0 ? v + n : v);
    const cut = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v));
    const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
    const start = cut(wrap(starts[i] as number), step > 0 ? 0 : 0, step > 0 ? n : n - 1);
    const end = cut(wrap(ends[i] as number), low, high);
    return { axis, start, end, step };
  });
}

const slice: Operator = (call) => {
  const value = call.value(0);
  const ranges = rangesOf(call, value.shape);
  if (value instanceof Integers && value.shape.length === 1 && ranges.length === 1) {
    const [{ start, end, step }] = ranges as [Range];
    const picked: number[] = [];
    for (let i = start; step > 0 ? i < end : i > end; i += step) picked.push(value.values[i] as number);
    return new Integers([picked.length], picked);
  }
  const x = asTensor(value);
  const spans: SliceRange[] = x.shape.map(() => null);
  for (const { axis, start, end, step } of ranges) {
    if ((end - start) * step <= 0) spans[axis] = [0, 0];
    else spans[axis] = step > 0 ? [start, end, step] : [start, end < 0 ? null : end, step];
  }
  return x.slice(...spans);
};

const split: Operator = (call) => {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", 0), x.rank);
  const extent = x.shape[axis] as number;
  const parts = call.node.output.length;
  const given = call.ints("split") ?? (call.has(1) ? call.numbers(1) : undefined);
  const part = Math.ceil(extent / Math.max(1, parts));
  const sizes = given ?? Array.from({ length: parts }, (_, i) => Math.min(part, Math.max(0, extent - i * part)));
  return splitTensor(x, sizes, axis);
};

const pad: Operator = (call) => {
  const x = call.tensor(0);
  const inputs = call.opset >= 11;
  const mode = call.text("mode", "constant");
  if (mode !== "constant") call.fail(`mode ${mode} is not supported`);
  const pads = inputs ? call.numbers(1) : (call.ints("pads") ?? []);
  const value = inputs ? (call.has(2) ? (call.numbers(2)[0] ?? 0) : 0) : call.float("value", 0);
  const axes = inputs && call.has(3) ? call.numbers(3).map((a) => call.axis(a, x.rank)) : x.shape.map((_, i) => i);
  if (pads.length !== 2 * axes.length) call.fail(`${pads.length} widths for ${axes.length} axes`);
  const bounds = (v: number): number => (Math.abs(v) <= 65536 ? v : call.fail(`a width is ${v}`));
  const widths = x.shape.map((_, axis): [number, number] => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, 0] : [bounds(pads[i] as number), bounds(pads[axes.length + i] as number)];
  });
  const cut = x.slice(
    ...x.shape.map((n, axis): SliceRange => {
      const [before, after] = widths[axis] as [number, number];
      return before < 0 || after < 0 ? [Math.max(0, -before), n - Math.max(0, -after)] : null;
    }),
  );
  const added = widths.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  return cut.pad(added, { value });
};

const expand: Operator = (call) => {
  const x = call.tensor(0);
  const given = call.numbers(1);
  const rank = Math.max(x.rank, given.length);
  const own = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const wanted = [...new Array<number>(rank - given.length).fill(1), ...given];
  return x.reshape(own).broadcastTo(own.map((n, i) => (wanted[i] === 1 ? n : (wanted[i] as number))));
};

/** Picks by index: on the host from a list; slices by one number or a list; elsewhere one vector of indices. */
const gatherOperator: Operator = (call) => {
  const value = call.value(0);
  const axis = call.axis(call.int("axis", 0), value.shape.length);
  const index = call.value(1);
  if (value instanceof Integers && index instanceof Integers && value.shape.length === 1) {
    const picked = index.values.map(
      (i) => value.values[i < 0 ? i + value.values.length : i] ?? call.fail(`index ${i}`),
    );
    return new Integers(index.shape, picked);
  }
  const x = asTensor(value);
  const extent = x.shape[axis] as number;
  const shape = [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)];
  const wrapped =
    index instanceof Integers
      ? tensor(Int32Array.from(index.values, (i) => (i < 0 ? i + extent : i)))
      : fromEnd(index, extent).reshape([-1]);
  return x.take(wrapped, axis).reshape(shape);
};

/** Negative indices count from the end. */
function fromEnd(index: Tensor, extent: number): Tensor {
  const whole = index.cast("int32");
  return whole.less(0).where(whole.add(extent), whole);
}

const gatherElements: Operator = (call) => {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", 0), x.rank);
  return gather(x, fromEnd(call.tensor(1), x.shape[axis] as number), axis);
};

const scatterElements: Operator = (call) => {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", 0), x.rank);
  if (call.text("reduction", "none") !== "add") call.fail("only reduction add is supported");
  return scatterAdd(x, fromEnd(call.tensor(1), x.shape[axis] as number), call.tensor(2), axis);
};

const topK: Operator = (call) => {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", -1), x.rank);
  const [k = 0] = call.opset < 10 ? [call.int("k", 0)] : call.numbers(1);
  const { values, indices } = sort(x, axis, { descending: call.int("largest", 1) === 1 });
  const range = x.shape.map((_, i): SliceRange => (i === axis ? [0, k] : null));
  return [values.slice(...range), indices.slice(...range)];
};

const cumSum: Operator = (call) => {
  const x = call.tensor(0);
  const [axis = 0] = call.numbers(1);
  return cumsum(x, call.axis(axis, x.rank), {
    exclusive: call.int("exclusive", 0) === 1,
    reverse: call.int("reverse", 0) === 1,
  });
};

const shapeOf: Operator = (call) => {
  const { shape } = call.value(0);
  const cut = shape.slice(call.int("start", 0), call.attribute("end") === undefined ? undefined : call.int("end", 0));
  return new Integers([cut.length], cut);
};

const constantOfShape: Operator = (call) => {
  const shape = call.numbers(0);
  const { t } = call.attribute("value") ?? {};
  const type = t?.dataType ?? 1;
  const raw = t?.rawData ?? new Uint8Array(0);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === 1) {
    const value = t?.floatData[0] ?? (raw.length === 4 ? view.getFloat32(0, true) : 0);
    return scalarNode(value, "float32").broadcastTo(shape);
  }
  if (type !== 7 && type !== 6) return call.fail(`elements of type ${type} are not supported`);
  const wide = raw.length === 8 ? Number(view.getBigInt64(0, true)) : raw.length === 4 ? view.getInt32(0, true) : 0;
  const value = Number(t?.int64Data[0] ?? t?.int32Data[0] ?? wide);
  const size = sizeOf(shape);
  if (size > LONGEST) return scalarNode(value, "int32").broadcastTo(shape);
  return new Integers(shape, new Array<number>(size).fill(value));
};

/** [N, C, H, W] with blocks of channels laid out in space. */
const depthToSpace: Operator = (call) => {
  const x = call.tensor(0);
  const b = call.size("blocksize", call.int("blocksize", 1), 1);
  const [n, c, h, w] = x.expectShape("N", "C", "H", "W").shape as [number, number, number, number];
  const crd = call.text("mode", "DCR") === "CRD";
  const parts = x.reshape(crd ? [n, c / (b * b), b, b, h, w] : [n, b, b, c / (b * b), h, w]);
  return parts.transpose(crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]).reshape([n, c / (b * b), h * b, w * b]);
};

const spaceToDepth: Operator = (call) => {
  const x = call.tensor(0);
  const b = call.size("blocksize", call.int("blocksize", 1), 1);
  const [n, c, h, w] = x.expectShape("N", "C", "H", "W").shape as [number, number, number, number];
  const parts = x.reshape([n, c, h / b, b, w / b, b]);
  return parts.transpose([0, 3, 5, 1, 2, 4]).reshape([n, c * b * b, h / b, w / b]);
};

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Identity: (call) => call.value(0),
  // The mask, its second output, is of no use in evaluation mode.
  Dropout: (call) => call.value(0),
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: expand,
  Gather: gatherOperator,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  TopK: topK,
  CumSum: cumSum,
  Shape: shapeOf,
  ConstantOfShape: constantOfShape,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};

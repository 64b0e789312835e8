/**
 * Pass: joins a map with the map that reads it into one kernel with several writes, where the value is needed elsewhere
 * too (the moments and the parameter of an Adam update: one pass over memory instead of three).
 */

import { allReads, type Kernel, type MapKernel } from "../program/kernels.ts";
import { type Operand, sameView } from "../program/operand.ts";
import type { Program } from "../program/program.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import { sameShape } from "../tensor/shape.ts";

const MAX_READS = 14;
const MAX_WRITES = 6;

export function join(program: Program, traits: ExecutorTraits): Program {
  if (!traits.fuseMaps) return program;
  const kernels: (Kernel | undefined)[] = [...program.kernels];
  const { writer, readers } = indexKernels(program);
  for (let i = 0; i < kernels.length; i++) {
    for (let again = true; again; ) {
      again = false;
      const consumer = kernels[i];
      if (consumer?.kind !== "map") break;
      for (const read of consumer.reads) {
        const at = writer.get(read.buffer);
        const producer = at === undefined ? undefined : kernels[at];
        if (at === undefined || at === i || producer?.kind !== "map" || !joinable(producer, consumer, read, traits))
          continue;
        // The joined kernel runs where the consumer ran: nobody may need the producer's values before.
        const early = producer.writes.some((w) => [...(readers.get(w.buffer) ?? [])].some((r) => r < i && r !== at));
        if (early) continue;
        const joined = joinMaps(producer, consumer);
        if (joined.reads.length > MAX_READS || joined.writes.length > MAX_WRITES) continue;
        if (joined.expression.instructions.length > traits.maxExpression) continue;
        kernels[at] = undefined;
        kernels[i] = joined;
        for (const w of joined.writes) writer.set(w.buffer, i);
        for (const r of producer.reads) {
          readers.get(r.buffer)?.delete(at);
          readers.get(r.buffer)?.add(i);
        }
        again = true;
        break;
      }
    }
  }
  return { ...program, kernels: kernels.filter((k) => k !== undefined) };
}

function indexKernels(program: Program): { writer: Map<number, number>; readers: Map<number, Set<number>> } {
  const writer = new Map<number, number>();
  const readers = new Map<number, Set<number>>();
  program.kernels.forEach((kernel, i) => {
    for (const w of kernel.writes) writer.set(w.buffer, i);
    for (const r of allReads(kernel)) {
      const set = readers.get(r.buffer) ?? new Set<number>();
      set.add(i);
      readers.set(r.buffer, set);
    }
  });
  return { writer, readers };
}

function joinable(producer: MapKernel, consumer: MapKernel, read: Operand, traits: ExecutorTraits): boolean {
  if (!sameShape(producer.shape, consumer.shape)) return false;
  const write = producer.writes.find((w) => w.buffer === read.buffer) as Operand;
  if (!sameView(read, write)) return false;
  // Every read of what the producer writes must be of the same element.
  for (const w of producer.writes)
    for (const r of consumer.reads) if (r.buffer === w.buffer && !sameView(r, w)) return false;
  const layout = (consumer.writes[0] as Operand).strides;
  if (!producer.writes.every((w) => w.strides.every((s, axis) => s === layout[axis] || w.shape[axis] === 1)))
    return false;
  return producer.expression.instructions.length + consumer.expression.instructions.length <= traits.maxExpression;
}

function joinMaps(producer: MapKernel, consumer: MapKernel): MapKernel {
  const builder = new ScalarBuilder();
  const reads: Operand[] = [];
  const place = (read: Operand): number => {
    const known = reads.findIndex((r) => sameView(r, read));
    return known >= 0 ? known : reads.push(read) - 1;
  };
  const index = (axis: number): number => builder.index(axis);
  const made = builder.inline(
    producer.expression,
    (k, dtype) => builder.read(place(producer.reads[k] as Operand), dtype),
    index,
  );
  const results = builder.inline(
    consumer.expression,
    (k, dtype) => {
      const read = consumer.reads[k] as Operand;
      const from = producer.writes.findIndex((w) => w.buffer === read.buffer);
      return from >= 0 ? (made[from] as number) : builder.read(place(read), dtype);
    },
    index,
  );
  return {
    kind: "map",
    shape: consumer.shape,
    reads,
    writes: [...producer.writes, ...consumer.writes],
    expression: builder.build([...made, ...results]),
    origins: [...(producer.origins ?? []), ...(consumer.origins ?? [])],
  };
}

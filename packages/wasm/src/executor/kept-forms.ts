/**
 * Which derived forms one program keeps between its runs: those of values that outlive a run, constants and variables
 * that the program does not write, from the second run with the same value on. So programs that run once, and training
 * steps, whose weights change every time, pay neither time nor memory.
 */

import type { Program } from "@prewitt/core";
import { Contents, type DerivedForm, type FormStore, HeldForms } from "./derived.ts";
import type { LoweredKernel } from "./lowered.ts";

/** Shared scratch of a kernel in bytes, by name. */
export type SharedScratch = Readonly<Record<string, number>>;

interface Source {
  contents: Contents;
  /** The version at the last run; −1 when there was none with these contents. */
  seen: number;
  keeping: boolean;
}

export class KeptForms {
  readonly held: HeldForms;
  /** Bytes that the forms may take. */
  readonly #room: number;
  /** Values that some kernel derives a form from, by buffer. */
  readonly #sources = new Map<number, Source>();
  readonly #lasting: ReadonlySet<number>;

  constructor(program: Program, written: readonly number[], store: FormStore, memoryLimit: number) {
    this.held = new HeldForms(store);
    this.#room = memoryLimit - program.arena;
    const constants = program.inputs.filter((input) => input.source === "constant").map((input) => input.buffer);
    const unwritten = program.variables.flatMap(({ buffer }, i) => (written.includes(i) ? [] : [buffer]));
    this.#lasting = new Set([...constants, ...unwritten]);
  }

  /** Whether a buffer's value outlives a run. */
  isLasting(buffer: number): boolean {
    return this.#lasting.has(buffer);
  }

  /** Looks for kernels that derive forms; before the first run, and when other kernels run. */
  watch(lowered: readonly (LoweredKernel | undefined)[]): void {
    for (const kernel of lowered) {
      const buffer = kernel?.packing?.source.buffer;
      if (buffer === undefined || this.#sources.has(buffer) || !this.isLasting(buffer)) continue;
      this.#begin(buffer, new Contents());
    }
  }

  #begin(buffer: number, contents: Contents): void {
    this.#sources.set(buffer, { contents, seen: -1, keeping: false });
  }

  /** The buffer is this variable's memory in the next run; whether that changes what is kept. */
  bind(buffer: number, contents: Contents): boolean {
    const source = this.#sources.get(buffer);
    if (source === undefined || source.contents === contents) return false;
    this.#begin(buffer, contents);
    return true;
  }

  /** A constant was written. */
  wrote(buffer: number): void {
    const source = this.#sources.get(buffer);
    if (source !== undefined) source.contents.version++;
  }

  /** To be called before each run, when all values are there; whether more is kept than before. */
  settle(): boolean {
    let more = false;
    for (const source of this.#sources.values()) {
      if (!source.keeping && source.seen === source.contents.version) {
        source.keeping = true;
        more = true;
      }
      source.seen = source.contents.version;
    }
    return more;
  }

  /** Takes the forms that are to be kept, by kernel, and lets go of all others. */
  take(
    lowered: readonly (LoweredKernel | undefined)[],
    shared: readonly SharedScratch[],
  ): ReadonlyMap<number, DerivedForm> {
    const forms = new Map<number, DerivedForm>();
    if (this.#sources.size === 0) return forms;
    const keeping = new Set([...this.#sources.values()].filter((s) => s.keeping).map((s) => s.contents));
    this.held.release((form) => !keeping.has(form.name.contents));
    lowered.forEach((kernel, i) => {
      const { packing, kernel: { stages } = { stages: [] } } = kernel ?? {};
      const source = packing === undefined ? undefined : this.#sources.get(packing.source.buffer);
      if (packing === undefined || source?.keeping !== true || stages[0] === undefined) return;
      const bytes = shared[i]?.[packing.target] as number;
      const key = `${stages[0].key} of ${bytes} bytes from element ${packing.source.offset}`;
      const fits = this.held.bytes + bytes <= this.#room;
      const form = fits ? this.held.take({ contents: source.contents, key, bytes }) : undefined;
      if (form !== undefined) forms.set(i, form);
    });
    const used = new Set(forms.values());
    this.held.release((form) => !used.has(form));
    return forms;
  }

  /** Keeps nothing until values are seen twice again. */
  release(): void {
    this.held.release();
    for (const source of this.#sources.values()) {
      source.keeping = false;
      source.seen = -1;
    }
  }
}

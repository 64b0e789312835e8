/**
 * Derived buffers: forms of a value that kernels read instead of it, such as packed or Winograd-transformed weights. A
 * form is keyed by (value, version, form): it is made again when the value has changed, shared by all programs that read
 * the same form of the same variable, and given back with the last of them or with the variable.
 */

import { MemoryError } from "@prewitt/core";
import type { Heap } from "./heap.ts";

/** A value in the executor's memory as forms see it: how often it has changed, and what is derived from it. */
export class Contents {
  /** Rises whenever the value is written. */
  version = 0;
  readonly forms = new Map<string, DerivedForm>();
}

/** Names one form of one value. */
export interface FormKey {
  readonly contents: Contents;
  /** Identity of the code that makes the form and of the part of the value that it reads. */
  readonly key: string;
  readonly bytes: number;
}

export class DerivedForm {
  readonly name: FormKey;
  readonly address: number;
  /** Programs that read it. */
  users = 0;
  /** Whether it still has its memory. */
  alive = true;
  /** The version of the value that it holds; −1 for none. */
  #version = -1;

  constructor(name: FormKey, address: number) {
    this.name = name;
    this.address = address;
  }

  get current(): boolean {
    return this.#version === this.name.contents.version;
  }

  /** To be called when the form has been made from the present value. */
  made(): void {
    this.#version = this.name.contents.version;
  }
}

/** All forms of an executor. They are a cache: any may be dropped, programs then make it again or work without it. */
export class FormStore {
  readonly #heap: Heap;
  readonly #moved: () => void;
  readonly #forms = new Set<DerivedForm>();
  #taking = false;

  /** @param moved Called when forms have been dropped that programs may hold: they must take them anew. */
  constructor(heap: Heap, moved: () => void) {
    this.#heap = heap;
    this.#moved = moved;
  }

  /** Bytes that all forms take. */
  get bytes(): number {
    let sum = 0;
    for (const form of this.#forms) sum += form.name.bytes;
    return sum;
  }

  /** The form, made by whoever asked first; `undefined` when memory has no room for it. */
  get(name: FormKey): DerivedForm | undefined {
    const known = name.contents.forms.get(name.key);
    if (known !== undefined) return known;
    const address = this.#allocate(name.bytes);
    if (address === undefined) return undefined;
    const form = new DerivedForm(name, address);
    name.contents.forms.set(name.key, form);
    this.#forms.add(form);
    return form;
  }

  drop(form: DerivedForm): void {
    if (!form.alive) return;
    form.alive = false;
    this.#heap.free(form.address);
    this.#forms.delete(form);
    form.name.contents.forms.delete(form.name.key);
  }

  /** Drops the forms of one value, or all; whether there were any. */
  clear(contents?: Contents): boolean {
    const forms = [...(contents?.forms.values() ?? this.#forms)];
    if (forms.length === 0 || this.#taking) return false;
    for (const form of forms) this.drop(form);
    this.#moved();
    return true;
  }

  /** Other programs' inputs may go for a form, forms taken just before may not. */
  #allocate(bytes: number): number | undefined {
    this.#taking = true;
    try {
      return this.#heap.allocate(bytes);
    } catch (error) {
      if (error instanceof MemoryError) return undefined;
      throw error;
    } finally {
      this.#taking = false;
    }
  }
}

/** The forms that one program holds. Refers to no program, so that they can be released when one has been collected. */
export class HeldForms {
  readonly #store: FormStore;
  readonly #held = new Set<DerivedForm>();

  constructor(store: FormStore) {
    this.#store = store;
  }

  /** Bytes of all forms held. */
  get bytes(): number {
    let sum = 0;
    for (const form of this.#held) sum += form.alive ? form.name.bytes : 0;
    return sum;
  }

  take(name: FormKey): DerivedForm | undefined {
    const form = this.#store.get(name);
    if (form === undefined || this.#held.has(form)) return form;
    this.#held.add(form);
    form.users++;
    return form;
  }

  /** Lets go of all forms, or of those that `which` names; a form that nobody holds gives its memory back. */
  release(which: (form: DerivedForm) => boolean = () => true): void {
    for (const form of this.#held) {
      if (form.alive && !which(form)) continue;
      this.#held.delete(form);
      if (--form.users === 0) this.#store.drop(form);
    }
  }
}

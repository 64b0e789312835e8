/**
 * Options of a Keras layer as its config spells them, checked. What a kind does not know is refused, where it would change
 * the result: nothing is computed that comes close.
 */

import { type Fail, shown } from "../files/file-error.ts";

export class LayerOptions {
  readonly kind: string;
  readonly name: string;
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #fail: Fail;

  constructor(kind: string, name: string, config: Readonly<Record<string, unknown>>, fail: Fail) {
    this.kind = kind;
    this.name = name;
    this.#config = config;
    this.#fail = fail;
  }

  refuse(what: string): never {
    return this.#fail(
      `the layer ${shown(this.name)} (${this.kind}) is not supported`,
      what,
      "write it as an nn.Module",
    );
  }

  #get(key: string, fallback: unknown): unknown {
    const value = this.#config[key];
    return value === undefined || value === null ? fallback : value;
  }

  /** The value of `key`, which must be one of those that are supported. */
  oneOf<const T>(key: string, supported: readonly T[], fallback: T): T {
    const value = this.#get(key, fallback);
    const found = supported.find((s) => s === value);
    return found === undefined
      ? this.refuse(`${key} is ${shown(value)}; ${supported.map(shown).join(", ")} are read`)
      : found;
  }

  number(key: string, fallback?: number): number {
    const value = this.#get(key, fallback);
    return typeof value === "number" && Number.isFinite(value) ? value : this.refuse(`${key} is ${shown(value)}`);
  }

  count(key: string, fallback?: number): number {
    const value = this.number(key, fallback);
    return Number.isSafeInteger(value) && value >= 1 ? value : this.refuse(`${key} is ${value}`);
  }

  pair(key: string, fallback: number | readonly [number, number]): [number, number] {
    const value = this.#get(key, fallback);
    const both = typeof value === "number" ? [value, value] : value;
    const counts = Array.isArray(both) && both.length === 2 && both.every((n) => Number.isSafeInteger(n) && n >= 1);
    return counts ? (both as [number, number]) : this.refuse(`${key} is ${shown(value)}`);
  }

  flag(key: string, fallback: boolean): boolean {
    return this.oneOf(key, [true, false], fallback);
  }

  /** Images must lie channels last, as TensorFlow has them by default. */
  channelsLast(): void {
    this.oneOf("data_format", ["channels_last"], "channels_last");
  }

  padding(): "same" | "valid" {
    return this.oneOf("padding", ["same", "valid"], "valid");
  }
}

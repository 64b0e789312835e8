/**
 * Collecting everything that is wrong with a call, so that one error names all of it.
 *
 * The first problem decides the class of the error, its summary and its fix; every problem adds a line.
 */

import { DTypeError, type ErrorDetails, locate, type OperandInfo, OptionError, ShapeError } from "@prewitt/core";

export interface Problem {
  /** One sentence: what went wrong. */
  readonly summary: string;
  /** The violated condition, with its numbers. */
  readonly detail: string;
  /** What to do, with numbers. */
  readonly fix: string;
}

type Kind = "shape" | "dtype" | "option";

const classes = { shape: ShapeError, dtype: DTypeError, option: OptionError } as const;

export class Problems {
  readonly #found: (Problem & { readonly kind: Kind })[] = [];

  get any(): boolean {
    return this.#found.length > 0;
  }

  shape(problem: Problem): void {
    this.#found.push({ ...problem, kind: "shape" });
  }
  dtype(problem: Problem): void {
    this.#found.push({ ...problem, kind: "dtype" });
  }
  option(problem: Problem): void {
    this.#found.push({ ...problem, kind: "option" });
  }

  /** Throws when there is a problem. Inside a shape rule; the engine adds the op, the module and the user's line. */
  throw(operands?: readonly OperandInfo[]): void {
    const error = this.#error({ operands });
    if (error !== undefined) throw error;
  }

  /** Throws when there is a problem, from a function that has not made a node yet. */
  throwFrom(op: string, operands?: readonly OperandInfo[]): void {
    const error = this.#error({ op, operands });
    if (error !== undefined) throw locate(error);
  }

  #error(more: Partial<ErrorDetails>): ShapeError | DTypeError | OptionError | undefined {
    const [first] = this.#found;
    if (first === undefined) return undefined;
    const problems = this.#found.map((p) => p.detail);
    return new classes[first.kind]({ ...more, summary: first.summary, problems, fix: first.fix });
  }
}

/** `1 channel`, `3 channels` */
export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/**
 * Speed of the last ten seconds, so that a slow first step (planning, warming up) does not spoil the forecast for long.
 */

/** A moment, and what was done by then. */
interface Mark {
  readonly time: number;
  readonly steps: number;
  readonly samples: number;
}

const SPACING_MS = 1000;
const MARKS = 10;

export class Speed {
  readonly #marks: Mark[];
  #last: Mark;

  constructor(time: number) {
    this.#last = { time, steps: 0, samples: 0 };
    this.#marks = [this.#last];
  }

  add(time: number, samples: number): void {
    this.#last = { time, steps: this.#last.steps + 1, samples: this.#last.samples + samples };
    const newest = this.#marks.at(-1) as Mark;
    if (time - newest.time < SPACING_MS) return;
    this.#marks.push(this.#last);
    if (this.#marks.length > MARKS) this.#marks.shift();
  }

  get steps(): number {
    return this.#last.steps;
  }
  get samples(): number {
    return this.#last.samples;
  }

  /** Steps and samples per second, lately or over all; `undefined` before anything was done. */
  rate(over: "lately" | "all", begin: number): { readonly steps: number; readonly samples: number } | undefined {
    const from =
      over === "all"
        ? { time: begin, steps: 0, samples: 0 }
        : (this.#marks.find((m) => m !== this.#last) ?? this.#last);
    const seconds = (this.#last.time - from.time) / 1000;
    if (seconds <= 0) return undefined;
    return { steps: (this.#last.steps - from.steps) / seconds, samples: (this.#last.samples - from.samples) / seconds };
  }
}

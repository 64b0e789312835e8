/**
 * Ctrl-C in two steps: the first is a request that a loop answers when its step is done, the second ends the process.
 */

import { log } from "./live-line.ts";

/** Exit code of a process that Ctrl-C ended: 128 + SIGINT. */
const EXIT_CODE = 130;
/**
 * One press may arrive several times: at the whole group of processes, and passed on by each parent. What comes within this
 * time after the first is the same press.
 */
const SAME_PRESS_MS = 100;

/** Listens for Ctrl-C until it is disposed of. */
export class Interruption implements Disposable {
  #requested = false;
  #armed = false;
  readonly #listener: () => void;

  constructor(message: string) {
    this.#listener = () => {
      if (this.#armed) process.exit(EXIT_CODE);
      if (this.#requested) return;
      this.#requested = true;
      // The immediate lets signals that arrived during a long step be taken first: timers come before them.
      setTimeout(() => setImmediate(() => this.#arm()), SAME_PRESS_MS).unref();
      log(message);
    };
    process.on("SIGINT", this.#listener);
  }

  /** Whether Ctrl-C was pressed. */
  get requested(): boolean {
    return this.#requested;
  }

  #arm(): void {
    this.#armed = true;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#listener);
  }
}

/**
 * Turns the first Ctrl-C into `requested`, so that a training loop can finish its step and save; the second one ends the
 * process at once, with exit code 130.
 *
 * @example
 * using interruption = onInterrupt();
 * for await (const { image, label } of batches) {
 *   await step(image, label).item();
 *   if (interruption.requested) break;
 * }
 */
export function onInterrupt(message = "Stopping after this step; press Ctrl-C again to end at once."): Interruption {
  return new Interruption(message);
}

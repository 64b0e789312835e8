/**
 * Ctrl-C in two steps: the first is a request that a loop answers when its step is done, the second ends the process.
 */

import { log } from "./live-line.ts";

/** Exit code of a process that Ctrl-C ended: 128 + SIGINT. */
const EXIT_CODE = 130;

/** Listens for Ctrl-C until it is disposed of. */
export class Interruption implements Disposable {
  #requested = false;
  readonly #listener: () => void;

  constructor(message: string) {
    this.#listener = () => {
      if (this.#requested) process.exit(EXIT_CODE);
      this.#requested = true;
      log(message);
    };
    process.on("SIGINT", this.#listener);
  }

  /** Whether Ctrl-C was pressed. */
  get requested(): boolean {
    return this.#requested;
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

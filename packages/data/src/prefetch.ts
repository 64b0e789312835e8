/**
 * Bounded prefetch: up to `depth` batches are made while the consumer works on another one, in order.
 *
 * An error of the source reaches the consumer where its batch would have been, after the batches before it. When the
 * consumer stops early the source is closed; a batch that is still being waited for is not waited for any longer.
 */

import type { BatchStream } from "./batch-streams.ts";

type Outcome<B> = { readonly batch: B | undefined } | { readonly error: unknown };

export async function* prefetch<B>(stream: BatchStream<B>, depth: number): AsyncGenerator<B, void, undefined> {
  const ahead: Promise<Outcome<B>>[] = [];
  let working = 0;
  let over = false;
  let last: Promise<unknown> = Promise.resolve();
  const request = (): void => {
    const outcome = last.then(async (): Promise<Outcome<B>> => {
      if (over) return { batch: undefined };
      working++;
      try {
        const batch = await stream.next();
        if (batch === undefined) over = true;
        return { batch };
      } catch (error) {
        over = true;
        return { error };
      } finally {
        working--;
      }
    });
    last = outcome;
    ahead.push(outcome);
  };
  let open = true;
  try {
    for (;;) {
      while (ahead.length <= depth) request();
      const outcome = await (ahead.shift() as Promise<Outcome<B>>);
      if ("error" in outcome) {
        open = false;
        // The first error is the one to tell; what closing says after it would hide it.
        await stream.close().catch(() => {});
        throw outcome.error;
      }
      open = outcome.batch !== undefined;
      if (outcome.batch === undefined) return;
      yield outcome.batch;
    }
  } finally {
    if (open) {
      over = true;
      const closed = stream.close();
      if (working === 0) await closed;
      else closed.catch(() => {});
    }
  }
}

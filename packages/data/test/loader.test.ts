/** The loader: batches, order, prefetch, errors and early ends. */

import { DataError, OptionError, session } from "@prewitt/core";
import {
  type Batch,
  dataset,
  type Loader,
  type LoaderOptions,
  loader,
  ndArray,
  type SampleRandom,
} from "@prewitt/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

interface Numbered {
  readonly x: number;
}

const numbers = (length: number) => dataset<Numbered>({ length, get: (i) => ({ x: i }) });

/** The `x` of one epoch, batch by batch. */
async function epochOf(batches: AsyncIterable<Batch<Numbered>>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { x } of batches) found.push([...(await x.data())]);
  return found;
}

const flat = async (batches: AsyncIterable<Batch<Numbered>>): Promise<number[]> => (await epochOf(batches)).flat();
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** A stream that tells what happened to it. */
function watched(length: number, failAt = -1) {
  const seen = { pulled: 0, returned: 0 };
  const iterable: AsyncIterable<Numbered> = {
    [Symbol.asyncIterator]: () => {
      let at = 0;
      return {
        next: async () => {
          if (at === failAt) throw new Error(`sample ${at} cannot be read`);
          if (at === length) return { done: true, value: undefined };
          seen.pulled++;
          return { done: false, value: { x: at++ } };
        },
        return: async () => {
          seen.returned++;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { seen, iterable };
}

/** Lets everything that can go on without the consumer go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("batches", () => {
  it("in order, the last one shorter or dropped", async () => {
    const keep = loader(numbers(7), { batch: 3 });
    expect(keep.length).toBe(3);
    expect(keep.samples).toBe(7);
    expect(await epochOf(keep)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const drop = loader(numbers(7), { batch: 3, dropLast: true });
    expect(drop.length).toBe(2);
    expect(await epochOf(drop)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it("uint8 stays uint8, with the batch as first axis", async () => {
    const images = dataset({
      length: 5,
      get: (i: number) => ({ image: ndArray(new Uint8Array(12).fill(i), [3, 2, 2]) }),
    });
    for await (const { image } of loader(images, { batch: 5 })) {
      expect(image.dtype).toBe("uint8");
      expect(image.shape).toEqual([5, 3, 2, 2]);
      expect((await image.data()).slice(36, 48)).toEqual(new Uint8Array(12).fill(3));
    }
  });

  it("uses the source's own batch unless a transform wants samples", async () => {
    let own = 0;
    const source = {
      length: 4,
      get: (i: number) => ({ x: i }),
      batch: (indices: ArrayLike<number>) => {
        own++;
        return numbers(4).batch(indices);
      },
    };
    expect(await flat(loader(source, { batch: 2 }))).toEqual([0, 1, 2, 3]);
    expect(own).toBe(2);
    expect(await flat(loader(source, { batch: 2, transform: ({ x }) => ({ x: x + 1 }) }))).toEqual([1, 2, 3, 4]);
    expect(own).toBe(2);
  });

  it("takes samples that arrive later, in order", async () => {
    const get = async (i: number) => {
      await new Promise((resolve) => setTimeout(resolve, (7 - i) % 3));
      return { x: i };
    };
    expect(await flat(loader({ length: 7, get }, { batch: 2 }))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("waits until the source is ready", async () => {
    let ready = false;
    const settleThenReady = async () => {
      await settle();
      ready = true;
    };
    const get = (i: number) => {
      if (!ready) throw new Error("too early");
      return { x: i };
    };
    const source = dataset({ length: 2, get, ready: settleThenReady });
    expect(
      await flat(
        loader(
          source.take(2).map((s) => s),
          { batch: 2 },
        ),
      ),
    ).toEqual([0, 1]);
  });
});

describe("shuffling", () => {
  it("is a permutation, the same for the same seed and epoch, another for others", async () => {
    const epochs = async (seed: number): Promise<number[][]> => {
      const batches = loader(numbers(50), { batch: 8, shuffle: true, seed });
      return [await flat(batches), await flat(batches)];
    };
    const [first, second] = (await epochs(1)) as [number[], number[]];
    expect(sorted(first)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(sorted(second)).toEqual(sorted(first));
    expect(second).not.toEqual(first);
    expect(await epochs(1)).toEqual([first, second]);
    expect((await epochs(2))[0]).not.toEqual(first);
    expect((await epochs(2 ** 40 + 1))[0]).not.toEqual(first);
  });

  it("every order is about equally likely", async () => {
    const counts = new Map<string, number>();
    const batches = loader(numbers(3), { batch: 3, shuffle: true, seed: 9 });
    for (let i = 0; i < 600; i++) {
      const order = (await flat(batches)).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // 100 expected of each; the standard deviation is 9.1.
    for (const n of counts.values()) expect(Math.abs(n - 100)).toBeLessThan(46);
  });

  it("goes on at the epoch that is set", async () => {
    const make = () => loader(numbers(20), { batch: 20, shuffle: true, seed: 3 });
    const whole = make();
    const epochs = [await flat(whole), await flat(whole), await flat(whole)];
    expect(whole.epoch).toBe(3);
    const resumed = make();
    resumed.epoch = 2;
    expect(await flat(resumed)).toEqual(epochs[2]);
    resumed.epoch = -1;
    expect(() => resumed[Symbol.asyncIterator]()).toThrow(OptionError);
  });

  it("takes the session's seed when none is given", async () => {
    const before = session.seed;
    try {
      session.seed = 77;
      const bySession = loader(numbers(30), { batch: 30, shuffle: true });
      session.seed = 78;
      expect(await flat(bySession)).toEqual(await flat(loader(numbers(30), { batch: 30, shuffle: true, seed: 77 })));
    } finally {
      session.seed = before;
    }
  });

  it("a stream cannot be shuffled", () => {
    expect(() => loader(watched(3).iterable, { batch: 1, shuffle: true })).toThrow("no numbered samples to shuffle");
  });
});

describe("transforms", () => {
  const noise = ({ x }: Numbered, random: SampleRandom) => ({ x: x * 1000 + random.integer(0, 1000) });

  it("depend on seed, epoch and sample, not on order, batch or prefetch", async () => {
    const options: LoaderOptions<Numbered>[] = [
      { batch: 4 },
      { batch: 7, prefetch: 0 },
      { batch: 5, shuffle: true },
      { batch: 3, prefetch: 9, shuffle: true },
    ];
    const epochs = async (more: LoaderOptions<Numbered>): Promise<number[][]> => {
      const batches = loader(numbers(12), { ...more, seed: 5, transform: noise });
      return [sorted(await flat(batches)), sorted(await flat(batches))];
    };
    const [first, second] = (await epochs(options[0] as LoaderOptions<Numbered>)) as [number[], number[]];
    expect(second).not.toEqual(first);
    for (const more of options) expect(await epochs(more)).toEqual([first, second]);
    const stream = loader(watched(12).iterable, { batch: 4, seed: 5, transform: noise });
    expect(await flat(stream)).toEqual(first);
  });
});

describe("streams", () => {
  it("become batches, with the rest at the end; the length is not known", async () => {
    const batches = loader(watched(5).iterable, { batch: 2 });
    expect(batches.length).toBeUndefined();
    expect(await epochOf(batches)).toEqual([[0, 1], [2, 3], [4]]);
    expect(await epochOf(loader(watched(5).iterable, { batch: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("are read ahead by `prefetch` batches and no further", async () => {
    const { seen, iterable } = watched(100);
    const batches = loader(iterable, { batch: 2, prefetch: 3 })[Symbol.asyncIterator]();
    await settle();
    expect(seen.pulled).toBe(0);
    await batches.next();
    await settle();
    expect(seen.pulled).toBe(8);
    await batches.next();
    await settle();
    expect(seen.pulled).toBe(10);
    await batches.return(undefined);
    await settle();
    expect(seen).toEqual({ pulled: 10, returned: 1 });
  });

  it("without prefetch only what is asked for", async () => {
    const { seen, iterable } = watched(100);
    const batches = loader(iterable, { batch: 2, prefetch: 0 })[Symbol.asyncIterator]();
    await batches.next();
    await settle();
    expect(seen.pulled).toBe(2);
    await batches.return(undefined);
  });

  it("an early break ends the source", async () => {
    const { seen, iterable } = watched(100);
    for await (const _ of loader(iterable, { batch: 4 })) break;
    expect(seen.returned).toBe(1);
  });

  it("a break does not wait for a source that is silent", async () => {
    let returned = 0;
    const silent: AsyncIterable<Numbered> = {
      [Symbol.asyncIterator]: () => {
        let at = 0;
        const next = () =>
          at < 2 ? Promise.resolve({ done: false, value: { x: at++ } }) : new Promise<never>(() => {});
        return { next, return: async () => ({ done: true, value: void returned++ }) };
      },
    };
    for await (const _ of loader(silent, { batch: 2 })) {
      await settle();
      break;
    }
    expect(returned).toBe(1);
  });

  it("errors come after the batches before them, and only once", async () => {
    const { seen, iterable } = watched(9, 5);
    const got: number[] = [];
    const run = async () => {
      for await (const { x } of loader(iterable, { batch: 2, prefetch: 4 })) got.push(...(await x.data()));
    };
    await expect(run()).rejects.toThrow("sample 5 cannot be read");
    expect(got).toEqual([0, 1, 2, 3]);
    expect(seen.pulled).toBe(5);
  });

  it("errors of samples and transforms reach the loop and end the source", async () => {
    const { seen, iterable } = watched(9);
    const transform = ({ x }: Numbered) => {
      if (x === 3) throw new Error("no such digit");
      return { x };
    };
    await expect(flat(loader(iterable, { batch: 2, prefetch: 0, transform }))).rejects.toThrow("no such digit");
    expect(seen.returned).toBe(1);
    const bad = dataset({ length: 3, get: (i: number) => ({ x: ndArray(new Uint8Array(i + 1), [i + 1]) }) });
    const failure = (async () => {
      for await (const _ of loader(bad, { batch: 3 }));
    })();
    await expect(failure).rejects.toThrow(/differ in field "x"[\s\S]*at .*loader\.test\.ts:\d+/);
  });

  it("a function makes a new stream for every epoch; a generator used twice is an error", async () => {
    async function* three() {
      for (let x = 0; x < 3; x++) yield { x };
    }
    const fresh = loader(three, { batch: 3 });
    expect([await flat(fresh), await flat(fresh)]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    const once: Loader<Batch<Numbered>> = loader(three(), { batch: 3 });
    expect(await flat(once)).toEqual([0, 1, 2]);
    await expect(flat(once)).rejects.toThrow("pass a function that makes a new iterable for every epoch");
  });

  it("every sample arrives once, whatever batch and prefetch", async () => {
    const anyCase = fc.record({
      length: fc.integer({ min: 1, max: 40 }),
      batch: fc.integer({ min: 1, max: 9 }),
      prefetch: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ length, batch, prefetch }) => {
        const whole = Array.from({ length }, (_, i) => i);
        expect(await flat(loader(watched(length).iterable, { batch, prefetch }))).toEqual(whole);
        expect(await flat(loader(numbers(length), { batch, prefetch }))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });
});

describe("wrong use", () => {
  const fail =
    (options: object): (() => unknown) =>
    () =>
      loader(numbers(5), options as LoaderOptions<Numbered>);

  it("options: every one that is impossible, at the user's line", () => {
    expect(fail({ batch: 0 })).toThrow("batch is 0, and must be an integer of 1 or more");
    expect(fail({ batch: 2.5, prefetch: -1, shuffle: "yes" })).toThrow(
      /batch is 2\.5.*\n.*prefetch is -1.*\n.*shuffle is yes.*\n.*fix: .*\n.*loader\.test\.ts/,
    );
    expect(fail({})).toThrow("batch is undefined");
    expect(fail({ batch: 2, seed: -1 })).toThrow("seed -1 is not an integer of 0 or more");
    expect(fail({ batchSize: 2 })).toThrow('unknown option "batchSize"');
    expect(fail({ batch: 2, transform: 3 })).toThrow("transform is number, and must be a function");
  });

  it("an empty data set, and one of which nothing is left", () => {
    expect(() => loader(numbers(0), { batch: 2 })).toThrow(DataError);
    expect(() => loader(numbers(0), { batch: 2 })).toThrow("the data set is empty");
    expect(() => loader(numbers(5), { batch: 8, dropLast: true })).toThrow(
      "5 samples make no full batch of 8, and dropLast leaves out the rest",
    );
  });

  it("a source that is none", () => {
    const notASource = [{ x: 1 }] as unknown as AsyncIterable<Numbered>;
    expect(() => loader(notASource, { batch: 1 })).toThrow("wrap an array with dataset(array)");
  });
});

describe("position", () => {
  const make = (shuffle = true) => loader(numbers(20), { batch: 6, shuffle, seed: 3 });

  /** The batches of `epochs` epochs, left after `stop` of them with the loader's state then. */
  async function upTo(batches: Loader<Batch<Numbered>>, stop: number) {
    const found: number[][] = [];
    for (;;) {
      for await (const { x } of batches) {
        found.push([...(await x.data())]);
        if (found.length === stop) return { found, state: batches.stateDict() };
      }
    }
  }

  it("goes on after any batch, with the order of the first run, whatever its own seed", async () => {
    const { found: whole } = await upTo(make(), 12);
    for (let stop = 1; stop < 12; stop++) {
      const { found, state } = await upTo(make(), stop);
      const resumed = loader(numbers(20), { batch: 6, shuffle: true, seed: 99 });
      resumed.loadStateDict(JSON.parse(JSON.stringify(state)));
      expect(resumed.epoch).toBe(Math.ceil(stop / 4) - 1);
      const rest = (await upTo(resumed, 12 - stop)).found;
      expect([...found, ...rest]).toEqual(whole);
    }
  });

  it("streams too, with the random numbers of their samples", async () => {
    const random = () =>
      loader(
        async function* () {
          for (let x = 0; x < 7; x++) yield { x };
        },
        {
          batch: 2,
          seed: 5,
          transform: (_: Numbered, r: SampleRandom) => ({ x: r.integer(0, 1_000_000) }),
        },
      );
    const { found: whole } = await upTo(random(), 8);
    for (let stop = 1; stop < 8; stop++) {
      const { found, state } = await upTo(random(), stop);
      const resumed = random();
      resumed.loadStateDict(state);
      expect([...found, ...(await upTo(resumed, 8 - stop)).found]).toEqual(whole);
    }
  });

  it("is the beginning of the next epoch once one came to its end", async () => {
    const batches = make();
    await flat(batches);
    expect(batches.stateDict()).toMatchObject({ epoch: 1, batches: 0 });
    for await (const _ of batches) break;
    expect(batches.stateDict()).toMatchObject({ epoch: 1, batches: 1 });
    batches.epoch = 5;
    expect(batches.stateDict()).toMatchObject({ epoch: 5, batches: 0 });
  });

  it("of another loader is refused, with all that differs", () => {
    const other = loader(numbers(21), { batch: 7, seed: 3 }).stateDict();
    expect(() => make().loadStateDict(other)).toThrow(
      /position is that of another loader\n {2}- batch was 7, and is 6\n {2}- shuffle was false, and is true\n {2}- samples was 21, and is 20/,
    );
    expect(() => make().loadStateDict({ ...make().stateDict(), batches: -1 })).toThrow("must be counts");
  });
});

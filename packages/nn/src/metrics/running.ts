/**
 * Means over batches of different sizes.
 */

/**
 * A weighted mean that grows batch by batch; NaN while it is empty.
 *
 * @example
 * const loss = new RunningMean();
 * loss.add(await batchLoss.item(), images.shape[0]);
 * console.log(loss.value);
 */
export class RunningMean {
  #sum = 0;
  #weight = 0;

  /** @param weight The number of samples that `value` is the mean of. */
  add(value: number, weight = 1): this {
    this.#sum += value * weight;
    this.#weight += weight;
    return this;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }

  /** Number of samples. */
  get count(): number {
    return this.#weight;
  }

  reset(): void {
    this.#sum = 0;
    this.#weight = 0;
  }

  stateDict(): { readonly sum: number; readonly weight: number } {
    return { sum: this.#sum, weight: this.#weight };
  }

  loadStateDict(state: { readonly sum: number; readonly weight: number }): void {
    this.#sum = state.sum;
    this.#weight = state.weight;
  }
}

/** How many free buffers are kept: while one is read, the next tile is copied into another. */
const keptBuffers = 2;

/** Buffers through which results are read back. They are used again, never two reads at once. */
export class StagingBuffers {
  readonly #device: GPUDevice;
  readonly #free: GPUBuffer[] = [];
  readonly #taken = new Set<GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of device memory. */
  get byteSize(): number {
    return [...this.#free, ...this.#taken].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * A buffer that nobody reads.
   *
   * @param size - bytes that it must have, a multiple of 4
   * @returns the buffer, for {@link StagingBuffers.give} once it is mapped and read
   */
  take(size: number): GPUBuffer {
    const index = this.#free.findIndex((buffer) => buffer.size >= size);
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1);
    const taken =
      buffer ??
      this.#device.createBuffer({
        label: "staging",
        size,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
    this.#taken.add(taken);
    return taken;
  }

  /**
   * Takes a buffer back.
   *
   * @param buffer - one that was taken; still mapped or not
   * @param isUsable - whether it can be used again
   */
  give(buffer: GPUBuffer, isUsable: boolean): void {
    // One that is not known was freed in the meantime.
    if (!this.#taken.delete(buffer)) return;
    if (!isUsable) {
      buffer.destroy();
      return;
    }
    buffer.unmap();
    this.#free.push(buffer);
    if (this.#free.length > keptBuffers) this.#free.shift()?.destroy();
  }

  /** Frees all buffers; those that are being read once they are given back. */
  dispose(): void {
    for (const buffer of this.#free.splice(0)) buffer.destroy();
  }
}

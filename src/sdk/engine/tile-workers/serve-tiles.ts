import { Channel, LimpidError, TurnQueue, type Disposable, type WorkerPort } from "../../base/index.js";
import { keptMemory, Machine, type MachineOptions } from "../wasm/machine.js";
import type { TileMethods } from "./tile-methods.js";

/** Makes this thread one that restores tiles. */
export function serveTiles(port: WorkerPort): Disposable {
  const turns = new TurnQueue();
  const weightsById = new Map<number, Float32Array>();
  let options: MachineOptions | undefined;
  let machine: Machine | undefined;
  const inTurn = <T>(task: () => T | Promise<T>): Promise<T> => turns.add(async () => task());
  return new Channel<object, TileMethods>(port, {
    handlers: {
      start: (given) =>
        inTurn(() => {
          options = given;
          machine = new Machine(given);
        }),
      weights: ({ id, weights }) => inTurn(() => void weightsById.set(id, weights)),
      release: (id) => inTurn(() => void weightsById.delete(id)),
      rest: () =>
        inTurn(() => {
          if ((machine?.byteSize ?? 0) > keptMemory) machine = undefined;
        }),
      restore: ({ weights: id, vectors, isMeasured, block }, { signal, transfer }) =>
        inTurn(async () => {
          const weights = weightsById.get(id);
          if (options === undefined || weights === undefined) {
            throw new LimpidError("WorkerFailed", "the worker was not started");
          }
          machine ??= new Machine(options);
          const restored = await machine.restore({ weights, vectors, isMeasured }, block, { signal });
          transfer.push(restored.rgb.buffer as ArrayBuffer);
          return restored;
        }),
    },
  });
}

import { chunkLength } from "../protocol.js";
import { SandboxFailure } from "./failure.js";

/** Transfers that are open at once; more mean that the page has lost track of them. */
const maximumOpen = 8;

interface Transfer {
  readonly bytes: Uint8Array;
  readonly isUpload: boolean;
  /** How far it is, in bytes. */
  done: number;
}

/** Files on their way over the bridge, in messages of a bounded length, in order and each byte once. */
export class Transfers {
  readonly #open = new Map<number, Transfer>();
  #count = 0;

  /** Begins to give a file out; returns its number. */
  openDownload(bytes: Uint8Array): number {
    return this.#add({ bytes, isUpload: false, done: 0 });
  }

  /** Begins to take a file in; returns its number. */
  openUpload(length: number): number {
    this.#checkRoom();
    return this.#add({ bytes: new Uint8Array(length), isUpload: true, done: 0 });
  }

  /** The next bytes of a file that is given out. It is forgotten with the last ones. */
  read(id: number, offset: number): Uint8Array {
    const transfer = this.#get(id, false, offset);
    const bytes = transfer.bytes.slice(offset, offset + chunkLength);
    transfer.done += bytes.length;
    if (transfer.done === transfer.bytes.length) this.#open.delete(id);
    return bytes;
  }

  /** Takes the next bytes in. */
  write(id: number, offset: number, bytes: Uint8Array): void {
    const transfer = this.#get(id, true, offset);
    if (bytes.length === 0 || offset + bytes.length > transfer.bytes.length) {
      this.#open.delete(id);
      throw new SandboxFailure(
        "malformed",
        `${bytes.length} bytes at ${offset} do not belong to a file of ${transfer.bytes.length}`,
      );
    }
    transfer.bytes.set(bytes, offset);
    transfer.done += bytes.length;
  }

  /** A file that was taken in, all of it. It is forgotten here. */
  finish(id: number): Uint8Array {
    const { bytes, done } = this.#get(id, true);
    this.#open.delete(id);
    if (done === bytes.length) return bytes;
    throw new SandboxFailure("malformed", `the upload has ${done} of ${bytes.length} bytes`);
  }

  /** Forgets a transfer. */
  close(id: number): void {
    this.#open.delete(id);
  }

  /** Forgets all. */
  clear(): void {
    this.#open.clear();
  }

  #add(transfer: Transfer): number {
    this.#checkRoom();
    const id = ++this.#count;
    this.#open.set(id, transfer);
    return id;
  }

  #checkRoom(): void {
    if (this.#open.size >= maximumOpen) {
      throw new SandboxFailure("malformed", `${this.#open.size} transfers are open already`);
    }
  }

  /** Bytes that come twice or out of order end the transfer: nothing of it can be trusted. */
  #get(id: number, isUpload: boolean, offset?: number): Transfer {
    const transfer = this.#open.get(id);
    if (transfer?.isUpload !== isUpload) {
      throw new SandboxFailure("malformed", `there is no transfer ${id}`);
    }
    if (offset === undefined || offset === transfer.done) return transfer;
    this.#open.delete(id);
    throw new SandboxFailure("malformed", `byte ${offset} was asked for where ${transfer.done} is next`);
  }
}

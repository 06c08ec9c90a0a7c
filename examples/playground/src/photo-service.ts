import { LimpidError, type LimpidErrorCode } from "limpid";
import type { OpenedPhoto, PhotoReply, PhotoRequest, SavedPhoto } from "./photo-messages.js";

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (reply: PhotoReply) => void;
  readonly reject: (error: unknown) => void;
  readonly onPreview?: ((preview: ImageBitmap) => void) | undefined;
}

/** Opens and saves photos in a worker of its own, which is started anew if it dies. */
export class PhotoService {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  constructor() {
    // The first photo shall not wait for it.
    this.#start();
  }

  /**
   * Decodes a file.
   *
   * @param size - of its picture, in pixels, if a small one is wanted first
   * @param onPreview - told the small one
   */
  async open(
    file: File,
    size?: { readonly width: number; readonly height: number },
    onPreview?: (preview: ImageBitmap) => void,
  ): Promise<OpenedPhoto> {
    const reply = await this.#ask({ kind: "open", file, size }, [], onPreview);
    return (reply as Extract<PhotoReply, { kind: "opened" }>).photo;
  }

  /** Encodes a photo; the samples are handed over. */
  async save(request: Extract<PhotoRequest, { kind: "save" }>): Promise<SavedPhoto> {
    const samples = [request.before, request.after].flatMap((image) => (image ? [image.data.buffer] : []));
    const reply = await this.#ask(request, samples as ArrayBuffer[]);
    return (reply as Extract<PhotoReply, { kind: "saved" }>).photo;
  }

  /** A small picture of a file; undefined if it is none. */
  async thumbnail(file: Blob, width: number): Promise<ImageBitmap | undefined> {
    const reply = await this.#ask({ kind: "thumbnail", file, width }, []);
    return (reply as Extract<PhotoReply, { kind: "thumbnail" }>).picture;
  }

  /** Puts files into a ZIP archive. */
  async zip(files: ReadonlyMap<string, Blob>): Promise<Blob> {
    const reply = await this.#ask({ kind: "zip", files }, []);
    return (reply as Extract<PhotoReply, { kind: "zipped" }>).archive;
  }

  async #ask(
    request: PhotoRequest,
    transfer: Transferable[],
    onPreview?: (preview: ImageBitmap) => void,
  ): Promise<PhotoReply> {
    const id = ++this.#last;
    const reply = await new Promise<PhotoReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onPreview });
      this.#start().postMessage({ id, request }, transfer);
    });
    if (reply.kind === "failed") throw new LimpidError(reply.code as LimpidErrorCode, reply.message);
    return reply;
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker("photo-worker.js", { type: "module", name: "photos" });
    this.#worker = worker;
    worker.onmessage = ({ data: { id, reply } }: MessageEvent<{ id: number; reply: PhotoReply }>) => {
      if (reply.kind === "preview") return this.#waiting.get(id)?.onPreview?.(reply.preview);
      this.#waiting.get(id)?.resolve(reply);
      this.#waiting.delete(id);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#worker = undefined;
      const error = new LimpidError("WorkerFailed", `the worker died: ${event.message || "out of memory"}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    return worker;
  }
}

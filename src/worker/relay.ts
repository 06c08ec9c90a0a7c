import { costOf, flowWindow, type FlowFrame, type MessagePortLike } from "../sdk/bridge/index.js";

/** A message on its way from the extension to the page. */
export interface OutgoingMessage {
  readonly message: unknown;
  /** The length of its text, in UTF-16 code units. */
  readonly text: number;
  /** The bytes of its typed arrays, which move. */
  readonly buffers: readonly ArrayBuffer[];
}

/** How much may wait to be sent. Whoever has more does not wait for answers, and will not. */
const [maximumMessages, maximumText] = [2000, 8 << 20];

/**
 * The worker's end of the way to the page. It sends no more than the page has given credit for, and no image before the last
 * one has been dealt with; the rest waits here, where it is in nobody's way.
 */
export class Relay {
  readonly #port: MessagePortLike;
  readonly #maximumBytes: number;
  readonly #waiting: OutgoingMessage[] = [];
  #text = 0;
  #bytes = 0;
  #credit = flowWindow;
  /** The request with bytes that is not answered yet. */
  #heavy: number | undefined;
  #isEnded = false;

  /**
   * @param port - it belongs to the relay from here on
   * @param maximumBytes - most bytes of images that may wait
   */
  constructor(port: MessagePortLike, maximumBytes: number) {
    this.#port = port;
    this.#maximumBytes = maximumBytes;
  }

  /** Begins to receive. */
  listen(listener: (message: unknown) => void): void {
    this.#port.onmessage = ({ data }: MessageEvent<FlowFrame>) => {
      if (this.#isEnded) return;
      if (data.kind === "credit") {
        this.#credit += data.cost;
      } else if (data.kind === "message") {
        if (this.#heavy !== undefined && answeredBy(data.message) === this.#heavy) this.#heavy = undefined;
        listener(data.message);
      }
      this.#pump();
    };
  }

  /** Sends a message, now or later. If more waits than may, the extension is ended. */
  send(outgoing: OutgoingMessage): void {
    if (this.#isEnded) return;
    this.#waiting.push(outgoing);
    this.#text += outgoing.text;
    this.#bytes += bytesIn(outgoing);
    this.#pump();
    if (
      this.#waiting.length > maximumMessages ||
      this.#text > maximumText ||
      this.#bytes > this.#maximumBytes
    ) {
      this.end(`it sends faster than it is answered: ${this.#waiting.length} messages wait`);
    }
  }

  /** Ends the extension, and says why. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.#port.postMessage({ kind: "ended", reason } satisfies FlowFrame, []);
  }

  /** Whether the extension was ended. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const cost = costOf(next.text);
      const bytes = bytesIn(next);
      if (cost > this.#credit || (bytes > 0 && this.#heavy !== undefined)) return;
      this.#waiting.shift();
      this.#text -= next.text;
      this.#bytes -= bytes;
      this.#credit -= cost;
      if (bytes > 0) this.#heavy = (next.message as { readonly id?: number }).id;
      this.#port.postMessage({ kind: "message", message: next.message, cost } satisfies FlowFrame, [
        ...next.buffers,
      ]);
    }
  }
}

function bytesIn({ buffers }: OutgoingMessage): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** The request that a message answers. */
function answeredBy(message: unknown): number | undefined {
  const { kind, id } = message as { readonly kind?: unknown; readonly id?: number };
  return kind === "response" || kind === "error" ? id : undefined;
}

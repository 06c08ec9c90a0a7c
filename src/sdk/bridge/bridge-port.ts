/** One end of a channel that keeps the order of its messages: a `MessagePort`, or what a test puts in its place. */
export interface BridgePort {
  /**
   * Sends a message by structured cloning.
   *
   * @param message - what to send
   * @param transfer - buffers whose memory moves instead of being copied
   */
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /**
   * Sets who is called with every message, those that came before included.
   *
   * @param listener - told of a message
   * @param onUnreadable - told of a message that cannot be cloned into this realm
   */
  listen(listener: (message: unknown) => void, onUnreadable: () => void): void;
  /** Ends the channel. */
  close(): void;
}

/** What browsers' and Node's `MessagePort` have in common. */
export interface MessagePortLike {
  /** Called with each message; setting it starts the port. */
  onmessage: ((event: MessageEvent) => unknown) | null;
  /** Called with a message that cannot be read. */
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  /** Sends a message. */
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Ends the channel. */
  close(): void;
}

/**
 * A port of the platform as an end of a channel.
 *
 * @param port - it belongs to the result from here on
 */
export function bridgePortOf(port: MessagePortLike): BridgePort {
  return {
    postMessage: (message, transfer) => port.postMessage(message, [...transfer]),
    listen(listener, onUnreadable) {
      port.onmessageerror = onUnreadable;
      port.onmessage = ({ data }) => listener(data);
    },
    close() {
      port.onmessage = null;
      port.close();
    },
  };
}

/** One end of a channel that keeps the order of its messages: a worker's, or what a test puts in its place. */
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

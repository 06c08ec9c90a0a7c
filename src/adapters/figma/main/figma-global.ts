/**
 * Figma's global `figma`, as far as this needs it: pass that one. The types of `@figma/plugin-typings` fit, whichever of
 * its two forms is used.
 */
export interface FigmaGlobal {
  /** Always `1.0.0`. */
  readonly apiVersion: string;
  /** What stands for values that differ within a node. */
  readonly mixed: symbol;
  /** The page that is open. */
  readonly currentPage: {
    /** Unique in the file. */
    readonly id: string;
    /** What is selected on it. */
    readonly selection: readonly object[];
  };
  /** The plugin's page. */
  readonly ui: {
    /** Sends it a message. */
    postMessage(message: unknown, options?: { readonly origin?: string }): void;
  };
  /** Shows the plugin's page. */
  showUI(
    html: string,
    options?: { readonly width?: number; readonly height?: number; readonly title?: string },
  ): void;
  /** Looks a node up. */
  getNodeByIdAsync(id: string): Promise<object | null>;
  /** Looks an image up. */
  getImageByHash(hash: string): object | null;
  /** Takes a file. */
  createImage(data: Uint8Array): {
    /** What paints name it by. */
    readonly hash: string;
  };
  /** Makes what was done a step of undo. */
  commitUndo(): void;
}

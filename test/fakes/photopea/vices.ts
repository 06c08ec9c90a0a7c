/** How a fake Photopea misbehaves: each is something that the real one has been seen to do, or could do at its worst. */
export interface PhotopeaVices {
  /** Members that it does not have though others have seen them, as `Document.duplicate`. */
  readonly lacks: readonly string[];
  /** Answers nothing at all, and does nothing either. */
  readonly silent: boolean;
  /** Runs scripts but loses what they say. */
  readonly mute: boolean;
  /** Gives files out as views on larger buffers. */
  readonly typedArrays: boolean;
  /** How many files come for one that is saved. */
  readonly filesPerSave: number;
  /** Milliseconds after `"done"` at which a posted file is open. */
  readonly lateFiles: number;
  /** How many documents one posted file becomes. */
  readonly documentsPerFile: number;
  /** Milliseconds after the script at which a layer that it copied into a person's document is there. */
  readonly lateLayers: number;
  /** Whether `move` never comes back, nor anything that is posted after it. */
  readonly moveHangs: boolean;
  /** Whether a copied document has the selection of the original. */
  readonly copyKeepsSelection: boolean;
  /**
   * What becomes of a layer mask that a script asks for: it is made of the selection; the script ends; it never ends, and the
   * ping behind it is lost; nothing happens; or it shows all of the layer.
   */
  readonly masks: "of-selection" | "abort" | "hangs" | "ignored" | "of-all";
  /** Said before the answers to every script: pings, and what belongs to other plugins. */
  readonly babble: readonly unknown[];
  /** Says everything again that was said for earlier scripts. */
  readonly replays: boolean;
  /** Says the answers to a script in the wrong order. */
  readonly reorders: boolean;
  /** Replaces each text that a script says, file or not: "%" stands for the text. */
  readonly rewrites: string | undefined;
}

/** As well behaved as Photopea gets: a `"done"` too many for each document that is opened or closed, errors that are not told. */
export const mildVices: PhotopeaVices = {
  lacks: [],
  silent: false,
  mute: false,
  typedArrays: false,
  filesPerSave: 1,
  lateFiles: 0,
  documentsPerFile: 1,
  lateLayers: 0,
  moveHangs: false,
  copyKeepsSelection: true,
  masks: "of-selection",
  babble: [],
  replays: false,
  reorders: false,
  rewrites: undefined,
};

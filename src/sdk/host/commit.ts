/**
 * How a result comes into the document.
 *
 * - `replace`: in place of the captured pixels, with the crop, transform and filters that they had.
 * - `new-layer`: as a layer right above them, at the same place with the same crop, turn and opacity, without their filters.
 * - `mask`: as a layer above them with a layer mask: white where the capture was selected, or all over. Painting on the
 *   mask takes the repair away where it is not wanted.
 */
export type CommitMode = "replace" | "new-layer" | "mask";

/** Every {@link CommitMode}: callers without a type checker may pass others. */
export const commitModes: readonly CommitMode[] = ["replace", "new-layer", "mask"];

/** How to bring a result back. */
export interface CommitOptions {
  /** How it comes into the document. */
  readonly mode: CommitMode;
  /** Names the undo step, and the layer if there is a new one. */
  readonly label: string;
  /**
   * What to do if the captured pixels were changed or removed meanwhile, so that they cannot be replaced: add a layer all the
   * same, or refuse with `DocumentChanged`. A host that cannot add layers refuses in any case.
   */
  readonly onConflict: "new-layer" | "refuse";
}

/** A result that is in the document. */
export interface Commit {
  /** How it came into the document: `new-layer` after a conflict, whatever was asked for. */
  readonly mode: CommitMode;
  /** Whether the captured pixels had been changed or removed. */
  readonly isConflict: boolean;
  /** Steps that the host's own undo takes to bring the document back; 0 if it has none, and then `undo` is given. */
  readonly undoSteps: number;
  /**
   * Takes the result out again, for an application that keeps its own history; given if the host has none.
   *
   * @throws {@link LimpidError} `DocumentChanged` if somebody changed the result meanwhile
   */
  readonly undo?: () => Promise<void>;
  /** Brings an undone result back; given with `undo`. */
  readonly redo?: () => Promise<void>;
  /** What was lost on the way in, each in a few words for a person. */
  readonly notes: readonly string[];
}

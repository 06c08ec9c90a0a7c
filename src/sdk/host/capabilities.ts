import type { ColorSpace } from "../image/index.js";
import type { CaptureTarget } from "./capture.js";
import type { CommitMode } from "./commit.js";

/** What a host can do. Asked for something else, it throws `NotSupported` and does nothing. */
export interface HostCapabilities {
  /** By target, how a result can be brought back; none, if the target cannot be captured at all. */
  readonly commit: Readonly<Record<CaptureTarget, readonly CommitMode[]>>;
  /** By mode, the most steps of the host's own undo that one commit makes; 0 if it has no undo. One is what people expect. */
  readonly undoSteps: Readonly<Record<CommitMode, number>>;
  /** Bits per sample that it keeps; deeper results are reduced to the largest, and the commit's notes say so. */
  readonly bitDepths: readonly (8 | 16 | 32)[];
  /** Colour spaces that it keeps; `icc` means any profile. */
  readonly colorSpaces: readonly ColorSpace[];
  /**
   * What becomes of transparency: `straight` keeps every sample bit for bit, `premultiplied` rounds colours where alpha is
   * low and loses them where it is 0, `none` refuses it.
   */
  readonly alpha: "straight" | "premultiplied" | "none";
  /** Longest side of a result in pixels. */
  readonly maximumSide: number;
  /** Most pixels of a result. */
  readonly maximumPixels: number;
  /** Whether a result may have another size than the capture, at the same displayed size. */
  readonly canResize: boolean;
  /** Whether people see progress, and can cancel. */
  readonly progress: boolean;
  /** Whether people see notifications. */
  readonly notifications: boolean;
  /** Whether people can be asked. */
  readonly questions: boolean;
  /** Whether commands can be offered to people. */
  readonly commands: boolean;
  /** Whether commands can be put into menus. */
  readonly menus: boolean;
  /** Whether it tells when the active layer or the selection changes. */
  readonly selectionEvents: boolean;
}

/** A line of text for the person at the editor. */
export interface HostNotification {
  /** One sentence, at most 100 characters if every host is to show all of it. */
  readonly text: string;
  /** How bad it is; `info` if left out. */
  readonly level?: "info" | "warning" | "error";
}

/** One answer that a person can choose. */
export interface HostChoice {
  /** What the program gets. */
  readonly id: string;
  /** What the person reads. */
  readonly title: string;
}

/** A question for the person at the editor. */
export interface HostQuestion {
  /** The question, one sentence. */
  readonly text: string;
  /** What to know before answering. */
  readonly detail?: string;
  /** The answers, the usual one first; one at least. */
  readonly choices: readonly HostChoice[];
  /** Takes the question away when it fires; the answer is then undefined. */
  readonly signal?: AbortSignal;
}

/** What a run that shows progress is called. */
export interface HostProgressOptions {
  /** What people read beside the bar. */
  readonly title: string;
}

/** How far a run is. */
export interface HostProgress {
  /** 0 to 1; undefined while that is not known. */
  readonly fraction?: number;
  /** What is being done, in a few words. */
  readonly message?: string;
}

/** What a run that shows progress is given. */
export interface HostProgressReporter {
  /** Fires when the person cancels. Never, in a host without a way to. */
  readonly signal: AbortSignal;
  /** Tells how far the run is. Cheap enough to be called for every tile. */
  readonly report: (progress: HostProgress) => void;
}

/** A command that a host offers to people. */
export interface HostCommand {
  /** Unique in the host: `limpid.restore`. */
  readonly id: string;
  readonly title: string;
  /** Does it. A failure is the command's to tell; the host only notes it. */
  run(): unknown;
}

/** Where in a host's menus an item belongs; the host decides what that means in its own layout. */
export type HostMenu = "image" | "layer" | "selection" | "panel";

/** A command in a menu. */
export interface HostMenuItem {
  /** Id of a command; registered before or after the item. */
  readonly command: string;
  readonly menu: HostMenu;
  /** Items of one group stand together; groups in alphabetical order, items without one last. */
  readonly group?: string;
  /** Place within the group, ascending; 0 if left out. */
  readonly order?: number;
}

/** What is active in a host. */
export interface HostSelection {
  /** The document; undefined if none is open. */
  readonly documentId: string | undefined;
  /** The active layer or object; undefined if there is none with pixels. */
  readonly layerId: string | undefined;
  /** Whether a part of it is selected. */
  readonly hasSelection: boolean;
}

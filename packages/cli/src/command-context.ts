/** What a command touches of the process that it runs in. */
export interface CommandContext {
  /** Receives results, with their line ends, or a picture: standard output. */
  readonly write: (content: string | Uint8Array) => void;
  /** Receives errors, notes and progress, with their line ends: standard error. */
  readonly writeError: (text: string) => void;
  /** Where progress is drawn; undefined if nobody is watching, as in a pipe. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Columns of the terminal that shows the results; undefined if a pipe or a file takes them. */
  readonly outputColumns: number | undefined;
  /** Reads standard input to its end; undefined if it is a terminal. */
  readonly readInput: (() => Promise<Uint8Array>) | undefined;
  /** The folder of the user's packs; need not exist. */
  readonly packsFolder: string;
  /** Fires when the user interrupts the program. */
  readonly signal: AbortSignal;
  /** The built program, for worker threads to run. */
  readonly program: URL;
  /** What the process is to exit with; set by the command. */
  exitCode: number;
}

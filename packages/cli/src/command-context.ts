/** What a command touches of the process that it runs in. */
export interface CommandContext {
  /** Receives results, with their line ends: standard output. */
  readonly write: (text: string) => void;
  /** Receives errors, notes and progress, with their line ends: standard error. */
  readonly writeError: (text: string) => void;
  /** Where progress is drawn; undefined if nobody is watching, as in a pipe. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Fires when the user interrupts the program. */
  readonly signal: AbortSignal;
  /** The built program, for worker threads to run. */
  readonly program: URL;
  /** What the process is to exit with; set by the command. */
  exitCode: number;
}

import type { LimpidError } from "../../sdk/base/index.js";
import { failed } from "./failure.js";
import { script, type PhotopeaScript } from "./script.js";

/** What a script answered. */
export interface PhotopeaAnswer {
  /** What it told with `tell`; undefined if it told nothing. */
  readonly value: unknown;
  /** The file that it gave out; undefined if none was asked for. */
  readonly file: Uint8Array | undefined;
}

/** Milliseconds that the end of a script may come after the answer to the ping behind it. */
const grace = 25;

/** Characters of the longest text that a script of ours ever tells; more is not ours, or broken. */
const maximumTextLength = 1 << 20;

/**
 * One script and what comes back for it. Photopea answers every message with `"done"`, whether the script ran, threw or did
 * not parse, and says `"done"` at other times too; so a script ends by echoing a token that nobody else knows, and only what
 * carries the token counts. A ping is posted behind it: if that is answered and the end has not come, Photopea has ended the
 * script without a word.
 */
export class PhotopeaExchange {
  /** Settles when the closing token arrives. */
  readonly answer: Promise<PhotopeaAnswer>;
  readonly message: string;
  /** What to post right behind it. */
  readonly ping: string;
  readonly #prefix: string;
  readonly #wantsFile: boolean;
  #resolve!: (answer: PhotopeaAnswer) => void;
  #reject!: (error: LimpidError) => void;
  #hasBegun = false;
  #hasValue = false;
  #value: unknown;
  readonly #files: Uint8Array[] = [];
  #fault: LimpidError | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param token - known to nobody else and used once
   * @param body - statements; they may call `tell(value)` once, `begin()` before they give a file out, and
   * `fail(reason, text)`
   * @param wantsFile - whether exactly one file must come between `begin()` and the end
   */
  constructor(token: string, body: PhotopeaScript, wantsFile: boolean) {
    this.#prefix = `${token}:`;
    this.#wantsFile = wantsFile;
    this.message = wrap(this.#prefix, body).source;
    this.ping = script`app.echoToOE(${`${this.#prefix}ping`});`.source;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Takes a message in. What does not belong to this exchange is passed over. */
  receive(data: unknown): void {
    if (typeof data === "string") {
      if (data.startsWith(this.#prefix)) this.#receiveText(data);
      return;
    }
    const file = asBytes(data);
    if (file !== undefined && this.#wantsFile && this.#hasBegun) this.#files.push(file);
  }

  /** Ends the exchange from this side. */
  fail(error: LimpidError): void {
    clearTimeout(this.#waiting);
    this.#reject(error);
  }

  #receiveText(data: string): void {
    if (data.length > maximumTextLength) {
      this.#note(malformed(`a text of ${data.length} characters`));
      return;
    }
    const text = data.slice(this.#prefix.length);
    const colon = text.indexOf(":");
    const kind = colon < 0 ? text : text.slice(0, colon);
    const rest = colon < 0 ? "" : text.slice(colon + 1);
    switch (kind) {
      case "begin":
        if (this.#hasBegun || !this.#wantsFile) this.#note(malformed("a file where none was expected"));
        this.#hasBegun = true;
        return;
      case "value":
        if (this.#hasValue) this.#note(malformed("two values"));
        this.#hasValue = true;
        this.#readValue(rest);
        return;
      case "error":
        this.#note(scriptFailed(rest));
        return;
      case "ping":
        // The script neither reached its end nor its `catch`.
        this.#waiting = setTimeout(
          () => this.fail(failed("aborted", "Photopea ended a script of Limpid's without an error")),
          grace,
        );
        return;
      case "end":
        clearTimeout(this.#waiting);
        this.#end();
        return;
      default:
        this.#note(malformed(`a message of kind ${JSON.stringify(kind.slice(0, 40))}`));
    }
  }

  #readValue(text: string): void {
    try {
      this.#value = JSON.parse(text);
    } catch (error) {
      this.#note(malformed("a value that is not JSON", error));
    }
  }

  #end(): void {
    if (this.#wantsFile && this.#fault === undefined && this.#files.length !== 1) {
      this.#note(malformed(`${this.#files.length} files where one was expected`));
    }
    if (this.#fault === undefined) this.#resolve({ value: this.#value, file: this.#files[0] });
    else this.#reject(this.#fault);
  }

  /** The first fault is the one to tell; the exchange goes on to its end, so that the next one starts in step. */
  #note(fault: LimpidError): void {
    this.#fault ??= fault;
  }
}

/** The body between the means to answer and the closing token, which comes whatever the body does. */
function wrap(prefix: string, body: PhotopeaScript): PhotopeaScript {
  return script`(function () {
  var prefix = ${prefix};
  function tell(value) { app.echoToOE(prefix + "value:" + JSON.stringify(value)); }
  function begin() { app.echoToOE(prefix + "begin"); }
  function fail(reason, text) { throw new Error("limpid:" + reason + ":" + text); }
  try {
${body}
  } catch (error) {
    app.echoToOE(prefix + "error:" + (error && error.message ? error.message : String(error)));
  }
  app.echoToOE(prefix + "end");
}());`;
}

/** Why a script of ours gave up: `details.reason`, if it was its own decision. */
function scriptFailed(text: string): LimpidError {
  const [, reason = "error", message = text] = /^limpid:([a-z-]+):([^]*)$/.exec(text) ?? [];
  return failed(reason, `Photopea: ${message.slice(0, 300)}`);
}

function malformed(what: string, cause?: unknown): LimpidError {
  return failed("malformed", `Photopea answered with ${what}`, {}, cause);
}

/** The bytes of a buffer or of a view on one; Photopea sends either. */
function asBytes(data: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (Object.prototype.toString.call(data) === "[object ArrayBuffer]") {
    return new Uint8Array(data as ArrayBuffer);
  }
  return undefined;
}

import { posix } from "node:path";
import { type ExtensionManifest, findImport } from "limpid/authoring";
import type { PackFinding } from "./finding.js";

/** What reaches for the network, in any context that code runs in, by its own name. */
const networkCalls =
  /\b(?:fetch(?=\s*(?:\(|\?\.|\.\s*(?:call|apply|bind)\b))|XMLHttpRequest\b|WebSocket(?:Stream)?\b|WebTransport\b|EventSource\b|RTCPeerConnection\b|sendBeacon\b|importScripts\b|(?:Shared)?Worker(?=\s*\()|serviceWorker\b)/;
/** The same under another name: taken from a scope, or handed on. */
const networkValues =
  /(?:\[\s*(["'`])(fetch)\1\s*\]|[=,(:]\s*(?:(?:globalThis|self|window)\s*\.\s*)?(fetch)\s*(?:[;,)\]}]|$)|\{[^{}]*\b(fetch)\b[^{}]*\}\s*=\s*(?:globalThis|self|window)\b)/m;
/** A load of a file beside it or, for its types, of Limpid: the word that {@link findImport} finds, and what follows. */
const plainLoad = /(?:import|from)\s*\(?\s*(["'])([^"'\\]+)\1/y;
/** What a strict content security policy refuses, or nobody can read. */
const hiddenCode = /\b(?:eval\s*\(|new\s+Function\s*\(|Function\s*\(\s*["'`])/;
const addresses = /\b(?:https?|wss?):\/\/([A-Za-z0-9.-]+)/g;
/** Names that stand for a format, not for a server. */
const namespaces = new Set(["www.w3.org", "json-schema.org", "schema.org", "localhost"]);

const codeFile = /\.(?:m?js|html)$/i;
const moduleFile = /\.m?js$/i;
const textFile = /\.(?:m?js|json|md|txt|css|html|ts|map|ya?ml|pem|key|env)$|^[^.]+$/i;
/** The largest file that is searched for secrets, in bytes. */
const maximumTextBytes = 8 * 2 ** 20;

/** Things that must never be published, by what people call them. */
const secrets: readonly (readonly [string, RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["a key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b/],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20,}/],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ["a key of Google", /\bAIza[A-Za-z0-9_-]{35}\b/],
  ["a token of Hugging Face", /\bhf_[A-Za-z0-9]{30,}\b/],
  ["a key of Stripe or OpenAI", /\bsk[-_](?:live_|proj-)?[A-Za-z0-9]{20,}/],
  ["a password in an address", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']+:[^\s/@"']{3,}@/i],
  ["a password", /\b(?:password|passwd|secret|api_?key|access_?token)["']?\s*[:=]\s*["'][^"'\s]{12,}["']/i],
];

/**
 * Looks for what code may not do: reach servers that the manifest does not declare, load modules that are not in the pack, or
 * hide what it does. It reads the text; the worker in which the code runs enforces the same.
 *
 * @param manifest - of the extension
 * @param files - the pack
 * @returns what was found
 */
export function checkCode(
  manifest: ExtensionManifest,
  files: ReadonlyMap<string, Uint8Array>,
): PackFinding[] {
  const { network } = manifest.capabilities;
  const findings: PackFinding[] = [];
  for (const [path, bytes] of files) {
    if (!codeFile.test(path)) continue;
    const text = new TextDecoder().decode(bytes);
    const call = networkCalls.exec(text)?.[0] ?? networkValues.exec(text)?.slice(2).find(Boolean);
    if (call !== undefined && network === undefined) {
      const fix = "declare capabilities.network with domains and a reason, or take it out";
      findings.push({ rule: "network", path, message: `uses ${call}`, fix });
    }
    if (moduleFile.test(path)) findings.push(...checkLoads(manifest, path, text, files));
    const hosts = new Set([...text.matchAll(addresses)].map(([, host = ""]) => host.toLowerCase()));
    for (const host of hosts) {
      if (namespaces.has(host) || network?.domains.some((domain) => covers(domain, host))) continue;
      const fix = "add it to capabilities.network.domains, or take it out";
      findings.push({ rule: "network", path, message: `names the host ${host}`, fix });
    }
    const hidden = hiddenCode.exec(text)?.[0];
    if (hidden !== undefined) {
      const message = `has ${hidden.replace(/\s*\(.*$/, "")}, which editors do not allow`;
      findings.push({ rule: "code", path, message, fix: "write it without" });
    }
  }
  return findings;
}

/**
 * The code of an extension is one file, which is what runs; another module, such as a recipe, which the trainer runs, may load
 * files of the pack by relative names.
 */
function checkLoads(
  { browser }: ExtensionManifest,
  path: string,
  text: string,
  files: ReadonlyMap<string, Uint8Array>,
): PackFinding[] {
  const isEntry = path === browser?.replace(/^\.\//, "");
  let position = findImport(text);
  for (; position !== undefined; position = findImport(text, position + 1)) {
    plainLoad.lastIndex = position;
    const [, , name = ""] = plainLoad.exec(text) ?? [];
    if (!isEntry && isOfPack(path, name, files)) continue;
    const line = text.slice(0, position).split("\n").length;
    const message = `loads ${name === "" ? "another module" : JSON.stringify(name)} in line ${line}`;
    const fix = isEntry
      ? "bundle it: the code of an extension is one file"
      : "put what it needs beside it, or into it";
    return [{ rule: "network", path, message, fix }];
  }
  return [];
}

function isOfPack(path: string, name: string, files: ReadonlyMap<string, Uint8Array>): boolean {
  if (/^limpid(?:\/[a-z-]+)?$/.test(name)) return true;
  return /^\.\.?\//.test(name) && files.has(posix.join(posix.dirname(path), name));
}

/**
 * Looks for what must never be published: keys, tokens, passwords.
 *
 * @param files - the pack
 * @returns what was found; what it is, not its text
 */
export function findSecrets(files: ReadonlyMap<string, Uint8Array>): PackFinding[] {
  return [...files].flatMap(([path, bytes]) => {
    if (!textFile.test(path) || bytes.byteLength > maximumTextBytes) return [];
    const text = new TextDecoder().decode(bytes);
    return secrets.flatMap(([name, pattern]): PackFinding[] => {
      const match = pattern.exec(text);
      if (match === null) return [];
      const line = text.slice(0, match.index).split("\n").length;
      const fix = "take it out, and make a new one: the old one may be known";
      return [{ rule: "secret", path, message: `seems to hold ${name}, in line ${line}`, fix }];
    });
  });
}

function covers(domain: string, host: string): boolean {
  return domain.startsWith("*.") ? host.endsWith(domain.slice(1)) : host === domain;
}

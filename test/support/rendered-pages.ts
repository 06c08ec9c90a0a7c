import type { Page } from "playwright-core";
import { decodePng, PixelImage } from "../../src/sdk/image/index.js";

/** A page that no camera took, as a picture. */
export interface RenderedPage {
  /** What it is, such as `receipt 3`. */
  readonly name: string;
  /** 8-bit RGB. */
  readonly image: PixelImage;
}

const words =
  "open house number street market price total station exit figure table open daily until late please keep this receipt for your records the quick brown fox a harbour in autumn we measured nine samples before noon and wrote them down by hand".split(
    " ",
  );
const palettes = [
  ["#ffffff", "#111111", "#1155cc"],
  ["#faf7ee", "#2b2b33", "#a33b20"],
  ["#16181d", "#e8e8ea", "#5aa9e6"],
  ["#e8f1fb", "#123456", "#0a7d5a"],
  ["#fffbe6", "#333333", "#d08700"],
] as const;
const faces = ["serif", "sans-serif", "monospace"] as const;

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed * 2654435761 + 1;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 9) % limit;
  };
}

/** The kinds of pages: each makes the body of an HTML document. */
const kinds: Readonly<
  Record<string, (pick: (limit: number) => number, ink: string, accent: string) => string>
> = {
  article: (pick) => `<h1>${phrase(pick, 4)}</h1>${repeat(5, () => `<p>${phrase(pick, 45)}</p>`)}`,
  receipt: (pick) =>
    `<div style="width:190px;margin:auto;font:13px monospace">${repeat(16, () => `<div style="display:flex;justify-content:space-between"><span>${phrase(pick, 2)}</span><span>${pick(90)}.${10 + pick(89)}</span></div>`)}<hr><b>total ${pick(900)}.00</b></div>`,
  table: (pick) =>
    `<table border="1" style="border-collapse:collapse;width:100%">${repeat(11, () => `<tr>${repeat(5, () => `<td>${pick(2) ? pick(9999) : phrase(pick, 1)}</td>`)}</tr>`)}</table>`,
  settings: (pick, ink, accent) =>
    `<h2>${phrase(pick, 2)}</h2>${repeat(6, () => `<div style="display:flex;justify-content:space-between;border-bottom:1px solid #8886;padding:9px">${phrase(pick, 3)}<span style="background:${pick(2) ? accent : "#999"};border-radius:9px;width:34px;height:18px"></span></div>`)}<button>${phrase(pick, 1)}</button>`,
  code: (pick, ink, accent) =>
    `<pre style="font-size:13px">${repeat(20, (i) => `<span style="opacity:.5">${i + 1}</span> ${" ".repeat(2 * pick(4))}<span style="color:${accent}">${phrase(pick, 1)}</span>(${phrase(pick, 2)}, ${pick(99)});\n`)}</pre>`,
  bars: (pick, ink, accent) =>
    chart(
      repeat(9, (i) => rect(30 + i * 42, 250 - 20 * (1 + pick(10)), 26, 400, accent)),
      ink,
      phrase(pick, 4),
    ),
  lines: (pick, ink, accent) =>
    chart(
      repeat(3, (line) => {
        const points = Array.from({ length: 14 }, (_, i) => `${30 + i * 28},${60 + pick(180)}`).join(" ");
        return `<polyline points="${points}" fill="none" stroke="${[accent, ink, "#cc5577"][line]}" stroke-width="2"/>`;
      }),
      ink,
      phrase(pick, 3),
    ),
  points: (pick, ink, accent) =>
    chart(
      repeat(
        130,
        () =>
          `<circle cx="${30 + pick(370)}" cy="${20 + pick(225)}" r="${1 + pick(4)}" fill="${pick(2) ? accent : ink}"/>`,
      ),
      ink,
      phrase(pick, 3),
    ),
  chat: (pick, ink, accent) =>
    repeat(
      7,
      (i) =>
        `<div style="margin:8px;max-width:65%;padding:8px 12px;border-radius:14px;${i % 2 ? `margin-left:auto;background:${accent};color:#fff` : "background:#8883"}">${phrase(pick, 4 + pick(9))}</div>`,
    ),
  squares: (pick, ink) =>
    `<svg width="300" height="300" style="margin:0 60px">${repeat(21 * 21, (i) => (pick(2) ? rect((i % 21) * 14, Math.floor(i / 21) * 14, 14, 14, ink) : ""))}</svg>`,
  drawing: (pick, ink) =>
    `<svg width="420" height="300" fill="none" stroke="${ink}" stroke-width="${1 + pick(3)}">${repeat(14, () => `<path d="M${pick(420)} ${pick(300)} q${pick(160) - 80} ${pick(160) - 80} ${pick(200) - 100} ${pick(160) - 80}"/><circle cx="${pick(420)}" cy="${pick(300)}" r="${5 + pick(60)}"/>`)}</svg>`,
  sign: (pick, ink, accent) =>
    `<div style="margin:40px 10px;padding:30px;border:6px solid ${ink};border-radius:18px;background:${accent};color:#fff;font:bold 44px sans-serif;text-align:center">${phrase(pick, 3).toUpperCase()}</div>`,
};

/**
 * Renders sixty pages of many kinds in Chromium: text, receipts, tables, settings, code, charts, chats, codes, drawings, signs.
 *
 * @param page - a blank page of a browser
 * @returns the pictures, the same for the same fonts
 */
export async function renderPages(page: Page): Promise<readonly RenderedPage[]> {
  await page.goto("about:blank"); // where no policy forbids styles
  const rendered: RenderedPage[] = [];
  for (const [kind, make] of Object.entries(kinds)) {
    for (const [index, [ground, ink, accent]] of palettes.entries()) {
      const pick = numbers(Object.keys(kinds).indexOf(kind) * 10 + index + 1);
      await page.setViewportSize({ width: 380 + pick(120), height: 300 + pick(120) });
      const face = faces[pick(faces.length)];
      const size = 12 + pick(9);
      await page.setContent(
        `<body style="margin:${pick(24)}px;background:${ground};color:${ink};font:${size}px ${face}">${make(pick, ink, accent)}</body>`,
      );
      const { image } = await decodePng(new Uint8Array(await page.screenshot()));
      rendered.push({ name: `${kind} ${index + 1}`, image });
    }
  }
  return rendered;
}

function phrase(pick: (limit: number) => number, count: number): string {
  return Array.from({ length: count }, () => words[pick(words.length)]).join(" ");
}

function repeat(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join("");
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}

function chart(marks: string, ink: string, title: string): string {
  return `<svg width="420" height="290"><g>${marks}</g><path d="M28 10V252H414" stroke="${ink}" fill="none"/><rect x="0" y="253" width="420" height="40" fill="#fff0"/><text x="120" y="276" fill="${ink}">${title}</text></svg>`;
}

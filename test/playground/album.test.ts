import { expect, test } from "@jest/globals";
import { PixelImage, type Analysis, type Limpid, type RestoreResult } from "../../src/sdk/index.js";
import { Album, newEntry } from "../../examples/playground/src/album.js";
import { Darkroom, type Look } from "../../examples/playground/src/darkroom.js";
import type { Photo } from "../../examples/playground/src/photo.js";
import type { PhotoService } from "../../examples/playground/src/photo-service.js";

const side = 8;
const analysis: Analysis = { degradations: [], embedding: new Float32Array(1), present: [] };

const photoOf = (name: string, tone: number): Photo => ({
  name,
  file: new File([name], name),
  image: new PixelImage({
    width: side,
    height: side,
    channels: 3,
    data: new Uint8Array(side * side * 3).fill(tone),
  }),
  picture: { draw: () => undefined, close: () => undefined } as unknown as Photo["picture"],
  isTransparent: false,
  notes: [],
});

/** Files that are the samples themselves. */
const photos = {
  save: ({ before }: { before: { data: Uint8Array } }) =>
    Promise.resolve({ file: new Blob([new Uint8Array(before.data)]), notes: [] }),
  open: async (file: File) => ({
    image: { width: side, height: side, channels: 3, data: new Uint8Array(await file.arrayBuffer()) },
    bitmap: { close: () => undefined },
  }),
} as unknown as PhotoService;

/** Every repair is brighter by one than the one before. */
const limpid = (): Limpid => {
  let repairs = 0;
  return {
    analyze: () => Promise.resolve(analysis),
    restore(image: PixelImage): Promise<RestoreResult> {
      repairs++;
      const mixture = [{ expert: `repair ${repairs}`, weight: 1 }];
      const brighter = new PixelImage({ ...image, data: image.data.map((value) => value + repairs) });
      return Promise.resolve({ image: brighter, analysis, mixture, tiles: 1 } as unknown as RestoreResult);
    },
  } as unknown as Limpid;
};

const events = {
  visible: () => ({ x: 0, y: 0, width: side, height: side }),
  begin: () => undefined,
  preview: () => undefined,
  progress: () => undefined,
};
const toneOf = ({ result }: Look): number | undefined => result?.image.data[0];

function openAlbum(stepBytes?: number) {
  const album = new Album({
    ...{ photos, engine: () => Promise.resolve(limpid()), onChange: () => undefined },
    ...(stepBytes !== undefined && { stepBytes }),
  });
  const open = async (photo: Photo): Promise<Darkroom> => {
    const entry = album.entries.find(({ file }) => file === photo.file)!;
    const room = new Darkroom(photo, { onLook: () => undefined, read: (...look) => album.read(...look) });
    const kept = await album.recall(entry, photo);
    if (kept !== undefined) await room.resume(kept);
    else await room.analyze(limpid(), () => undefined);
    album.choose(entry);
    return room;
  };
  const leave = async (room: Darkroom): Promise<void> => {
    album.leave(room);
    room.dispose();
    for (const { kept } of album.entries) await kept;
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { album, open, leave };
}

/** Three repairs, each of its own pixels, of which one is taken back. */
async function workAt(room: Darkroom): Promise<void> {
  const engine = limpid();
  for (let repair = 0; repair < 3; repair++) await room.repair(engine, "auto", events);
  await room.history.undo();
}

test("a photo that was left keeps every step, and its pixels come back from files", async () => {
  const { album, open, leave } = openAlbum();
  const photo = photoOf("a", 100);
  album.add([photo.file, photoOf("b", 50).file]);
  const room = await open(photo);
  await workAt(room);
  room.setStrength(0.5);
  await room.history.undo();
  await leave(room);
  const again = await open(photo);
  expect([toneOf(again.look), again.look.strength]).toEqual([102, 1]);
  expect(again.steps.done.every(({ after: { result } }) => result === undefined || "file" in result)).toBe(
    true,
  );
  expect(await again.history.redo()).toBe(true);
  expect([toneOf(again.look), again.look.strength]).toEqual([102, 0.5]);
  const tones: unknown[] = [];
  while (await again.history.undo()) tones.push(toneOf(again.look));
  expect(tones).toEqual([102, 101, undefined]);
  // Left at another step it comes back there.
  await again.history.redo();
  await leave(again);
  const third = await open(photo);
  expect([toneOf(third.look), third.steps.done.length, third.steps.undone.length]).toEqual([101, 1, 2]);
});

test("steps beyond what files may take are forgotten, the oldest of what was left first", async () => {
  const bytes = side * side * 3;
  const { album, open, leave } = openAlbum(2 * bytes);
  const [first, second] = [photoOf("a", 100), photoOf("b", 50)];
  album.add([first.file, second.file]);
  for (const photo of [first, second]) {
    const room = await open(photo);
    await workAt(room);
    await leave(room);
  }
  // Each has two looks besides its own: there is room for those of one.
  const [old, late] = [await open(first), await open(second)];
  expect([old.steps.done.length, old.steps.undone.length]).toEqual([0, 0]);
  expect([late.steps.done.length, late.steps.undone.length]).toEqual([2, 1]);
  // How they look is not forgotten.
  expect([toneOf(old.look), toneOf(late.look)]).toEqual([102, 52]);
});

test("a new photo takes the place of several, with their steps", async () => {
  const { album, open, leave } = openAlbum(0);
  const photo = photoOf("a", 100);
  album.add([photo.file]);
  const room = await open(photo);
  await workAt(room);
  await leave(room);
  expect((await open(photo)).steps.done).toEqual([]);
  album.choose(newEntry(new File(["c"], "c")));
  expect(album.entries).toHaveLength(1);
});

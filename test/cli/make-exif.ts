/** A tag: its number, its type and its value in the block's byte order. */
type Tag = readonly [tag: number, type: number, value: Buffer];

const sizes: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

const ascii = (tag: number, text: string): Tag => [tag, 2, Buffer.from(`${text}\0`, "latin1")];
const short = (tag: number, value: number): Tag => [tag, 3, Buffer.from([value >> 8, value & 255])];
const long = (tag: number, value: number): Tag => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return [tag, 4, bytes];
};
const rationals = (tag: number, ...values: readonly number[]): Tag => {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 8);
    bytes.writeUInt32BE(1, index * 8 + 4);
  });
  return [tag, 5, bytes];
};

/** A directory at an offset, its values behind it. */
function directory(offset: number, tags: readonly Tag[], next = 0): Buffer {
  const table = Buffer.alloc(2 + tags.length * 12 + 4);
  table.writeUInt16BE(tags.length);
  const values: Buffer[] = [];
  let at = offset + table.length;
  tags.forEach(([tag, type, value], index) => {
    const entry = 2 + index * 12;
    table.writeUInt16BE(tag, entry);
    table.writeUInt16BE(type, entry + 2);
    table.writeUInt32BE(value.length / sizes[type]!, entry + 4);
    if (value.length <= 4) value.copy(table, entry + 8);
    else {
      table.writeUInt32BE(at, entry + 8);
      values.push(value, Buffer.alloc(value.length & 1));
      at += value.length + (value.length & 1);
    }
  });
  table.writeUInt32BE(next, table.length - 4);
  return Buffer.concat([table, ...values]);
}

/** The thumbnail of {@link makeExif}: no picture, but bytes that are found again. */
export const thumbnail = "THUMBNAIL-BYTES";
/** Where the camera's own note of {@link makeExif} begins, and its bytes. */
export const note = { start: 600, bytes: Buffer.from("MAKER-NOTE-WITH-OFFSETS-INTO-ITSELF") };

/** EXIF as a camera writes it, big-endian: author, date, place, its own note, a thumbnail; and an orientation. */
export function makeExif(orientation: number): Buffer {
  const gps = directory(300, [
    [1, 2, Buffer.from("N\0")],
    rationals(2, 52, 30, 7),
    [3, 2, Buffer.from("E\0")],
    rationals(4, 13, 24, 9),
  ]);
  const exif = directory(400, [
    ascii(0x9003, "2020:01:02 03:04:05"),
    [0x927c, 7, note.bytes],
    long(0xa002, 40),
    long(0xa003, 30),
  ]);
  // The note's value stands where a camera puts it: at a place of its own.
  exif.writeUInt32BE(note.start, 2 + 12 + 8);
  const second = directory(700, [long(0x0201, 800), long(0x0202, thumbnail.length)]);
  const first = directory(
    8,
    [
      ascii(0x010f, "Canon"),
      short(0x0112, orientation),
      rationals(0x011a, 300),
      rationals(0x011b, 200),
      ascii(0x013b, "Anna Artist"),
      long(0x8769, 400),
      long(0x8825, 300),
    ],
    700,
  );
  const block = Buffer.alloc(800 + thumbnail.length);
  block.write("MM\0*\0\0\0\x08", "latin1");
  for (const [offset, bytes] of [
    [8, first],
    [300, gps],
    [400, exif],
    [note.start, note.bytes],
    [700, second],
    [800, Buffer.from(thumbnail)],
  ] as const) {
    bytes.copy(block, offset);
  }
  return block;
}

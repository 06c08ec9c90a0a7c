/**
 * What of XMP tells where a photo was taken (Exif, Photoshop, IPTC, drones), by any prefix: a file may choose its own, and what is
 * called so elsewhere tells of places too.
 */
const locations =
  "[A-Za-z][\\w.-]*:(?:[A-Za-z]*(?:GPS|Gps|Latitude|Long(?:i|ti)tude|Coordinates?)[A-Za-z]*|" +
  "City|State|ProvinceState|Country|CountryCode|CountryName|Location|Sublocation|LocationCreated|LocationShown)";

/** What is no longer so once a photo was turned upright and stands alone: thumbnails, and words on pictures behind it. */
const outdated =
  "(?:xmp|xap):Thumbnails|hdrgm:[A-Za-z]+|Container:Directory|GContainer:Directory|xmpNote:HasExtendedXMP|" +
  "GCamera:(?:MotionPhoto|MicroVideo)[A-Za-z]*";

/**
 * XMP for a picture that was turned upright and stands alone.
 *
 * @param xmp - the packet
 */
export function describeUprightXmp(xmp: string): string {
  return remove(xmp, outdated)
    .replace(
      /(tiff:Orientation\s*=\s*["'])[1-8](["'])/g,
      (_, before: string, behind: string) => `${before}1${behind}`,
    )
    .replace(/(<tiff:Orientation>)\s*[1-8]\s*</g, (_, before: string) => `${before}1<`);
}

/**
 * XMP without what tells where a photo was taken.
 *
 * @param xmp - the packet
 */
export function withoutXmpLocation(xmp: string): string {
  return remove(xmp, locations);
}

/** Takes properties out, written as attributes or as elements. */
function remove(xmp: string, names: string): string {
  const attributes = new RegExp(`\\s(?:${names})\\s*=\\s*(?:"[^"]*"|'[^']*')`, "g");
  const openings = new RegExp(`<(${names})(?=[\\s/>])[^<>]*>`, "g");
  const text = xmp.replace(attributes, "");
  let kept = "";
  let from = 0;
  for (let found = openings.exec(text); found !== null; found = openings.exec(text)) {
    const isEmpty = found[0].endsWith("/>");
    const closing = `</${found[1]!}>`;
    const at = isEmpty ? found.index + found[0].length : text.indexOf(closing, found.index);
    // Without its end this is no XML, and nothing behind it can be told.
    const end = isEmpty ? at : at < 0 ? text.length : at + closing.length;
    kept += text.slice(from, found.index);
    from = end;
    openings.lastIndex = end;
  }
  return kept + text.slice(from);
}

/** The namespace of Limpid's own property. */
const namespace = "urn:limpid:restoration#";

/**
 * XMP with what Limpid notes of a result, in place of what was noted before.
 *
 * @param xmp - the packet; one is made if undefined
 * @param record - any text
 */
export function withRecord(xmp: string | undefined, record: string): string {
  const packet = xmp === undefined ? emptyPacket : removeRecord(xmp);
  const about = /rdf:about\s*=\s*(["'][^"'<>]*["'])/.exec(packet)?.[1] ?? '""';
  const description = `<rdf:Description rdf:about=${about} xmlns:limpid="${namespace}" limpid:record="${escape(record)}"/>`;
  const end = packet.lastIndexOf("</rdf:RDF>");
  if (end < 0) return xmp === undefined ? packet : withRecord(undefined, record);
  return packet.slice(0, end) + description + packet.slice(end);
}

/** What {@link withRecord} noted; undefined if nothing was. */
export function readRecord(xmp: string): string | undefined {
  const found = recordPattern.exec(xmp)?.[1];
  return found === undefined ? undefined : unescape(found);
}

const recordPattern = new RegExp(
  `<rdf:Description rdf:about=(?:"[^"<>]*"|'[^'<>]*') xmlns:limpid="${namespace}" limpid:record="([^"<>]*)"/>`,
);

function removeRecord(xmp: string): string {
  return xmp.replace(recordPattern, "");
}

const emptyPacket =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="r"?>';

const entities: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&${entities[character]!};`);
}

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) =>
    Object.keys(entities).find((character) => entities[character] === name)!,
  );
}

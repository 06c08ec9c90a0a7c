/** 16 x 8 pixels, each quarter of another colour, without subsampling: base64 of a JPEG without metadata. */
const photo =
  "/9j/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkF" +
  "BQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAIABADAREAAhEBAxEB/8QAFQAB" +
  "AQAAAAAAAAAAAAAAAAAABwj/xAAcEAABAwUAAAAAAAAAAAAAAAAAFRdjZaKk4eP/xAAVAQEBAAAAAAAAAAAAAAAAAAAHCP/EAB4RAAEDBAMAAAAA" +
  "AAAAAAAAAAAXZKMWY2XjouHi/9oADAMBAAIRAxEAPwATWIbtCAjr+LYLazY+XWW6wVdw+hDFR2eXRMCYPI/Z/9k=";

/**
 * A small photo as a camera stores it.
 *
 * @param orientation - the EXIF orientation that its header names, 1 to 8
 * @returns the bytes of a JPEG
 */
export function makeOrientedPhoto(orientation: number): Uint8Array {
  const stored = Uint8Array.from(atob(photo), (character) => character.charCodeAt(0));
  // APP1 with a TIFF header, most significant byte first, and a directory of one entry: Orientation, one SHORT.
  const tiff = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const exif = [69, 120, 105, 102, 0, 0, ...tiff];
  const segment = [0xff, 0xe1, 0, exif.length + 2, ...exif];
  return Uint8Array.of(...stored.subarray(0, 2), ...segment, ...stored.subarray(2));
}

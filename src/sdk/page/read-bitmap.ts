import { makeCanvas, unreadable } from "./make-canvas.js";

/** Rows that are read at once: a texture may have 2048 at least. */
const stripHeight = 1024;

/**
 * Reads a bitmap through a WebGL texture, which never premultiplies: bit for bit what the bitmap holds, the colour under
 * transparent pixels too, if it was made with `premultiplyAlpha: "none"`. A 2D canvas would keep 59 of 255 alpha levels.
 *
 * @param bitmap - stays the caller's
 * @returns RGBA; undefined if there is no WebGL 2 here, or the bitmap is wider than its textures
 * @throws {@link LimpidError} `PixelsUnreadable` if the bitmap is of another origin's image
 */
export async function readBitmap(bitmap: ImageBitmap): Promise<Uint8Array | undefined> {
  const canvas = makeCanvas(1, 1) as OffscreenCanvas;
  const gl = canvas.getContext("webgl2");
  if (gl === null) return undefined;
  try {
    if (bitmap.width > (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number)) return undefined;
    return await readStrips(gl, bitmap);
  } catch (error) {
    throw unreadable(error);
  } finally {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

async function readStrips(gl: WebGL2RenderingContext, bitmap: ImageBitmap): Promise<Uint8Array | undefined> {
  const { width, height } = bitmap;
  const pixels = new Uint8Array(width * height * 4);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  for (let top = 0; top < height; top += stripHeight) {
    const rows = Math.min(stripHeight, height - top);
    const isWhole = rows === height;
    const strip = isWhole
      ? bitmap
      : await createImageBitmap(bitmap, 0, top, width, rows, { premultiplyAlpha: "none" });
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, strip);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const target = pixels.subarray(top * width * 4, (top + rows) * width * 4);
    gl.readPixels(0, 0, width, rows, gl.RGBA, gl.UNSIGNED_BYTE, target);
    gl.deleteTexture(texture);
    if (!isWhole) strip.close();
    if (gl.getError() !== gl.NO_ERROR) return undefined;
  }
  return pixels;
}

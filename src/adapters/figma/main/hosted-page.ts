/**
 * What Figma shows so that the plugin's window goes to a page elsewhere: only there has the page an origin, and with it WebGPU
 * and workers.
 *
 * @returns the window's first content, and the origin that the page will have
 * @throws TypeError if the address is not on https, or on this machine
 */
export function hostedPage(url: string): { readonly html: string; readonly origin: string } {
  // The sandbox has no URL.
  const match =
    /^(https:\/\/[^/?#\s"'<>\\]+|http:\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?)([/?#][^\s]*)?$/.exec(url);
  if (match === null) throw new TypeError(`${url} is no address on https`);
  const address = JSON.stringify(url).replace(/</g, "\\u003c");
  return { html: `<script>window.location.href = ${address};</script>`, origin: match[1]!.toLowerCase() };
}

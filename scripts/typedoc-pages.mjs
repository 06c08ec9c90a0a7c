import { PageEvent } from "typedoc";

/**
 * Mends what TypeDoc's theme leaves to be desired for people who read with other means than eyes and a large screen, and
 * links the pages to the one around them.
 *
 * @param {import("typedoc").Application} app
 * @param {string} [home] - address of the page around the site, as seen from its first page
 */
export function mendPages(app, home) {
  app.renderer.on(PageEvent.END, (page) => {
    if (page.contents === undefined || !page.filename.endsWith(".html")) return;
    const top = "../".repeat(page.url.split("/").length - 1);
    const link = home === undefined ? "" : `<a href="${top}${home}">Examples</a>`;
    page.contents = page.contents
      .replace('<div id="tsd-toolbar-links">', () => `<div id="tsd-toolbar-links">${link}`)
      // Landmarks.
      .replace('<div class="col-content">', '<div class="col-content" role="main">')
      .replace(
        '<div class="col-sidebar">',
        '<div class="col-sidebar" role="complementary" aria-label="Contents and settings">',
      )
      // Headings right below the page's own.
      .replaceAll("<h4>Hierarchy", '<h4 aria-level="2">Hierarchy')
      .replaceAll('<h5 class="tsd-index-heading', '<h5 aria-level="2" class="tsd-index-heading')
      // Wide tables scroll in themselves, by the keyboard too.
      .replaceAll("<table>", '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>')
      .replaceAll("</table>", "</table></div>");
  });
}

import { elements } from "./elements.js";
import { perform } from "./work.js";

/**
 * Listens to every way in which photos come: chosen, dropped or pasted.
 *
 * @param open - opens one or more
 */
export function listenForFiles(open: (files: readonly File[]) => Promise<void>): void {
  for (const button of [elements.choose, elements.openOther]) {
    button.addEventListener("click", () => elements.file.click());
  }
  elements.file.addEventListener("change", () => {
    const files = [...(elements.file.files ?? [])];
    elements.file.value = "";
    if (files.length > 0) void perform(() => open(files), null);
  });
  const take = async (data: DataTransfer | null): Promise<void> => {
    const files = [...(data?.files ?? [])];
    if (files.length > 0) return open(files);
    if (data?.types.includes("text/uri-list")) {
      throw new Error(
        "this picture is on another site, which keeps its pixels from this page. Save it, then drop the file here",
      );
    }
  };
  let entered = 0;
  document.addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.some((type) => type === "Files" || type === "text/uri-list")) return;
    entered++;
    elements.dropping.hidden = false;
  });
  document.addEventListener("dragleave", () => {
    entered = Math.max(0, entered - 1);
    elements.dropping.hidden = entered === 0;
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void perform(() => take(event.dataTransfer), null);
  });
  // Also for a drop that another part of the page took.
  document.addEventListener(
    "drop",
    () => {
      entered = 0;
      elements.dropping.hidden = true;
    },
    true,
  );
  document.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type !== "range") return;
    void perform(() => take(event.clipboardData), null);
  });
}

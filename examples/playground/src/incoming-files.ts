import { elements } from "./elements.js";
import { perform } from "./work.js";

/**
 * Listens to every way in which a photo comes: chosen, dropped or pasted.
 *
 * @param open - opens it
 */
export function listenForFiles(open: (file: File) => Promise<void>): void {
  for (const button of [elements.choose, elements.openOther]) {
    button.addEventListener("click", () => elements.file.click());
  }
  elements.file.addEventListener("change", () => {
    const [file] = elements.file.files ?? [];
    elements.file.value = "";
    if (file !== undefined) void perform(() => open(file), null);
  });
  const take = async (data: DataTransfer | null): Promise<void> => {
    const [file] = data?.files ?? [];
    if (file !== undefined) return open(file);
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

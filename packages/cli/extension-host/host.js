// A small editor in which extensions are tried. It uses what any application can: the global `limpid` of limpid.iife.js.
const { createLimpid, extensionWorkersFromUrl, HeadlessHost, memoryStore, packFromUrl, PixelImage } = limpid;

/** What a person reads of an error. */
const textOf = (error) => (error instanceof Error ? error.message : String(error));
const at = (id) => document.getElementById(id);

function say(text) {
  at("log").textContent += `${text}\n`;
}

/** An element with a text, and what happens when it is clicked. */
function element(name, text, onClick) {
  const made = document.createElement(name);
  made.textContent = text;
  if (onClick !== undefined) made.addEventListener("click", onClick);
  return made;
}

/** A picture that no camera took: a sky, and noise upon it. */
function sample(seed) {
  const [width, height] = [160, 120];
  let state = seed;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const data = new Uint8Array(width * height * 3);
  for (let index = 0; index < data.length; index++) {
    const row = Math.floor(index / (3 * width));
    data[index] = 90 + row / 2 + 25 * (index % 3) + 60 * (random() + random() - 1);
  }
  return new PixelImage({ width, height, channels: 3, data });
}

const host = new HeadlessHost({
  width: 160,
  height: 120,
  layers: [
    { name: "scan", image: sample(1) },
    { name: "photo", image: sample(2) },
  ],
});

/** The editor's own commands, which extensions may execute: an extension sees the active layer only. */
const editorCommands = {
  "editor.layers": () =>
    host.layers.map(({ id, name, image }) => ({ id, name, width: image.width, height: image.height })),
  "editor.activate": (id) => host.activate(id),
};

function drawLayers() {
  const active = host.activeLayer;
  const rows = [...host.layers].reverse().map(({ id, name, image }) => {
    const row = document.createElement("li");
    const label = element("label", ` ${name}, ${image.width} x ${image.height}`);
    const choice = document.createElement("input");
    choice.type = "radio";
    choice.name = "layer";
    choice.checked = id === active?.id;
    choice.addEventListener("change", () => host.activate(id));
    label.prepend(choice);
    row.append(label);
    return row;
  });
  at("layers").replaceChildren(...rows);
  if (active === undefined) return;
  const canvas = at("picture");
  canvas.width = active.image.width;
  canvas.height = active.image.height;
  canvas.getContext("2d").putImageData(active.image.toImageData(), 0, 0);
}

const isPanel = (menu) => menu === "panel" || menu.startsWith("panel/");

function drawMenus(engine) {
  const menus = engine.menus.ids.filter((menu) => !isPanel(menu));
  const rows = menus.map((menu) => {
    const row = element("p", `${menu}: `);
    for (const { command, title, category, isEnabled } of engine.menus.items(menu)) {
      const shown = category === undefined ? title : `${category}: ${title}`;
      const button = element("button", shown, () => void execute(engine, command));
      button.disabled = !isEnabled;
      row.append(button);
    }
    return row;
  });
  at("menus").replaceChildren(...rows);
}

async function execute(engine, command) {
  at("status").textContent = `${command} runs`;
  try {
    const result = await engine.commands.execute(command);
    say(`${command} returned ${JSON.stringify(result)}`);
  } catch (error) {
    say(`${command} failed: ${textOf(error)}`);
  }
  at("status").textContent = "ready";
}

/** The commands of the menu `panel`: each returns the rows of a panel. */
const panelCommands = (engine) =>
  engine.menus.ids.filter(isPanel).flatMap((menu) => engine.menus.items(menu));

async function drawPanel(engine, { command, title }) {
  const panel = document.createElement("section");
  panel.append(element("h3", title));
  try {
    const result = await engine.commands.execute(command);
    const list = document.createElement("dl");
    for (const { label, value } of result.rows) list.append(element("dt", label), element("dd", value));
    panel.append(list);
  } catch (error) {
    panel.append(element("p", textOf(error)));
  }
  return panel;
}

/** Draws the panels anew, once for all changes that come while it draws. */
function panelDrawer(engine) {
  let isStale = false;
  let isDrawing = false;
  return async () => {
    isStale = true;
    if (isDrawing) return;
    isDrawing = true;
    while (isStale) {
      isStale = false;
      const panels = [];
      for (const item of panelCommands(engine)) panels.push(await drawPanel(engine, item));
      at("panels").replaceChildren(...panels);
    }
    isDrawing = false;
  };
}

function drawSettings(engine) {
  const rows = engine.configuration.list().map(({ key, description, type, value }) => {
    const label = element("label", description);
    const input = document.createElement("input");
    input.name = key;
    input.title = key;
    input.type = type === "boolean" ? "checkbox" : type === "string" ? "text" : "number";
    if (type === "boolean") input.checked = value;
    else input.value = value;
    if (type === "number") input.step = "any";
    input.addEventListener("change", () => {
      const entered =
        type === "boolean" ? input.checked : type === "string" ? input.value : Number(input.value);
      engine.configuration.update(key, entered).catch((error) => say(textOf(error)));
    });
    label.append(input);
    return label;
  });
  at("settings").replaceChildren(...rows);
}

/** Starts anew when a file of an extension changes: what was installed under a version stays what it was. */
async function watch(known) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const text = await fetch("/extensions.json").then(
      (response) => response.text(),
      () => known,
    );
    if (text !== known) location.reload();
  }
}

async function start() {
  const listing = await (await fetch("/extensions.json")).text();
  void watch(listing);
  const engine = await createLimpid({
    model: "/limpid/models/",
    wasmPath: "/limpid/wasm/",
    worker: { script: "/limpid/limpid-worker.js" },
    host,
    packs: { store: memoryStore() },
    extensions: {
      mode: "development",
      workers: extensionWorkersFromUrl("/limpid/extension-worker.js"),
      commands: Object.keys(editorCommands),
    },
  });
  for (const [id, run] of Object.entries(editorCommands))
    engine.commands.register(id, (...args) => run(...args));
  for (const { folder, address, error } of JSON.parse(listing)) {
    try {
      if (error !== undefined) throw new Error(error);
      const extension = await engine.extensions.install(packFromUrl(new URL(address, location.href)));
      const { pixels, network } = extension.manifest.capabilities;
      const asked = [pixels && `pixels (${pixels.reason})`, network && `network (${network.reason})`].filter(
        Boolean,
      );
      say(`${extension.id} ${extension.version} is installed; it asks for ${asked.join(", ") || "nothing"}`);
      extension.onDidLog(({ level, text }) => say(`${extension.id} ${level}: ${text}`));
    } catch (reason) {
      say(`${folder} cannot be tried: ${textOf(reason)}`);
    }
  }

  const drawPanels = panelDrawer(engine);
  const drawAll = () => {
    drawLayers();
    void drawPanels();
  };
  engine.menus.onDidChange(() => drawMenus(engine));
  engine.configuration.onDidChange(() => void drawPanels());
  engine.commands.onDidExecute(({ id }) => {
    const isOfPanel = panelCommands(engine).some(({ command }) => command === id);
    if (!isOfPanel && id !== "editor.layers") drawAll();
  });
  host.onDidChangeSelection(drawAll);
  host.onDidNotify(({ level = "info", text }) => say(`${level}: ${text}`));
  host.onDidProgress((progress) => {
    const row = at("progress");
    row.hidden = progress === undefined;
    if (progress?.fraction !== undefined) row.querySelector("progress").value = progress.fraction;
    if (progress?.message !== undefined) row.querySelector("span").textContent = progress.message;
  });
  at("progress")
    .querySelector("button")
    .addEventListener("click", () => host.cancel());
  const step = (move) => () => {
    if (move.call(host)) drawAll();
  };
  at("undo").addEventListener("click", step(host.undo));
  at("redo").addEventListener("click", step(host.redo));
  at("photos").addEventListener("change", async ({ target }) => {
    for (const file of target.files) {
      const bitmap = await createImageBitmap(file);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const pixels = canvas.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
      host.addLayer({ name: file.name.replace(/\.\w+$/, ""), image: PixelImage.fromImageData(pixels) });
    }
  });
  drawMenus(engine);
  drawSettings(engine);
  drawAll();
  at("status").textContent = "ready";
}

start().catch((error) => {
  at("status").textContent = textOf(error);
});

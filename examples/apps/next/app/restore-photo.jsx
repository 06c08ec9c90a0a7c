"use client";

import { useEffect, useRef, useState } from "react";

export function RestorePhoto({ assets }) {
  const starting = useRef();
  const canvas = useRef();
  const [text, setText] = useState("");

  useEffect(() => {
    // Imported here, in the browser: the page that the server renders needs no engine.
    starting.current = import("limpid").then(({ createLimpid }) => createLimpid({ assets }));
    return () => void starting.current.then((limpid) => limpid.dispose());
  }, [assets]);

  async function restore(event) {
    const bitmap = await createImageBitmap(event.target.files[0]);
    const limpid = await starting.current;
    const { image, mixture, backend } = await limpid.restore(bitmap);
    canvas.current.width = image.width;
    canvas.current.height = image.height;
    canvas.current.getContext("2d").drawImage(image, 0, 0);
    const experts = mixture.map(({ expert }) => expert).join(", ");
    setText(`${experts || "nothing to repair"} on ${backend}, in a worker: ${limpid.isInWorker}`);
  }

  return (
    <>
      <label>
        Photo <input type="file" accept="image/*" onChange={restore} />
      </label>
      <output>{text}</output>
      <canvas ref={canvas} />
    </>
  );
}

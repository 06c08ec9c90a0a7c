/** @type {import("next").NextConfig} */
export default {
  output: "export",
  // Below a base path, say where: the browser asks for the assets there.
  basePath: process.env.NEXT_PUBLIC_BASE_PATH ?? "",
};

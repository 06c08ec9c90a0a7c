/** The program of `guest/main.ts` as text, bundled: `scripts/guest-program.mjs` puts it in when a worker is built. */
declare const program: string;
export default program;

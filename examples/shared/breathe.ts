/** Lets the page do what else waits: input, drawing. */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

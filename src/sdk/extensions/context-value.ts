/** What a context key can hold. */
export type ContextValue = string | number | boolean | readonly (string | number | boolean)[];

/** Finds the value of a context key; undefined if it has none. */
export type ContextLookup = (key: string) => ContextValue | undefined;

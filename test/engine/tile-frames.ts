/** What a message between a pool and one of its workers is about: the method for a call, what became of it for an answer. */
export type NameFrame = (message: unknown) => string;

/** Names the messages of one worker, in either direction, in the order in which they go. */
export function frameNamer(): NameFrame {
  const methods = new Map<number, string>();
  return (message) => {
    const {
      type,
      id = 0,
      method,
      error,
    } = message as {
      readonly type: string;
      readonly id?: number;
      readonly method?: string;
      readonly error?: { readonly code?: string };
    };
    if (type === "call") {
      methods.set(id, method!);
      return method!;
    }
    if (type === "answer") return methods.get(id) === "start" ? "ready" : "restored";
    if (type === "refusal") return error?.code === "Aborted" ? "aborted" : "failed";
    return type;
  };
}

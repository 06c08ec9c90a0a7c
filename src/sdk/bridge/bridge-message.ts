import * as v from "valibot";
import { LimpidError } from "../base/index.js";

/** Numbers the requests of one side, from 1 on. */
const idSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** What goes over the bridge. Unknown fields are refused. */
const messageSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("request"),
    id: idSchema,
    method: v.pipe(v.string(), v.maxLength(64)),
    params: v.unknown(),
  }),
  v.strictObject({ kind: v.literal("response"), id: idSchema, result: v.unknown() }),
  v.strictObject({
    kind: v.literal("error"),
    id: idSchema,
    error: v.strictObject({
      code: v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z]{1,39}$/)),
      message: v.pipe(v.string(), v.maxLength(10_000)),
    }),
  }),
  v.strictObject({ kind: v.literal("cancel"), id: idSchema }),
]);

/** A message between an extension's worker and its host. */
export type BridgeMessage = v.InferOutput<typeof messageSchema>;

/**
 * Reads the frame of a message; what is in it is the method's to check.
 *
 * @param message - plain data of any shape
 * @throws {@link LimpidError} `InvalidMessage` that says what does not fit
 */
export function parseBridgeMessage(message: unknown): BridgeMessage {
  return parseWith(messageSchema, message, "a message");
}

/**
 * Checks a value against a schema.
 *
 * @param schema - the schema
 * @param value - plain data
 * @param name - what errors call it
 * @returns the value
 * @throws {@link LimpidError} `InvalidMessage` that says what does not fit
 */
export function parseWith<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  name: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "";
  throw new LimpidError("InvalidMessage", `${name} is refused${path && ` at ${path}`}: ${issue.message}`, {
    details: { path },
  });
}

import { Expert } from "../../experts/index.js";
import { HostTensor } from "../../weights/index.js";
import type { PostedExpert, PostedTensor } from "./engine-methods.js";

/** An expert as it can be posted. Its bytes are those of the expert. */
export function toPostedExpert({ id, base, rank, alpha, degradations, factors }: Expert): PostedExpert {
  return {
    ...{ id, rank, alpha, degradations },
    ...(base && { base }),
    factors: [...factors.values()].map((one) => ({ ...one, a: plain(one.a), b: plain(one.b) })),
  };
}

/** An expert of what was posted. */
export function fromPostedExpert({ factors, ...init }: PostedExpert): Expert {
  return new Expert({
    ...init,
    factors: factors.map((one) => ({ ...one, a: tensorOf(one.a), b: tensorOf(one.b) })),
  });
}

function plain({ dtype, shape, bytes }: HostTensor): PostedTensor {
  return { dtype, shape, bytes };
}

function tensorOf({ dtype, shape, bytes }: PostedTensor): HostTensor {
  return new HostTensor(dtype, shape, bytes);
}

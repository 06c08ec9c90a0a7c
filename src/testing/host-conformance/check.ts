import type { PixelImage } from "../../sdk/image/index.js";
import type { HostFixture, HostUnderTest } from "./fixture.js";

/** One thing that every adapter does, by what it proves. */
export interface CheckDefinition {
  /** Names it; the same in every version. */
  readonly name: string;
  /** Throws if the adapter does not do it. */
  readonly run: (fixture: HostFixture) => Promise<void>;
}

/** Opens a document, checks something in it and closes it again, whatever happens. */
export async function withDocument(
  fixture: HostFixture,
  image: PixelImage | undefined,
  check: (opened: HostUnderTest) => Promise<void>,
): Promise<void> {
  await closing(await fixture.open(image), check);
}

/** The same for a document that is open already. */
export async function closing(
  opened: HostUnderTest,
  check: (opened: HostUnderTest) => Promise<void>,
): Promise<void> {
  try {
    await check(opened);
  } finally {
    opened.host.dispose();
    await opened.close?.();
  }
}

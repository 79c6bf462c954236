import type { ChangeFeed } from '../database/index.js';
import type { CatalogueService } from './catalogue.service.js';
import type { CatalogueSnapshot } from './types.js';

/**
 * Hands `apply` the catalogue as it is now and again after every change (within the feed's interval). Resolves after
 * the first; returns the way to end it. The caller starts and stops the feed.
 */
export async function followCatalogue(
  feed: ChangeFeed,
  catalogue: CatalogueService,
  apply: (snapshot: CatalogueSnapshot) => void | Promise<void>,
): Promise<() => void> {
  const first = await catalogue.snapshot();
  await apply(first);
  return feed.subscribe('catalogue', first.revision, async () => apply(await catalogue.snapshot()));
}

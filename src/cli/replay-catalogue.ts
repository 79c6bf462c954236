import { seedSnapshot, type CatalogueSnapshot } from '../catalogue/plain.js';

/** Where the rules come from, as a report names it. */
export type CatalogueOrigin = 'seed' | 'file' | 'database';

export interface ChosenCatalogue {
  origin: CatalogueOrigin;
  snapshot: CatalogueSnapshot;
}

/**
 * The catalogue that `--catalogue` names: absent the seed, `database` that of the running service, else a file. What the
 * latter two need is loaded for them only.
 */
export async function chooseCatalogue(name: string | undefined): Promise<ChosenCatalogue> {
  if (name === undefined) return { origin: 'seed', snapshot: seedSnapshot() };
  const { databaseCatalogue, fileCatalogue } = await import('./own-catalogue.js');
  return name === 'database'
    ? { origin: 'database', snapshot: await databaseCatalogue() }
    : { origin: 'file', snapshot: await fileCatalogue(name) };
}

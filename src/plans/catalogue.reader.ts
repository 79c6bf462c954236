import type { EntityManager } from 'typeorm';
import { Refusal, type FieldError } from '../shared/index.js';
import type { PlanTerms } from './terms.js';

/** What plans need of the catalogue: which services there are, and which is part of which. */
export class CatalogueReader {
  /** Parent of each sub-service. */
  async parents(manager: EntityManager): Promise<Map<string, string>> {
    const rows = await manager.query<{ code: string; parent_code: string }[]>(
      `SELECT code, parent_code FROM service WHERE parent_code IS NOT NULL`,
    );
    return new Map(rows.map((row) => [row.code, row.parent_code]));
  }

  /** Every service, and what it is a part of; null = of nothing. */
  async services(manager: EntityManager): Promise<Map<string, string | null>> {
    const rows = await manager.query<{ code: string; parent_code: string | null }[]>(
      `SELECT code, parent_code FROM service`,
    );
    return new Map(rows.map((row) => [row.code, row.parent_code]));
  }

  /**
   * Throws a {@link Refusal} that points at every service that the terms name and the catalogue does not know. Those that it
   * knows stay until the transaction ends.
   */
  async refuseUnknownServices(manager: EntityManager, terms: PlanTerms): Promise<void> {
    const named = servicesNamed(terms);
    if (named.length === 0) return;
    const rows = await manager.query<{ code: string }[]>(
      // In one order, so that two who name the same services wait for nobody who waits for them.
      `SELECT code FROM service WHERE code = ANY($1) ORDER BY code FOR KEY SHARE`,
      [named.map(({ code }) => code)],
    );
    const fields = unknownServices(named, new Set(rows.map((row) => row.code)));
    if (fields.length > 0)
      throw new Refusal(
        'invalid',
        `The plan names services that do not exist: ${fields.map((field) => field.detail).join('; ')}.`,
        fields,
      );
  }
}

interface NamedService {
  code: string;
  pointer: string;
}

/** Services that terms name, and where. */
export function servicesNamed(terms: PlanTerms): NamedService[] {
  return terms.free.flatMap((rule, index) => [
    ...(rule.services === 'all'
      ? []
      : rule.services.map((code, at) => ({ code, pointer: `/terms/free/${index}/services/${at}` }))),
    ...rule.except.map((code, at) => ({ code, pointer: `/terms/free/${index}/except/${at}` })),
  ]);
}

export function unknownServices(
  named: readonly NamedService[],
  known: { has(code: string): boolean },
): FieldError[] {
  return named
    .filter(({ code }) => !known.has(code))
    .map(({ code, pointer }) => ({
      pointer,
      detail: `the catalogue has no service "${code}": mend the code, or create the service first`,
    }));
}

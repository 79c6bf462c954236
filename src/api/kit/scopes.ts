/**
 * What an API key may do. `admin` includes every other scope.
 * - `catalogue`: services and plans, read and write
 * - `billing`: subscriptions, statements, closing of periods
 * - `usage-read`: usage, sessions and accounts, read only
 * - `ingest`: SIMs and sessions, read and write
 */
export const SCOPES = ['admin', 'catalogue', 'billing', 'usage-read', 'ingest'] as const;
export type Scope = (typeof SCOPES)[number];

export function grants(held: readonly Scope[], wanted: Scope): boolean {
  return held.includes('admin') || held.includes(wanted);
}

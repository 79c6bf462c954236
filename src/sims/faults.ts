import { brokenConstraint, sqlState } from '../database/index.js';
import { Refusal, type RefusalCode } from '../shared/index.js';

/** A refusal of one field (or of the whole with pointer ''), whose message is its detail as a sentence. */
export function refusal(code: RefusalCode, pointer: string, detail: string): Refusal {
  const message = `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  return new Refusal(code, message, pointer === '' ? [] : [{ pointer, detail }]);
}

/** Refuses (`conflict`) a change of something that is no longer at the revision that the caller has read. */
export function refuseStale(what: string, revision: number, ifRevision: number | undefined): void {
  if (ifRevision === undefined || ifRevision === revision) return;
  throw refusal('conflict', '', `${what} has changed since you read it: read it again and repeat the change`);
}

const CONSTRAINTS: Readonly<Record<string, [pointer: string, detail: string]>> = {
  realm_index_check: ['', 'all 65,535 realm numbers have been given out'],
  realm_name_key: ['/name', 'there is a realm of this name already: change it, or take another name'],
  realm_mirror_key: ['/mirror', 'another realm has the same mirror: packets could not be told apart'],
  sim_sim_id_key: ['/id', 'there is a SIM with this id already: change it, or take another id'],
  sim_imsi_pkey: ['/imsis', 'another SIM has one of these IMSIs: take it from that SIM first'],
  session_no_overlap: ['/startTime', 'another session holds this prefix at that time: end it first'],
  session_realm_fkey: ['', 'sessions refer to this realm: it must stay, so that usage can be explained'],
  session_sim_fkey: ['', 'sessions refer to this SIM: set its status to terminated instead'],
};

/** What a constraint of this domain has to say to the caller; any other error unchanged. */
export function toRefusal(error: unknown): unknown {
  const said = CONSTRAINTS[brokenConstraint(error) ?? ''];
  if (said !== undefined) return refusal('conflict', ...said);
  if (sqlState(error) === '23503')
    return refusal('conflict', '', 'other records refer to this one: it must stay');
  return error;
}

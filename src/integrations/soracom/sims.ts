import type { SimInput, SimView } from '../../sims/index.js';
import type { SoracomSim } from './shapes.js';

const STATUS: Readonly<Record<string, SimInput['status']>> = {
  suspended: 'suspended',
  terminated: 'terminated',
};

/** A SIM of SORACOM as Countfree keeps it: its own id, unless Countfree has a SIM with its numbers under another. */
export function toSimInput(sim: SoracomSim, known: SimView | undefined): SimInput {
  const { imsis, iccid, msisdn } = numbersOf(sim);
  const base: SimInput = known ?? {
    id: sim.simId,
    imsis: [],
    iccid: null,
    msisdn: null,
    name: null,
    nameConsent: false,
    status: 'active',
    tags: {},
  };
  const isOurs = base.id === sim.simId;
  const name = (sim.tags?.name ?? '').trim().slice(0, 200);
  return {
    id: base.id,
    imsis: [...new Set([...base.imsis, ...imsis])].slice(0, 16),
    iccid: base.iccid ?? iccid,
    msisdn: isOurs ? (msisdn ?? base.msisdn) : (base.msisdn ?? msisdn),
    name: base.name ?? (name === '' ? null : name),
    // What the operator says of a SIM stays as it is: consent, tags, and the status of a SIM that he has added.
    nameConsent: base.nameConsent,
    status: isOurs ? (STATUS[sim.status ?? ''] ?? 'active') : base.status,
    tags: base.tags,
  };
}

/** Digits only; what is not in its form is left out. */
export function numbersOf(sim: SoracomSim): { imsis: string[]; iccid: string | null; msisdn: string | null } {
  const profiles = Object.entries(sim.profiles ?? {});
  const imsis = profiles.flatMap(([, profile]) => [
    ...(profile.primaryImsi === undefined ? [] : [profile.primaryImsi]),
    ...Object.keys(profile.subscribers ?? {}),
  ]);
  const current = sim.sessionStatus?.imsi;
  const all = [...new Set([...imsis, ...(current === undefined ? [] : [current])])];
  const iccids = profiles.map(([key, profile]) => profile.iccid ?? key);
  const msisdns = profiles.flatMap(([, { primaryImsi, subscribers = {} }]) => {
    const of = subscribers[primaryImsi ?? ''] ?? Object.values(subscribers)[0];
    return of?.msisdn === undefined ? [] : [of.msisdn];
  });
  return {
    imsis: all.filter((imsi) => /^\d{5,15}$/.test(imsi)),
    iccid: iccids.find((iccid) => /^\d{18,22}$/.test(iccid)) ?? null,
    msisdn: msisdns.find((msisdn) => /^\d{5,15}$/.test(msisdn)) ?? null,
  };
}

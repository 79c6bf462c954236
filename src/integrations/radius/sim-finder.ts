import type { SimView } from '../../sims/index.js';
import type { Subscriber } from './accounting.js';

/** Finds SIMs among candidates by the numbers that a network names them by. */
export class SimFinder {
  private readonly byImsi = new Map<string, SimView>();
  private readonly byIccid = new Map<string, SimView[]>();
  private readonly byMsisdn = new Map<string, SimView[]>();

  constructor(sims: readonly SimView[]) {
    for (const sim of sims) {
      for (const imsi of sim.imsis) this.byImsi.set(imsi, sim);
      if (sim.iccid !== null) put(this.byIccid, sim.iccid, sim);
      if (sim.msisdn !== null) put(this.byMsisdn, sim.msisdn, sim);
    }
  }

  /**
   * By IMSI; else by ICCID, else by MSISDN where exactly one SIM has it. A SIM that has IMSIs answers only to those when one is
   * given: its MSISDN may have gone to another.
   */
  find({ imsi, iccid, msisdn }: Subscriber): SimView | undefined {
    const byImsi = imsi === null ? undefined : this.byImsi.get(imsi);
    if (byImsi !== undefined) return byImsi;
    const only = (sims: readonly SimView[] = []) => {
      const fit = imsi === null ? sims : sims.filter((sim) => sim.imsis.length === 0);
      return fit.length === 1 ? fit[0] : undefined;
    };
    return only(this.byIccid.get(iccid ?? '')) ?? only(this.byMsisdn.get(msisdn ?? ''));
  }
}

function put(map: Map<string, SimView[]>, number: string, sim: SimView): void {
  const sims = map.get(number);
  if (sims === undefined) map.set(number, [sim]);
  else sims.push(sim);
}

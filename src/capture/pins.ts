import { bpfObjectPath, loadAddon } from './native.js';

/** What a pin folder of one interface holds. */
export interface PinReport {
  /** Why this build cannot take the pins over, and what to do; null if it can, or there are none. */
  refusal: string | null;
  /** Id of the program that the pinned link holds on an interface; null if none is attached. */
  programId: number | null;
}

type Inspect = (objectPath: string, pinPath: string) => { refusal: string; programId: number };

/** Looks at pins without taking them over. Needs the rights that opening an engine needs. */
export function inspectPins(pinPath: string): PinReport {
  const { refusal, programId } = (loadAddon().inspectPins as Inspect)(bpfObjectPath(), pinPath);
  return { refusal: refusal === '' ? null : refusal, programId: programId === 0 ? null : programId };
}

/**
 * Takes the program off its interface, switches receive offloads on again, and removes the folder with all that is
 * pinned there, whatever version made it: what was counted and not read is lost. Throws an Error with `code` EBUSY while
 * a process counts with it.
 */
export function removePins(pinPath: string): void {
  (loadAddon().removePins as (pinPath: string) => void)(pinPath);
}

import 'reflect-metadata';
import { JOB_NAMES, type JobData, type JobName } from './jobs.js';

export interface JobContext {
  /** Same for all tries of one job. */
  id: string;
  /** 1 for the first try. */
  attempt: number;
  /** Aborted when the process is asked to end: stop at the next safe point; the job is run again. */
  signal: AbortSignal;
  /** Shown to whoever asks for the job's state. Plain JSON. */
  report(progress: object): Promise<void>;
}

/** A provider that carries out one job; marked by {@link HandlesJob}. */
export interface JobHandler<Name extends JobName> {
  /** The result, plain JSON, is kept with the finished job for a while. */
  handle(data: JobData<Name>, context: JobContext): Promise<object | undefined>;
}

const METADATA = Symbol('HandlesJob');

/** Marks an injectable class as the one handler of a job. */
export function HandlesJob<Name extends JobName>(name: Name) {
  return (target: new (...args: never[]) => JobHandler<Name>): void => {
    Reflect.defineMetadata(METADATA, name, target);
  };
}

export type AnyJobHandler = JobHandler<JobName>;

/** What an injector found: a provider's class and, once made, its instance. */
export interface Candidate {
  metatype: unknown;
  instance: unknown;
}

/**
 * The handler of each of `names`. Throws an Error that lists every job without and every job with more than one;
 * a class that is provided by two modules has two instances and so counts twice.
 */
export function matchHandlers(
  candidates: Iterable<Candidate>,
  names: readonly JobName[] = JOB_NAMES,
): Map<JobName, AnyJobHandler> {
  const found = new Map<JobName, Map<object, string>>();
  for (const { metatype, instance } of candidates) {
    if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) continue;
    const name = Reflect.getMetadata(METADATA, metatype) as JobName | undefined;
    if (name === undefined) continue;
    const instances = found.get(name) ?? new Map<object, string>();
    found.set(name, instances.set(instance, metatype.name));
  }
  const faults = names.flatMap((name) => {
    const classes = [...(found.get(name)?.values() ?? [])];
    if (classes.length === 1) return [];
    return [
      classes.length === 0
        ? `${name} has no handler: mark one provider with @HandlesJob('${name}') and import its module`
        : `${name} has ${classes.length} handlers (${classes.join(', ')}): keep one`,
    ];
  });
  if (faults.length > 0) throw new Error(`The background jobs are not wired: ${faults.join('; ')}`);
  return new Map(names.map((name) => [name, [...(found.get(name)?.keys() ?? [])][0] as AnyJobHandler]));
}

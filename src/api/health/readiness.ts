/** One thing that must work before the process takes requests. */
export interface ReadinessProbe {
  /** Short and stable, e.g. `postgres`. */
  name: string;
  /** Undefined if well; else one sentence: what is wrong and what to do. Rejections count as not well. */
  check: () => Promise<string | undefined>;
  /** While it is well: what an operator should look at all the same, in one sentence. Does not make the process unready. */
  remark?: () => string | undefined;
}

/** Nest injection token for the list of {@link ReadinessProbe}s of the process. */
export const READINESS_PROBES = Symbol('ReadinessProbes');

const PROBE_TIMEOUT_MS = 3000;

export interface ProbeResult {
  name: string;
  ok: boolean;
  detail: string | null;
}

/** Asks all probes at once; one that hangs is not well after 3 s. Details of errors go to `onError`, not to the caller. */
export async function askProbes(
  probes: readonly ReadinessProbe[],
  onError: (name: string, error: unknown) => void,
): Promise<ProbeResult[]> {
  return Promise.all(
    probes.map(async ({ name, check, remark }) => {
      try {
        const detail = await withTimeout(check());
        return { name, ok: detail === undefined, detail: detail ?? remark?.() ?? null };
      } catch (error) {
        onError(name, error);
        return { name, ok: false, detail: 'The check failed; the log says why.' };
      }
    }),
  );
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

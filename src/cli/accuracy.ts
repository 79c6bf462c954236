import { accuracyOf, renderAccuracy } from './accuracy-report.js';
import { EXIT_INPUT } from './output.js';
import { Output, readCaptures, type ReplayStreams } from './replay.js';
import { parseReplayOptions, type ReplayOptions } from './replay-request.js';

/**
 * What `countfree accuracy` does: says over capture files how much was identified on what evidence. Options are those of
 * `replay`.
 *
 * @param version of the program, for the report
 * @returns the exit code: 2 where a file is cut or foreign, and then the report is of what came before it
 * @throws Refusal for bad options and files that cannot be read
 */
export async function accuracy(
  options: ReplayOptions,
  version: string,
  streams: ReplayStreams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const request = parseReplayOptions(options);
  const { flows, summary, faults, services, catalogue } = await readCaptures(request, streams);
  const report = accuracyOf(flows, summary, services, catalogue);
  await new Output(streams.out).write(
    request.json
      ? `${JSON.stringify({ version, ...report, complete: faults.length === 0 }, undefined, 2)}\n`
      : renderAccuracy(report, version),
  );
  for (const fault of faults) streams.err.write(`countfree: ${fault}\n`);
  return faults.length > 0 ? EXIT_INPUT : 0;
}

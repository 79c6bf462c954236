import { z } from 'zod';

/** An instant at the API: ISO 8601 text with an offset, from 1970 to 9999. Parsed to UNIX milliseconds. */
export const instantSchema = z.iso
  .datetime({
    offset: true,
    error: 'write an ISO 8601 instant with its offset, such as 2026-04-01T00:00:00+09:00',
  })
  .transform((text, context) => {
    const time = Date.parse(text);
    if (time >= 0 && time < 253_402_300_800_000) return time;
    context.addIssue({ code: 'custom', message: 'give an instant from 1970 to 9999' });
    return z.NEVER;
  })
  .describe('ISO 8601 with offset');

/** UNIX milliseconds as the API shows them: UTC, e.g. `2026-04-01T00:00:00.000Z`. */
export function formatInstant(time: number): string {
  return new Date(time).toISOString();
}

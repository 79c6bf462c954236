import { readFile } from 'node:fs/promises';
import { Refusal } from '../shared/index.js';
import { EXIT_INPUT } from './output.js';

export interface ImportOptions {
  what: string;
  file: string;
  /** Where the API is, such as http://127.0.0.1:8080. */
  url: string;
}

interface BulkAnswer {
  created: number;
  updated: number;
  unchanged: number;
  errors: { index: number; code: string; errors: { pointer: string; detail: string }[] }[];
}

/**
 * Sends a CSV file of SIMs or sessions to the API. Bad rows go to standard output, one line each; good ones are taken.
 *
 * @param environment holds the API key, so that it stands in no process list
 * @returns the exit code: 2 where a row was refused
 */
export async function importCsv(
  options: ImportOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  streams: { out: NodeJS.WritableStream; err: NodeJS.WritableStream } = {
    out: process.stdout,
    err: process.stderr,
  },
): Promise<number> {
  const { what, file, url } = options;
  if (what !== 'sims' && what !== 'sessions') {
    throw new Refusal('invalid', `"${what}" cannot be imported: write sims or sessions.`);
  }
  const key = environment.COUNTFREE_API_KEY;
  if (key === undefined || key === '') {
    throw new Refusal('invalid', 'COUNTFREE_API_KEY is not set: put a key with the scope ingest there.');
  }
  const answer = await send(new URL(`/v1/${what}/csv`, baseOf(url)), key, await textOf(file));
  for (const { index, code, errors } of answer.errors) {
    const details = errors.map(({ pointer, detail }) => `${pointer.slice(1) || 'row'}: ${detail}`).join('; ');
    streams.out.write(`row ${index + 1} ${code}: ${details}\n`);
  }
  const { created, updated, unchanged, errors } = answer;
  streams.err.write(
    `${what}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${errors.length} refused\n`,
  );
  return errors.length > 0 ? EXIT_INPUT : 0;
}

function baseOf(url: string): URL {
  if (!URL.canParse(url)) {
    throw new Refusal('invalid', `--url "${url}" is no URL: write it as http://127.0.0.1:8080.`);
  }
  return new URL(url);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal('invalid', `${file} cannot be read: ${reason}`);
  }
}

async function send(url: URL, key: string, body: string): Promise<BulkAnswer> {
  let response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv; charset=utf-8' },
      body,
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Refusal('unavailable', `No API answers at ${url.origin}: ${cause}. --url says where it is.`);
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as BulkAnswer;
  throw new Refusal('invalid', `The API refused the file (${response.status}): ${detailOf(text)}`);
}

function detailOf(text: string): string {
  try {
    const problem = JSON.parse(text) as { detail?: unknown };
    return typeof problem.detail === 'string' ? problem.detail : text.slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}

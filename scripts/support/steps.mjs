import { spawn } from 'node:child_process';
import process from 'node:process';

/** A failure whose message tells the reader what to do; shown without a stack. */
export class Stop extends Error {}

const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');

export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * Runs one step and prints a line with what it was and how long it took. `work` may return a short text that says what
 * was found or made.
 */
export async function step(title, work) {
  const started = Date.now();
  if (process.stdout.isTTY) process.stdout.write(`  ${dim('…')} ${title}`);
  const clear = () => process.stdout.isTTY && process.stdout.write('\r\u001b[2K');
  try {
    const outcome = await work();
    clear();
    const took = Date.now() - started;
    const notes = [outcome?.note, took >= 100 ? seconds(took) : undefined].filter(Boolean).join(', ');
    console.log(`  ${green('✓')} ${title}${notes === '' ? '' : dim(` (${notes})`)}`);
    return outcome;
  } catch (error) {
    clear();
    console.log(`  ${red('✗')} ${title}`);
    throw error;
  }
}

/**
 * Runs a program to its end and gives its standard output. Throws a {@link Stop} with the end of its output when it fails.
 */
export function run(command, args, { cwd, env, advice = '', show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env === undefined ? process.env : { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let output = '';
    let all = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      all = (all + chunk).slice(0, 1_000_000);
    });
    child.stderr?.on('data', (chunk) => (all = (all + chunk).slice(0, 1_000_000)));
    child.on('error', (error) =>
      reject(new Stop(`${command} could not be started: ${error.message}. ${advice}`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const lines = all.trim().split('\n');
      // The cause stands at the beginning or at the end.
      const tail = (lines.length <= 60 ? lines : [...lines.slice(0, 20), '…', ...lines.slice(-40)]).join(
        '\n',
      );
      const why = signal === null ? `exit ${code}` : signal;
      const said = tail === '' ? '' : `\n${tail}\n`;
      return reject(new Stop(`${[command, ...args].join(' ')} failed (${why}).${said}${advice}`.trim()));
    });
  });
}

/** Runs the main function of a script: prints a {@link Stop} as a message, any other error with its stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Stop ? `\n${red(error.message)}` : error);
    process.exitCode = 1;
  }
}

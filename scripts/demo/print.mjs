import process from 'node:process';
import { bold, dim } from '../support/steps.mjs';

const numbers = new Intl.NumberFormat('en-US');

/** An integer (number, bigint or decimal text) with separators. */
export function integer(value) {
  return numbers.format(BigInt(value));
}

/** Rows of texts under a head; columns named in `right` stand right. */
export function table(head, rows, right) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells) =>
    cells
      .map((cell, column) => {
        const text = String(cell);
        return right.includes(head[column]) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
      })
      .join('  ');
  console.log(`  ${bold(line(head))}`);
  console.log(dim(`  ${widths.map((width) => '─'.repeat(width)).join('  ')}`));
  for (const row of rows) console.log(`  ${line(row)}`);
}

/** A line that is written over while something goes on; without a terminal it is written now and then. */
export class LiveLine {
  last = 0;

  show(text) {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K  ${dim('…')} ${text}`);
    else if (Date.now() - this.last > 2000) {
      this.last = Date.now();
      console.log(`  … ${text}`);
    }
  }

  done() {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[2K');
  }
}

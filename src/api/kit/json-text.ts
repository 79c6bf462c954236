import { toPointer, type FieldError } from '../../shared/index.js';

/** No input of any operation is nested as deeply. */
const MAX_DEPTH = 50;
/** Nor has any so many members; rows come in lists. */
const MAX_MEMBERS = 10_000;
/** Enough to mend a body by; a million repeated names are not answered with a million errors. */
const MAX_FAULTS = 100;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

/** A list or an object that is open at some place of a text. */
interface Level {
  /** Of the object's members so far; undefined: it is a list. */
  names: Set<string> | undefined;
  /** Name or index of the member. */
  at: string | number;
  /** Whether the next string is a name. */
  awaitsName: boolean;
}

/**
 * What a parser would pass over in silence or choke on, found before it runs: a member that an object names twice (RFC 8259,
 * section 4, leaves open which one counts; RFC 7493, 2.3, forbids it), and depth or breadth that no field has. One pass, bounded
 * memory. Text that is no JSON gives whatever was found up to there; the parser refuses it anyway.
 */
export function jsonFaults(text: string): FieldError[] {
  const faults: FieldError[] = [];
  const levels: Level[] = [];
  for (let i = 0; i < text.length && faults.length < MAX_FAULTS; i += 1) {
    const level = levels[levels.length - 1];
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (level?.names !== undefined && level.awaitsName) {
          level.at = nameIn(text.slice(i, end + 1));
          level.awaitsName = false;
          if (level.names.has(level.at)) faults.push(at(levels, 'stands twice; keep one of the two'));
          level.names.add(level.at);
          if (level.names.size > MAX_MEMBERS)
            return [...faults, at(levels.slice(0, -1), 'has more members than any field')];
        }
        i = end;
        break;
      }
      case COMMA:
        if (level?.names !== undefined) level.awaitsName = true;
        else if (typeof level?.at === 'number') level.at += 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST: {
        if (levels.length === MAX_DEPTH) return [...faults, at(levels, 'is nested too deeply; no field is')];
        const isObject = text.charCodeAt(i) === OPEN_OBJECT;
        levels.push({
          names: isObject ? new Set() : undefined,
          at: isObject ? '' : 0,
          awaitsName: isObject,
        });
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        levels.pop();
        break;
    }
  }
  return faults;
}

function at(levels: readonly Level[], detail: string): FieldError {
  return { pointer: toPointer(levels.map((level) => level.at)), detail };
}

/** Index of the quote that ends the string which begins at `start`; the end of the text if none does. */
function endOfString(text: string, start: number): number {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = end;
    while (text.charCodeAt(slashes - 1) === BACKSLASH) slashes -= 1;
    if ((end - slashes) % 2 === 0) return end;
  }
}

/** Two spellings of one name are one name. */
function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';

/** BIZ UDPGothic (SIL Open Font License): made for Japanese forms, figures of one width. Only used glyphs are embedded. */
const FONTS = {
  regular: '@expo-google-fonts/biz-udpgothic/400Regular/BIZUDPGothic_400Regular.ttf',
  bold: '@expo-google-fonts/biz-udpgothic/700Bold/BIZUDPGothic_700Bold.ttf',
} as const;
type Weight = keyof typeof FONTS;

const loaded = new Map<Weight, Buffer>();

function font(weight: Weight): Buffer {
  let bytes = loaded.get(weight);
  if (bytes === undefined) {
    bytes = readFileSync(createRequire(import.meta.url).resolve(FONTS[weight]));
    loaded.set(weight, bytes);
  }
  return bytes;
}

/** A4 in points, with room for a footer of two lines. */
const PAGE = { width: 595.28, left: 42, right: 42, top: 42, bottom: 800 } as const;
const WIDTH = PAGE.width - PAGE.left - PAGE.right;
/** `least`: figures are made smaller down to this, rather than broken. */
const SIZE = { title: 17, heading: 10.5, text: 8, least: 5, footer: 6.5 } as const;
const PAD = 3;
const GREY = '#666666';

export interface Column {
  head: string;
  /** Share of the page's width. */
  width: number;
  /** Right for figures. */
  align?: 'left' | 'right';
}

export interface Row {
  cells: readonly string[];
  /** Sums stand out. */
  strong?: boolean;
}

/**
 * A4 pages that are filled from top to bottom. What is written decides the bytes: dates are given, never read, and the
 * file's id follows from them.
 */
export class Paper {
  private readonly document: PDFKit.PDFDocument;
  private readonly chunks: Buffer[] = [];
  private readonly ended: Promise<Buffer>;
  private y: number = PAGE.top;

  constructor(title: string, subject: string, createdAt: Date) {
    this.document = new PDFDocument({
      size: 'A4',
      // Pages are broken here and nowhere else.
      margin: 0,
      bufferPages: true,
      lang: 'ja',
      displayTitle: true,
      info: {
        Title: title,
        Subject: subject,
        Creator: 'Countfree',
        Producer: 'Countfree',
        CreationDate: createdAt,
        ModDate: createdAt,
      },
      // None of pdfkit's own, which know no Japanese.
      font: '',
    });
    for (const weight of ['regular', 'bold'] as const) this.document.registerFont(weight, font(weight));
    this.ended = new Promise((resolve, reject) => {
      this.document.on('data', (chunk: Buffer) => this.chunks.push(chunk));
      this.document.on('end', () => resolve(Buffer.concat(this.chunks)));
      this.document.on('error', reject);
    });
    this.document.font('bold').fontSize(SIZE.title).text(title, PAGE.left, this.y, { lineBreak: false });
    this.y += 30;
  }

  heading(text: string): void {
    this.room(46);
    this.y += 10;
    this.document.font('bold').fontSize(SIZE.heading).fillColor('black');
    this.document.text(text, PAGE.left, this.y, { lineBreak: false });
    this.y += 17;
  }

  /** Labels and what they name, in two columns. */
  facts(facts: readonly (readonly [label: string, value: string])[]): void {
    const label = 0.26 * WIDTH;
    for (const [name, value] of facts) {
      const height = this.heightOf(value, WIDTH - label, 'regular') + PAD;
      this.room(height);
      this.cell(name, PAGE.left, label, 'left', 'regular', GREY);
      this.cell(value, PAGE.left + label, WIDTH - label, 'left', 'regular');
      this.y += height;
    }
  }

  /** A table; its head stands on every page that it comes to. */
  table(columns: readonly Column[], rows: readonly Row[]): void {
    this.head(columns);
    for (const row of rows) {
      const weight = row.strong === true ? 'bold' : 'regular';
      const height = Math.max(
        ...columns.map(({ width, align }, at) =>
          this.heightOf(row.cells[at] ?? '', width * WIDTH - PAD, weight, align),
        ),
      );
      if (this.room(height + PAD)) this.head(columns);
      this.cells(columns, row.cells, weight);
      this.y += height + PAD;
    }
  }

  note(text: string): void {
    const height = this.heightOf(text, WIDTH, 'regular') + PAD;
    this.room(height + PAD);
    this.y += PAD;
    this.cell(text, PAGE.left, WIDTH, 'left', 'regular', GREY);
    this.y += height;
  }

  /** Writes the footer on all pages, and gives the file. */
  async finish(footer: string): Promise<Buffer> {
    const { start, count } = this.document.bufferedPageRange();
    for (let page = start; page < start + count; page += 1) {
      this.document.switchToPage(page);
      this.document.font('regular').fontSize(SIZE.footer).fillColor(GREY);
      this.document.text(footer, PAGE.left, PAGE.bottom + 12, { lineBreak: false });
      const number = `${page + 1}/${count}`;
      this.document.text(number, PAGE.left + WIDTH - this.document.widthOfString(number), PAGE.bottom + 12, {
        lineBreak: false,
      });
    }
    this.document.end();
    return this.ended;
  }

  private head(columns: readonly Column[]): void {
    this.room(30);
    this.cells(
      columns,
      columns.map(({ head }) => head),
      'regular',
      GREY,
    );
    this.y += SIZE.text + 5;
    this.document
      .moveTo(PAGE.left, this.y)
      .lineTo(PAGE.left + WIDTH, this.y)
      .lineWidth(0.4)
      .strokeColor(GREY)
      .stroke();
    this.y += PAD + 1;
  }

  private cells(
    columns: readonly Column[],
    texts: readonly string[],
    weight: Weight,
    colour = 'black',
  ): void {
    let x: number = PAGE.left;
    for (const [at, { width, align = 'left' }] of columns.entries()) {
      this.cell(texts[at] ?? '', x, width * WIDTH - PAD, align, weight, colour);
      x += width * WIDTH;
    }
  }

  private cell(
    text: string,
    x: number,
    width: number,
    align: 'left' | 'right',
    weight: Weight,
    colour = 'black',
  ): void {
    if (text === '') return;
    this.document
      .font(weight)
      .fontSize(this.sizeOf(text, width, weight, align))
      .fillColor(colour);
    for (const [at, line] of this.lines(text, width).entries()) {
      const indent = align === 'right' ? width - this.document.widthOfString(line) : 0;
      this.document.text(line, x + indent, this.y + at * LINE, { lineBreak: false });
    }
  }

  /** Half of a figure on a line of its own would be read as a figure. */
  private sizeOf(text: string, width: number, weight: Weight, align: Column['align']): number {
    this.document.font(weight).fontSize(SIZE.text);
    const wide = this.document.widthOfString(text);
    if (align !== 'right' || wide <= width) return SIZE.text;
    const fitting = Math.floor(((SIZE.text * width) / wide) * 100) / 100;
    return fitting < SIZE.least ? SIZE.text : fitting;
  }

  private heightOf(text: string, width: number, weight: Weight, align?: Column['align']): number {
    this.document.fontSize(this.sizeOf(text, width, weight, align));
    return this.lines(text, width).length * LINE;
  }

  /** Broken wherever the width ends: codes and hashes have no spaces, and Japanese needs none. */
  private lines(text: string, width: number): string[] {
    if (this.document.widthOfString(text) <= width) return [text];
    const lines: string[] = [];
    let line = '';
    for (const character of text) {
      if (line !== '' && this.document.widthOfString(line + character) > width) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
    return [...lines, line];
  }

  /** Begins a new page unless so much is left; true if it did. */
  private room(height: number): boolean {
    if (this.y + height <= PAGE.bottom) return false;
    this.document.addPage();
    this.y = PAGE.top;
    return true;
  }
}

const LINE = SIZE.text + 3;

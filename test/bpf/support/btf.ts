/** Reads the structs out of an ELF object's .BTF section (kernel documentation: bpf/btf.rst). */

export interface BtfStruct {
  size: number;
  members: { name: string; offset: number }[];
}

const KIND = {
  int: 1,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  funcProto: 13,
  var: 14,
  datasec: 15,
  declTag: 17,
  enum64: 19,
};

/** Octets that follow the 12-byte head of a type. */
function tailLength(kind: number, count: number): number {
  switch (kind) {
    case KIND.int:
    case KIND.var:
    case KIND.declTag:
      return 4;
    case KIND.array:
      return 12;
    case KIND.struct:
    case KIND.union:
    case KIND.datasec:
    case KIND.enum64:
      return 12 * count;
    case KIND.enum:
    case KIND.funcProto:
      return 8 * count;
    default:
      return 0;
  }
}

function section(elf: Buffer, wanted: string): Buffer {
  const table = Number(elf.readBigUInt64LE(0x28));
  const entrySize = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const at = (index: number) => table + index * entrySize;
  const contents = (index: number) => {
    const start = Number(elf.readBigUInt64LE(at(index) + 0x18));
    return elf.subarray(start, start + Number(elf.readBigUInt64LE(at(index) + 0x20)));
  };
  const names = contents(elf.readUInt16LE(0x3e));
  for (let index = 0; index < count; index += 1) {
    if (text(names, elf.readUInt32LE(at(index))) === wanted) return contents(index);
  }
  throw new Error(`the object has no section ${wanted}`);
}

function text(bytes: Buffer, offset: number): string {
  return bytes.toString('utf8', offset, bytes.indexOf(0, offset));
}

export function readStructs(elf: Buffer): Map<string, BtfStruct> {
  const btf = section(elf, '.BTF');
  const head = btf.readUInt32LE(4);
  const types = btf.subarray(head + btf.readUInt32LE(8)).subarray(0, btf.readUInt32LE(12));
  const strings = btf.subarray(head + btf.readUInt32LE(16));
  const structs = new Map<string, BtfStruct>();
  let offset = 0;
  while (offset < types.length) {
    const info = types.readUInt32LE(offset + 4);
    const kind = (info >> 24) & 0x1f;
    const count = info & 0xffff;
    if (kind === KIND.struct) {
      const members = Array.from({ length: count }, (_, index) => {
        const member = offset + 12 + index * 12;
        return {
          name: text(strings, types.readUInt32LE(member)),
          offset: (types.readUInt32LE(member + 8) & 0xffffff) / 8,
        };
      });
      structs.set(text(strings, types.readUInt32LE(offset)), {
        size: types.readUInt32LE(offset + 8),
        members,
      });
    }
    offset += 12 + tailLength(kind, count);
  }
  return structs;
}

/**
 * Writer for the few protobuf wire types that an ONNX model needs: varint, fixed32, length-delimited. Source:
 * the protobuf encoding guide; field numbers are given by the caller (onnx.ts, from onnx.proto3). Our own
 * because three types written once are less than a library with a generated schema: nothing is read, and
 * weights lie outside the message.
 */
export class Message {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  varint(field: number, value: number | bigint): this {
    return this.raw(varint(field << 3)).raw(varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.raw(varint((field << 3) | 5)).raw(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.raw(varint((field << 3) | 2))
      .raw(varint(value.length))
      .raw(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  message(field: number, value: Message): this {
    this.raw(varint((field << 3) | 2)).raw(varint(value.length));
    for (const part of value.parts) this.raw(part);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.parts, this.length);
  }

  private raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }
}

/** Base-128, least significant group first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 128) return Uint8Array.of(value);
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...out, Number(rest)]);
}

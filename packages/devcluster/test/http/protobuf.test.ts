import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ApiError } from '../../dist/http/api-error.js';
import { parseProtobuf } from '../../dist/http/protobuf.js';
import { parseJson } from '../../dist/store/lossless-json.js';

/** Written by Kubernetes' own Go types: tools/protobuf-samples. */
const file = new URL('../../test/http/protobuf-samples.json', import.meta.url);
const samples = parseJson(readFileSync(file, 'utf8')) as readonly Sample[];

interface Sample {
  readonly kind: string;
  readonly json: unknown;
  readonly protobuf: string;
}

/** Without what says nothing: the null of a time that is not set, and structs in which nothing is. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => meaning(item) ?? {});
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, child]) => [key, meaning(child)] as const)
    .filter(([, child]) => child !== null && child !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

const bytesOf = (sample: Sample): Uint8Array => Buffer.from(sample.protobuf, 'base64');

describe('bodies in protobuf', () => {
  for (const [index, sample] of samples.entries()) {
    it(`${sample.kind} reads as its JSON does (sample ${index + 1})`, () => {
      expect(meaning(parseProtobuf(bytesOf(sample)))).to.deep.equal(meaning(sample.json));
    });
  }

  it('what is cut off anywhere is refused or read as far as it goes, never thrown out of', () => {
    const sample = samples.find(({ kind }) => kind === 'v1 Pod');
    const bytes = bytesOf(sample as Sample);
    for (let length = 0; length < bytes.length; length++) {
      try {
        parseProtobuf(bytes.subarray(0, length));
      } catch (error) {
        if (!ApiError.is(error)) throw error;
        expect(error.code, `${length} bytes`).to.be.oneOf([400, 415]);
      }
    }
  });

  it('kinds without such a form are 415, bytes without the prefix or with a broken envelope 400', () => {
    const envelope = (...type: number[]) => Buffer.concat([Buffer.from('k8s\0'), Buffer.from(type)]);
    const refused = (bytes: Uint8Array): number => {
      try {
        parseProtobuf(bytes);
      } catch (error) {
        if (ApiError.is(error)) return error.code;
        throw error;
      }
      return 200;
    };
    const text = [...Buffer.from('ex/v1')];
    expect(refused(envelope(0x0a, text.length + 2, 0x0a, text.length, ...text))).to.equal(415);
    expect(refused(Buffer.from('{}'))).to.equal(400);
    expect(refused(envelope(0x0a, 0xff, 0x01))).to.equal(400);
  });
});

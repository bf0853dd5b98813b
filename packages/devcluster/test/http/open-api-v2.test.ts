import { ApiServer } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

describe('the OpenAPI v2 document', () => {
  const server = new ApiServer();
  after(() => server.stop());

  const asked = async (accept: string) => {
    const { status, headers, body } = await server.transport.request({
      method: 'GET',
      path: '/openapi/v2',
      headers: { accept },
    });
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    return { status, type: headers['content-type'], bytes: Buffer.concat(pieces) };
  };

  it('defines nothing, as JSON: what there is stands in v3', async () => {
    const { status, type, bytes } = await asked('application/json');
    expect([status, type]).to.deep.equal([200, 'application/json']);
    expect(JSON.parse(bytes.toString())).to.deep.include({ swagger: '2.0', definitions: {} });
  });

  it('is the same in the protobuf that kubectl asks for', async () => {
    const { status, type, bytes } = await asked('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect([status, type]).to.deep.equal([200, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf']);
    // 1: "2.0"; 2: { 1: "Kubernetes", 2: the version }, each with its length before it.
    expect(bytes.subarray(0, 5).toString('latin1')).to.equal('\n\x032.0');
    expect(bytes[5]).to.equal(0x12);
    expect(bytes[6]).to.equal(bytes.length - 7);
    expect(bytes.subarray(7, 19).toString('latin1')).to.equal('\n\nKubernetes');
    expect([bytes[19], bytes[20]]).to.deep.equal([0x12, bytes.length - 21]);
    expect(bytes.subarray(21).toString('latin1')).to.match(/^v1\.\d+\.\d+/);
  });
});

import { ApiServer } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

const pods = '/api/v1/namespaces/default/pods';
const there = { nodeName: 'node-1' };
const container = (name: string): object => ({ name, image: 'i' });

describe('logs of a pod', () => {
  const server = new ApiServer({
    backends: {
      log: (_namespace, pod, name) =>
        (async function* () {
          yield `${pod} ${name}`;
        })(),
    } as NonNullable<ConstructorParameters<typeof ApiServer>[0]>['backends'] & object,
  });
  const ask = async (method: string, path: string, body?: object): Promise<{ status: number; text: string }> => {
    const answer = await server.transport.request({
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    let text = '';
    for await (const piece of answer.body) text += piece;
    return { status: answer.status, text };
  };
  before(async () => {
    const initContainers = [container('first')];
    await ask('POST', pods, {
      metadata: { name: 'one' },
      spec: { ...there, initContainers, containers: [container('main')] },
    });
    const containers = [container('a'), container('b')];
    await ask('POST', pods, { metadata: { name: 'two' }, spec: { ...there, initContainers, containers } });
  });

  it('are those of the only main container, or of the one that is named', async () => {
    expect(await ask('GET', `${pods}/one/log`)).to.deep.equal({ status: 200, text: 'one main' });
    expect(await ask('GET', `${pods}/one/log?container=first`)).to.deep.equal({ status: 200, text: 'one first' });
  });

  it('need a name where there are several, and one that exists', async () => {
    const several = await ask('GET', `${pods}/two/log`);
    expect(several.status).to.equal(400);
    expect(JSON.parse(several.text).message).to.equal(
      'a container name must be specified for pod two, choose one of: [first a b]',
    );
    expect((await ask('GET', `${pods}/two/log?container=c`)).status).to.equal(400);
  });
});

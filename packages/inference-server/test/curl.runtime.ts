import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { served, tinyEngine } from './support/served.js';

const curl = (...line: string[]) => promisify(execFile)('curl', ['-s', '-S', ...line]);
const headers = ['-H', 'accept: application/json', '-H', 'Content-Type: application/json'];

describe('curl', () => {
  it('gets an answer by the line that users are given', async () => {
    const here = await served(await tinyEngine());
    const body = '{"prompt":"What is Kubernetes?"}';
    const { stdout } = await curl('-X', 'POST', `${here.url}/chat`, ...headers, '-d', body);
    expect(JSON.parse(stdout).Result).to.match(/^What is Kubernetes\?\nKubernetes is an open source system .*\.$/);
    await here.stop();
  });

  it('gets one without saying what it sends, and piece by piece when it wants to', async () => {
    const here = await served(await tinyEngine());
    const plain = await curl(`${here.url}/chat`, '-d', '{"prompt":"Hello"}');
    expect(JSON.parse(plain.stdout)).to.have.property('Result');
    const body = '{"messages":[{"role":"user","content":"Hello"}],"stream":true}';
    const { stdout } = await curl('-N', `${here.url}/v1/chat/completions`, ...headers, '-d', body);
    expect(stdout.trim().split('\n\n').length).to.be.greaterThan(5);
    expect(stdout).to.match(/data: \[DONE\]\n\n$/);
    await here.stop();
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chatSuite } from '@kaito-sdk/inference-server/chat-suite';
import { standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { presetContainer } from '../support/container.js';
import { until } from '../support/served.js';

describe('a stand-in that was started', () => {
  it('says what it is, holds the /chat contract, and ends when its standard input does', async () => {
    // A free port is had by asking for port 0 and reading which one it became.
    const spec = standIns()[0]!.start({ ...presetContainer, hostPort: () => 0 });
    if ('refuse' in spec) throw new Error(spec.message);
    const child = spawn(spec.command, spec.args, { stdio: 'pipe' });
    try {
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until(() => said.includes('INFO ready') || child.exitCode !== null);
      expect(said).to.match(/^INFO A stand-in model of about one million parameters answers here/);
      const [url = ''] = /http:\/\/[\d.:]+/.exec(said) ?? [];
      for (const { run } of chatSuite) await run(url);
      expect((await fetch(`${url}/healthz`)).status).to.equal(200);
      expect((await fetch(`${url}/v1/models`)).status).to.equal(404);
      child.stdin.end();
      const [code] = await once(child, 'close');
      expect(code).to.equal(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

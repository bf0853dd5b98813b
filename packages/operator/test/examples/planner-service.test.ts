import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { azureCatalogs, plannerService } from '../../../../examples/dist/planner-service/planner-service.js';
import { phiWorkspace } from '../support/world.js';

const root = new URL('../../../../', import.meta.url);
const T4 = 'Standard_NC4as_T4_v3';

describe('the example of a planner in a web service', () => {
  let server: Server;
  let url: string;
  before(async () => {
    const catalogs = await azureCatalogs('2026-06-01');
    server = plannerService(() => catalogs).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/plan`;
  });
  after(() => server.close());
  const ask = async (body: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> => {
    const answer = await fetch(url, { method: 'POST', body, headers });
    return { status: answer.status, text: await answer.text() };
  };

  it('answers a manifest in YAML with its Plan', async () => {
    const { status, text } = await ask(stringify(phiWorkspace({ instanceType: T4 })));
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.have.nested.property('nodes.instanceType', T4);
    expect((await ask(JSON.stringify(phiWorkspace({ instanceType: T4 })))).text).to.equal(text);
  });

  it('answers in the words of kaito plan for people', async () => {
    const { status, text } = await ask(stringify(phiWorkspace({ instanceType: T4 })), { accept: 'text/plain' });
    expect(status).to.equal(200);
    expect(text).to.match(/^model .*phi-3-mini-4k-instruct/m);
  });

  it('answers 422 with the reason and the way out for what does not fit', async () => {
    const manifest = readFileSync(new URL('examples/inference/kaito_workspace_phi_3.yaml', root), 'utf8');
    const { status, text } = await ask(manifest);
    expect(status).to.equal(422);
    expect(JSON.parse(text))
      .to.include({ feasible: false, code: 'InstanceTypeRetired' })
      .and.to.have.property('remedy');
  });

  it('answers 400 for what is no Workspace, 404 and 405 elsewhere, and goes on', async () => {
    for (const body of ['', 'kind: Pod', '{', 'a: &a [*a]', 'x'.repeat(300_000)]) {
      expect((await ask(body)).status, body.slice(0, 20)).to.equal(400);
    }
    const invalid = await ask(stringify({ ...phiWorkspace(), inference: {} }));
    expect([invalid.status, JSON.parse(invalid.text).errors.length]).to.deep.equal([400, 1]);
    expect((await fetch(url.replace('plan', 'other'))).status).to.equal(404);
    expect((await fetch(url)).status).to.equal(405);
    expect((await ask(stringify(phiWorkspace({ instanceType: T4 })))).status).to.equal(200);
  });

  it('runs as it is started by hand', async () => {
    const main = fileURLToPath(new URL('examples/dist/planner-service/main.js', root));
    const child = spawn(process.execPath, [main, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const at = /^plans on (http:\S+)$/.exec(line)?.[1] ?? '';
      const body = stringify(phiWorkspace({ instanceType: T4 }));
      expect((await fetch(at, { method: 'POST', body })).status).to.equal(200);
    } finally {
      child.kill();
      await ended;
    }
  });
});

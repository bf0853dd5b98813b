import { expect } from 'chai';
import { planCommand } from '../../dist/commands/plan.js';
import { renderCommand } from '../../dist/commands/render.js';
import { runCommand, scratch } from '../support/run-command.js';

const workspace = (resource: string): string => `
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: { name: phi }
resource: { labelSelector: { matchLabels: { apps: phi } }${resource} }
inference: { preset: { name: phi-3-mini-4k-instruct } }
`;

describe('kaito plan, with the defaults of an installation', () => {
  let files: Awaited<ReturnType<typeof scratch>>;
  before(async () => {
    files = await scratch({
      'open.yaml': workspace(''),
      'named.yaml': workspace(', instanceType: Standard_NC24ads_A100_v4'),
      'type.yaml': 'defaults: { instanceType: Standard_NC4as_T4_v3 }\n',
      'limit.yaml': 'defaults: { priceLimit: 0.01 }\n',
    });
  });
  after(() => files.remove());
  const planned = async (manifest: string, config: string, ...more: readonly string[]) => {
    const args = ['-f', files.path(manifest), '--config', files.path(config), '-o', 'json', ...more];
    const { code, out } = await runCommand(planCommand, ...args);
    return { code, plan: JSON.parse(out) };
  };

  it('takes the machine of the installation for a Workspace that names none', async () => {
    const { code, plan } = await planned('open.yaml', 'type.yaml');
    expect(code).to.equal(0);
    expect(plan.nodes.instanceType).to.equal('Standard_NC4as_T4_v3');
  });

  it('takes what the manifest says before it, and what the command line says before both', async () => {
    expect((await planned('named.yaml', 'type.yaml')).plan.nodes.instanceType).to.equal('Standard_NC24ads_A100_v4');
    const told = await planned('named.yaml', 'type.yaml', '--instance-type', 'Standard_NV36ads_A10_v5');
    expect(told.plan.nodes.instanceType).to.equal('Standard_NV36ads_A10_v5');
  });

  it('refuses what is dearer than the installation allows, as the operator does', async () => {
    const { code, plan } = await planned('named.yaml', 'limit.yaml');
    expect(code).to.equal(1);
    expect(plan).to.include({ feasible: false }).and.to.have.property('message').that.matches(/0\.01/);
    const rendered = await runCommand(
      renderCommand,
      ...['-f', files.path('named.yaml'), '--config', files.path('limit.yaml')],
    );
    expect([rendered.code, rendered.out]).to.deep.equal([1, '']);
  });
});

import { type Auth, dockerConfigAuth, firstOf } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { failure } from './support/world.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const ask = (auth: Auth, registry: string, repository = 'team/app') =>
  typeof auth === 'function' ? auth(registry, repository) : [auth];
const auths = (entries: object, more: object = {}) => dockerConfigAuth(JSON.stringify({ auths: entries, ...more }));
const basic = (username: string, password: string) => ({ kind: 'basic', username, password });

describe('credentials from a docker configuration', () => {
  it('reads every form of an entry', () => {
    const auth = auths({
      'a.test': { auth: base64('u:p:with:colons') },
      'b.test': { username: 'u', password: 'p' },
      'c.test': { username: 'u', password: 'p', auth: base64('v:q') },
      'd.test': { auth: base64('u:p'), identitytoken: 'refresh' },
      'e.test': { registrytoken: 'bearer' },
      'f.test': { auth: base64('<token>:refresh') },
      'g.test': { auth: base64('u:p\0\0') },
      'h.test': {},
    });
    expect(ask(auth, 'a.test')).to.deep.equal([basic('u', 'p:with:colons')]);
    expect(ask(auth, 'b.test')).to.deep.equal([basic('u', 'p')]);
    expect(ask(auth, 'c.test')).to.deep.equal([basic('v', 'q')]);
    expect(ask(auth, 'd.test')).to.deep.equal([{ kind: 'identity-token', token: 'refresh' }]);
    expect(ask(auth, 'e.test')).to.deep.equal([{ kind: 'registry-token', token: 'bearer' }]);
    expect(ask(auth, 'f.test')).to.deep.equal([{ kind: 'identity-token', token: 'refresh' }]);
    expect(ask(auth, 'g.test')).to.deep.equal([basic('u', 'p')]);
    expect(ask(auth, 'h.test')).to.deep.equal([]);
    expect(ask(auth, 'other.test')).to.deep.equal([]);
  });

  it('reads the older form without "auths"', () => {
    const auth = dockerConfigAuth(JSON.stringify({ 'a.test': { username: 'u', password: 'p' } }));
    expect(ask(auth, 'a.test')).to.deep.equal([basic('u', 'p')]);
  });

  for (const key of ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io']) {
    it(`takes ${key} for docker.io`, () => {
      expect(ask(auths({ [key]: { auth: base64('u:p') } }), 'docker.io')).to.have.length(1);
    });
  }

  it('takes a scheme and an API version in a key for nothing', () => {
    expect(ask(auths({ 'https://a.test/v2/': { auth: base64('u:p') } }), 'a.test')).to.have.length(1);
  });

  it('prefers the longest path, whole parts only', () => {
    const auth = auths({
      'a.test': { auth: base64('all:p') },
      'a.test/team': { auth: base64('team:p') },
      'a.test/team/app': { auth: base64('app:p') },
    });
    const names = (repository: string) =>
      ask(auth, 'a.test', repository).map((c) => (c.kind === 'basic' ? c.username : ''));
    expect(names('team/app')).to.deep.equal(['app', 'team', 'all']);
    expect(names('team/other')).to.deep.equal(['team', 'all']);
    expect(names('teams/app')).to.deep.equal(['all']);
  });

  it('tells ports apart', () => {
    const auth = auths({ 'a.test:5000': { auth: base64('u:p') } });
    expect(ask(auth, 'a.test:5000')).to.have.length(1);
    expect(ask(auth, 'a.test')).to.have.length(0);
  });

  it('lets a star stand for one label of the host, after plain hosts', () => {
    const auth = auths({ '*.azurecr.io': { auth: base64('any:p') }, 'x.azurecr.io': { auth: base64('x:p') } });
    expect(ask(auth, 'x.azurecr.io').map((c) => c.kind === 'basic' && c.username)).to.deep.equal(['x', 'any']);
    expect(ask(auth, 'y.azurecr.io')).to.have.length(1);
    expect(ask(auth, 'a.b.azurecr.io')).to.have.length(0);
    expect(ask(auth, 'azurecr.io')).to.have.length(0);
  });

  it('names a credential helper that would be needed', async () => {
    const stored = auths({ 'a.test': {} }, { credsStore: 'desktop' });
    expect((await failure(() => ask(stored, 'a.test'), 'CREDENTIAL_HELPER')).message).to.contain('"desktop"');
    expect(ask(stored, 'public.test'), 'a public image needs nobody').to.deep.equal([]);
    const helped = auths({}, { credHelpers: { 'a.test': 'ecr-login' } });
    expect((await failure(() => ask(helped, 'a.test'), 'CREDENTIAL_HELPER')).message).to.contain('"ecr-login"');
  });

  it('tries several secrets in their order', () => {
    const both = firstOf([auths({ 'a.test': { auth: base64('one:p') } }), { kind: 'registry-token', token: 't' }]);
    expect(ask(both, 'a.test')).to.deep.equal([basic('one', 'p'), { kind: 'registry-token', token: 't' }]);
  });

  for (const [what, text] of [
    ['no JSON', '{"auths": {"a.test": {"password": "hunter2"'],
    ['a list', '["hunter2"]'],
    ['an entry that is no object', '{"auths": {"a.test": "hunter2"}}'],
    ['a password without a name', '{"auths": {"a.test": {"password": "hunter2"}}}'],
    ['an auth without a colon', `{"auths": {"a.test": {"auth": "${base64('hunter2')}"}}}`],
  ] as const) {
    it(`refuses ${what} without repeating a secret`, async () => {
      const { message } = await failure(() => dockerConfigAuth(text), 'DOCKER_CONFIG_INVALID');
      expect(message).not.to.contain('hunter2').and.not.to.contain(base64('hunter2'));
    });
  }
});

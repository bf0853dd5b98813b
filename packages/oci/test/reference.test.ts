import { formatReference, parseReference } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { failure } from './support/world.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['team/app', 'docker.io/team/app:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['index.docker.io/team/app:2', 'docker.io/team/app:2'],
    ['mcr.microsoft.com/aks/kaito/kaito-phi-3:0.0.2', 'mcr.microsoft.com/aks/kaito/kaito-phi-3:0.0.2'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:v1', 'localhost:5000/app:v1'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['ACR.azurecr.io/app', 'acr.azurecr.io/app:latest'],
    [`host:5000/a/b@${digest}`, `host:5000/a/b@${digest}`],
    [`host.test/a:v1@${digest}`, `host.test/a:v1@${digest}`],
    ['host.test/a__b/c-d.e', 'host.test/a__b/c-d.e:latest'],
  ];
  for (const [text, full] of forms) {
    it(`reads ${text} as ${full}`, () => {
      expect(formatReference(parseReference(text))).to.equal(full);
      expect(parseReference(full)).to.deep.equal(parseReference(text));
    });
  }

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /name is missing/],
    ['https://host.test/a', /scheme/],
    ['host.test/App', /lower case/],
    ['host.test/a:', /"" is no tag/],
    ['host.test/a:-x', /is no tag/],
    ['host.test/a@sha256:12', /digest/],
    ['host.test/a@sha512:12', /digest/],
    ['host.test/../a', /no repository name/],
    ['host.test//a', /no repository name/],
    ['host.test:port/a', /no host name/],
    [`host.test/${'a'.repeat(256)}`, /255/],
    ['host.test/a b', /no repository name/],
  ];
  for (const [text, why] of wrong) {
    it(`refuses "${text.slice(0, 40)}" and says why`, async () => {
      expect((await failure(() => parseReference(text), 'REFERENCE_INVALID')).message).to.match(why);
    });
  }
});

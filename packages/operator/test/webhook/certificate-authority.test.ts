import { X509Certificate } from 'node:crypto';
import { type CertificateSet, renewed } from '@kaito-sdk/operator';
import { expect } from 'chai';

const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 0, 1);
const NAMES = ['hook.kaito.svc', 'hook.kaito.svc.cluster.local'];

const authorities = ({ authorities: pem }: CertificateSet) =>
  (pem.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one));
const trusted = (set: CertificateSet, by: CertificateSet = set) => {
  const served = new X509Certificate(set.certificate);
  return authorities(by).some((one) => served.checkIssued(one) && served.verify(one.publicKey));
};

describe('the certificate of the webhooks', () => {
  it('is made from nothing: an authority, and a certificate for the names of the Service', async () => {
    const set = await renewed(undefined, NAMES, START);
    expect(authorities(set)).to.have.length(1);
    expect(trusted(set)).to.equal(true);
    const served = new X509Certificate(set.certificate);
    for (const name of NAMES) expect(served.checkHost(name)).to.equal(name);
    expect(served.ca).to.equal(false);
  });

  it('is left alone while nothing is due', async () => {
    const set = await renewed(undefined, NAMES, START);
    expect(await renewed(set, NAMES, START + 59 * DAY)).to.equal(set);
  });

  it('is replaced in its last third, by the same authority', async () => {
    const first = await renewed(undefined, NAMES, START);
    const second = await renewed(first, NAMES, START + 61 * DAY);
    expect(second.certificate).not.to.equal(first.certificate);
    expect(second.authorities).to.equal(first.authorities);
    expect(trusted(second)).to.equal(true);
  });

  it('gets a new authority beside the old one, which signs only in a later step', async () => {
    let set = await renewed(undefined, NAMES, START);
    for (const day of [61, 122, 183]) set = await renewed(set, NAMES, START + day * DAY);
    // Day 244: authority and certificate are both due, and the authority comes first.
    const published = await renewed(set, NAMES, START + 244 * DAY);
    expect(authorities(published)).to.have.length(2);
    expect(published.certificate).to.equal(set.certificate);
    const signed = await renewed(published, NAMES, START + 244 * DAY);
    expect(signed.authorities).to.equal(published.authorities);
    const [newest] = authorities(published);
    expect(newest && new X509Certificate(signed.certificate).verify(newest.publicKey)).to.equal(true);
  });

  it('is trusted at every step of five years by what was published one step before', async () => {
    let set = await renewed(undefined, NAMES, START);
    let most = 0;
    for (let day = 1; day <= 5 * 365; day += 1) {
      const next = await renewed(set, NAMES, START + day * DAY);
      if (next !== set) {
        expect(trusted(next, set), `day ${day}: the new certificate by the old bundle`).to.equal(true);
        expect(trusted(set, next), `day ${day}: a replica that serves the old one`).to.equal(true);
      }
      const ends = new X509Certificate(next.certificate).validToDate.getTime();
      expect(ends - (START + day * DAY), `day ${day}`).to.be.greaterThan(29 * DAY);
      most = Math.max(most, authorities(next).length);
      set = next;
    }
    expect(most).to.equal(2);
  });

  it('follows the name of its Service', async () => {
    const first = await renewed(undefined, NAMES, START);
    const moved = await renewed(first, ['other.kaito.svc'], START + DAY);
    expect(new X509Certificate(moved.certificate).checkHost('other.kaito.svc')).to.equal('other.kaito.svc');
    expect(moved.authorities).to.equal(first.authorities);
  });

  for (const [title, change] of [
    ['is no PEM', { certificate: 'x' }],
    ['has the key of another', { key: undefined }],
    ['has the key of another authority', { authorityKey: undefined }],
    ['has no authority', { authorities: '' }],
  ] as const) {
    it(`is made anew when what is stored ${title}`, async () => {
      const first = await renewed(undefined, NAMES, START);
      const other = await renewed(undefined, NAMES, START);
      const broken = { ...first };
      for (const [part, value] of Object.entries(change))
        Object.assign(broken, { [part]: value ?? other[part as keyof CertificateSet] });
      const mended = await renewed(broken, NAMES, START + DAY);
      expect(trusted(mended)).to.equal(true);
      expect(mended.certificate).not.to.equal(first.certificate);
    });
  }

  it('is made anew when it was let run out', async () => {
    const first = await renewed(undefined, NAMES, START);
    const late = await renewed(first, NAMES, START + 1000 * DAY);
    expect(trusted(late)).to.equal(true);
    expect(authorities(late)).to.have.length(1);
  });
});

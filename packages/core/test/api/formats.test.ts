import { expect } from 'chai';
import { checkDataUrl } from '../../dist/api/data-url.js';
import { checkImage } from '../../dist/api/image-reference.js';
import { checkLabel, checkObjectName, checkServiceName } from '../../dist/api/kubernetes-names.js';

describe('an address of data', () => {
  const urlProblem = (url: string): string => checkDataUrl('f', url, 'refuse')[0]?.message ?? 'fine';

  for (const url of [
    'https://example.com/data.parquet?download=true',
    'http://example.com',
    'https://8.8.8.8/a',
    'https://[2606:4700::1111]/a',
    'https://data.internal.example.com/a',
    'https://localhost.example.com/a',
    'http://172.32.0.1/',
    'http://minio.data.svc.cluster.local/a',
  ]) {
    it(`may be ${url}`, () => {
      expect(urlProblem(url)).to.equal('fine');
    });
  }

  for (const url of [
    'http://localhost/',
    'http://LOCALHOST:8080/',
    'http://localhost./',
    'http://a.localhost/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://metadata.google/',
    'http://instance-data.region.internal/latest/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.100.100.200/latest/meta-data/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a00:1]/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fc00::]/',
  ]) {
    it(`may not be ${url}`, () => {
      expect(urlProblem(url)).to.match(/which data is not fetched from: serve the file at a public address$/);
    });
  }

  it('must be complete and for http', () => {
    for (const url of ['', 'data.parquet', '/data', 'https://', 'http://[']) {
      expect(urlProblem(url)).to.equal('must be a complete address such as https://example.com/data.parquet');
    }
    for (const url of ['ftp://example.com/a', 'file:///etc/passwd', 's3://bucket/a']) {
      expect(urlProblem(url)).to.match(/^must begin with http/);
    }
  });

  it('may be private where the installation says so, and must still be complete', () => {
    expect(checkDataUrl('f', 'http://127.0.0.1/', 'allow')).to.deep.equal([]);
    expect(checkDataUrl('f', 'x', 'allow')).to.have.length(1);
  });
});

describe('an image', () => {
  const imageProblem = (image: string): string => checkImage('f', image)[0]?.message ?? 'fine';

  for (const image of [
    'a',
    'a:1',
    'team/a',
    'example.com/team/a:0.0.1',
    'localhost:5000/a',
    'localhost/a',
    'example.com:5000/a/b/c:V1_x.y-z',
    'Example.com/a',
    '[::1]:5000/a',
    `example.com/a@sha256:${'0'.repeat(64)}`,
    `example.com/a:1@sha256:${'0'.repeat(64)}`,
    'a__b/c--d.e',
  ]) {
    it(`may be ${image}`, () => {
      expect(imageProblem(image)).to.equal('fine');
    });
  }

  const wrong: [string, string][] = [
    ['example.com/Team/a:1', 'the repository must be in lower case'],
    ['Team', 'the repository must be in lower case'],
    ['https://example.com/a', 'leave out https://'],
    ['example.com/a b', 'there is white space in it'],
    ['example.com/a:', 'what follows the last colon is no tag'],
    ['example.com/a:-1', 'what follows the last colon is no tag'],
    ['example.com/a@sha256:12', 'what follows @ is no digest'],
    ['example.com/', 'the name of the repository is missing'],
    ['example.com//a', '/a is no repository'],
    ['a_/b', 'a_/b is no repository'],
    ['exa_mple.com/a', 'exa_mple.com is no registry'],
    ['REPO_HERE.example.com/NAME_HERE:0.0.1', 'this looks like a placeholder that is still to be filled in'],
    [`example.com/${'a'.repeat(256)}`, 'the repository is longer than 255 characters'],
  ];
  for (const [image, problem] of wrong) {
    it(`may not be ${image.slice(0, 40)}`, () => {
      expect(imageProblem(image))
        .to.match(/^must be an image such as registry\.example\.com\/team\/name:tag; /)
        .and.to.contain(problem);
    });
  }
});

describe('a name', () => {
  it('of a Workspace is one that a Service can have', () => {
    for (const name of ['a', 'workspace-1', 'a'.repeat(63)])
      expect(checkServiceName('f', name), name).to.deep.equal([]);
    for (const name of ['', '1a', '-a', 'a-', 'a.b', 'A', 'a_b', 'a'.repeat(64)])
      expect(checkServiceName('f', name), name).to.have.length(1);
  });

  it('of an object is a DNS subdomain', () => {
    for (const name of ['a', '1', 'a.b-c.d', 'a'.repeat(253)])
      expect(checkObjectName('f', name), name).to.deep.equal([]);
    for (const name of ['A', 'a..b', '.a', 'a-', 'a/b', 'a'.repeat(254)])
      expect(checkObjectName('f', name), name).to.have.length(1);
  });

  it('of a label has a domain or none, and a short value', () => {
    for (const [key, value] of [
      ['apps', 'a'],
      ['example.com/Apps_1.x', ''],
      ['a', 'A_b.c-1'],
    ] as const) {
      expect(checkLabel('f', key, value), key).to.deep.equal([]);
    }
    for (const [key, value] of [
      ['', 'a'],
      ['a/b/c', 'a'],
      ['/a', 'a'],
      ['Example.com/a', 'a'],
      ['a', '-'],
      ['a', 'b c'],
      ['a', 'x'.repeat(64)],
      ['x'.repeat(64), 'a'],
    ] as const) {
      expect(checkLabel('f', key, value), `${key}=${value}`).to.have.length(1);
    }
  });
});

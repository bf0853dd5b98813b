import { request as nodeRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { AnswerParser } from '../../../dist/kube/http/answer-parser.js';

/** Answers as servers and what stands before them send them. */
const answers: readonly { readonly what: string; readonly bytes: string; readonly ends?: true }[] = [
  { what: 'of a size', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-A: 1\r\nX-A: 2\r\n\r\n{"ä":"日"}' },
  {
    what: 'in chunks',
    bytes:
      'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"\xc3\r\n4;x=y\r\n\xa4":1\r\n1\r\n}\r\n0\r\nTrailer: t\r\n\r\n',
  },
  {
    what: 'that the end of the connection ends',
    bytes: 'HTTP/1.0 200 OK\r\nServer:  old \r\n\r\nall of it',
    ends: true,
  },
  { what: 'without a body', bytes: 'HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n' },
  {
    what: 'after 100 and 103',
    bytes:
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno',
  },
  {
    what: 'after which the server hangs up',
    bytes: 'HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    ends: true,
  },
];

/** What was heard of an answer that came in these pieces. */
function heard(pieces: readonly Buffer[], { ends = false, head = false } = {}): unknown[] {
  const all: unknown[] = [];
  let text = '';
  const parser = new AnswerParser(
    {
      onHead: ({ status, headers }) => all.push(status, headers),
      onText: (more) => {
        text += more;
      },
      onEnd: () => all.push(text, 'end'),
    },
    () => !head,
  );
  for (const piece of pieces) parser.push(piece);
  if (ends) parser.finish();
  return all;
}

const wire = ({ bytes }: { readonly bytes: string }) =>
  // Bytes of a character that is cut in two are written as such, all else as text.
  bytes.includes('\xc3\r\n') ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);

describe('the parser of answers', () => {
  for (const answer of answers) {
    it(`reads one ${answer.what} the same wherever it is cut, and as node:http does`, async () => {
      const bytes = wire(answer);
      const whole = heard([bytes], answer);
      expect(whole).to.have.length(4);
      for (let at = 1; at < bytes.length; at++) {
        expect(heard([bytes.subarray(0, at), bytes.subarray(at)], answer)).to.deep.equal(whole);
      }
      expect(
        heard(
          [...bytes].map((byte) => Buffer.from([byte])),
          answer,
        ),
      ).to.deep.equal(whole);
      expect(whole).to.deep.equal(await asNodeReads(bytes));
    });
  }

  it('waits for no body after HEAD', () => {
    const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n');
    expect(heard([answer], { head: true }).at(-1)).to.equal('end');
  });

  for (const [what, bytes] of [
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['two lengths that differ', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab'],
    ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => heard([Buffer.from(bytes)])).to.throw(/not HTTP|protocol/);
    });
  }

  it('tells an answer that was cut off from one that has ended', () => {
    for (const cut of ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'HTTP/1.1 200 OK\r\nContent-Len']) {
      expect(() => heard([Buffer.from(cut)], { ends: true })).to.throw('in the middle of the answer');
    }
  });
});

async function asNodeReads(bytes: Buffer): Promise<unknown[]> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const asked = nodeRequest({ host: '127.0.0.1', port, joinDuplicateHeaders: true }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        answer.on('end', () => resolve([answer.statusCode, { ...answer.headers }, text, 'end']));
      });
      asked.on('error', reject).end();
    });
  } finally {
    server.close();
  }
}

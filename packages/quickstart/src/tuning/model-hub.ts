import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalServer, serveLocally } from './local-server.js';

/**
 * A model hub with one model under every name: what `huggingface_hub` asks of a hub to fetch a repository at a commit. Whatever model is
 * asked for, the tiny one comes, as it is what answers here in place of all of them.
 */
export async function serveModelHub(folder: string): Promise<LocalServer> {
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  return serveLocally((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    if (/^\/api\/models\/[^/]+\/[^/]+\/tree\/[^/]+$/.test(pathname)) {
      const tree = [...files].map(([path, content]) => ({
        type: 'file',
        path,
        size: content.length,
        oid: hashOf(content),
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(tree));
      return;
    }
    const info = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(pathname);
    if (info) {
      const [, id, sha] = info;
      const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id, sha, siblings, private: false, tags: [] }));
      return;
    }
    const [, commit = '', name = ''] = /^\/[^/]+\/[^/]+\/resolve\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
    const content = files.get(name);
    if (content === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    response.writeHead(200, {
      'content-length': content.length,
      etag: `"${hashOf(content)}"`,
      'x-repo-commit': commit,
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

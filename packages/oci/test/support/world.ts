import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { mediaTypes, OciError, type OciErrorCode, type RegistryOptions } from '@kaito-sdk/oci';
import { FakeRegistry } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { silence, TestClock } from './test-clock.js';

/** A registry, a clock and a folder for one test. */
export class World {
  readonly registry = new FakeRegistry();
  readonly clock = new TestClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'kaito-oci-'));

  get options(): RegistryOptions {
    return { transport: this.registry.transport, clock: this.clock, random: () => 0.5, idleMs: silence };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Puts an image of the given archives (lowest layer first) into the registry. */
  image(
    name: string,
    tag: string,
    archives: readonly Uint8Array[],
    type: string = mediaTypes.layer,
  ): `sha256:${string}` {
    const layers = archives.map((archive) => ({
      mediaType: type,
      ...this.registry.putBlob(name, type.endsWith('gzip') ? gzipSync(archive) : archive),
    }));
    const config = { mediaType: mediaTypes.config, ...this.registry.putBlob(name, Buffer.from('{}')) };
    return this.registry.putManifest(name, tag, { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error of a task that must fail with a code. */
export async function failure(task: () => unknown, code: OciErrorCode): Promise<OciError> {
  try {
    await task();
  } catch (caught) {
    if (!OciError.is(caught)) throw caught;
    expect(caught.code).to.equal(code);
    return caught;
  }
  throw new Error(`${code} was expected and nothing failed`);
}

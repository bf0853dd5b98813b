import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@kaito-sdk/core';
import { webhookErrors } from './webhook-errors.js';
import type { ServingCertificate } from './webhook-server.js';

/** The kubelet brings a changed Secret to a mounted folder within about a minute; nothing there can be watched reliably. */
const LOOK_AGAIN_MS = 60_000;

/** Serves the certificate in a folder, and each later one. Rejects when there is none at the start. An edge: reads files. */
export async function useCertificateFiles(
  directory: string,
  parts: {
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly use: (certificate: ServingCertificate) => void;
  },
): Promise<void> {
  const { clock, log, signal, use } = parts;
  let had = '';
  const look = async (): Promise<void> => {
    const [certificate, key] = await Promise.all(
      ['tls.crt', 'tls.key'].map((file) =>
        readFile(join(directory, file), 'utf8').catch((error: Error) => {
          throw webhookErrors.CERTIFICATE_FILES_MISSING(directory, error.message);
        }),
      ),
    );
    if (certificate === undefined || key === undefined || had === `${certificate}${key}`) return;
    use({ certificate, key });
    had = `${certificate}${key}`;
  };
  await look();
  let cancel: (() => void) | undefined;
  const later = (): void => {
    cancel = clock.after(LOOK_AGAIN_MS, () => {
      // Half a rotation is on the disk for a moment: the pair then does not match, and the next look finds it whole.
      void look()
        .catch((error: unknown) => log.warn('the certificate of the webhooks could not be read', { error }))
        .then(() => signal.aborted || later());
    });
  };
  signal.addEventListener('abort', () => cancel?.(), { once: true });
  later();
}

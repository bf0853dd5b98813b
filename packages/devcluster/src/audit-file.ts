import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from './command-line.js';
import { messageOf } from './controllers/api-failure.js';
import type { AuditEvent } from './http/audit.js';

/** The file behind `--audit`: a JSON object a line, each written before its request is answered. */
export class AuditFile {
  private constructor(private readonly descriptor: number) {}

  /** Appends to what is there. @throws UsageError for a file that cannot be written. */
  static open(path: string): AuditFile {
    try {
      return new AuditFile(openSync(path, 'a', 0o600));
    } catch (error) {
      throw new UsageError(`--audit: cannot write ${path}: ${messageOf(error)}`);
    }
  }

  write(event: AuditEvent): void {
    writeSync(this.descriptor, `${JSON.stringify(event)}\n`);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

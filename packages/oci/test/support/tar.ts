/** An entry of a test archive; `type` is the tar type flag. */
export interface TestEntry {
  readonly path: string;
  readonly type?: string;
  readonly content?: string | Uint8Array;
  readonly target?: string;
  readonly mode?: number;
}

/** A ustar archive written by hand, apart from the package's own writer and able to hold what that one would refuse. */
export function tar(...entries: readonly TestEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '');
    const header = Buffer.alloc(512);
    header.write(entry.path, 0, 100);
    header.write(`${(entry.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(entry.type ?? '0', 156);
    header.write(entry.target ?? '', 157, 100);
    header.write('ustar\0' + '00', 257);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export const file = (path: string, content: string, mode = 0o644): TestEntry => ({ path, content, mode });
export const folder = (path: string): TestEntry => ({ path, type: '5' });
export const symlink = (path: string, target: string): TestEntry => ({ path, type: '2', target });
export const hardlink = (path: string, target: string): TestEntry => ({ path, type: '1', target });

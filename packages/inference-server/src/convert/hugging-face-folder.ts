import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConversionError } from './conversion-error.js';
import { JsonObject } from './json-object.js';

/** A folder as `save_pretrained` leaves it. */
export class HuggingFaceFolder {
  constructor(readonly path: string) {}

  /** @throws ConversionError when the file is missing. */
  bytes(name: string): Uint8Array {
    try {
      return readFileSync(join(this.path, name));
    } catch (error) {
      throw new ConversionError(
        `${join(this.path, name)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  text(name: string): string {
    return new TextDecoder().decode(this.bytes(name));
  }

  json(name: string): JsonObject {
    return JsonObject.parse(this.text(name), name);
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  optionalJson(name: string): JsonObject | undefined {
    return this.has(name) ? this.json(name) : undefined;
  }

  /** The names of the weight files, in order. One file or several shards. */
  weights(): readonly string[] {
    const names = this.names().filter((name) => name.endsWith('.safetensors'));
    if (names.length === 0) throw new ConversionError(`${this.path} holds no .safetensors file`);
    return names;
  }

  /** Whether the folder holds this file. @throws ConversionError when it is no folder. */
  has(name: string): boolean {
    return this.names().includes(name);
  }

  private names(): readonly string[] {
    try {
      return readdirSync(this.path).sort();
    } catch (error) {
      throw new ConversionError(
        `${this.path} is no folder that can be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
